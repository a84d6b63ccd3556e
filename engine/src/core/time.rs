use std::fmt;
use std::ops::{Add, Sub};

use serde::{Deserialize, Serialize};

/// A moment on the server's time base: milliseconds since 1970-01-01T00:00:00Z.
///
/// It comes from outside with every input; nothing in the core reads a clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(transparent)]
pub struct Time(pub i64);

impl Time {
    /// Later than every deadline.
    pub const NEVER: Self = Self(i64::MAX);

    /// Milliseconds from `earlier` to `self`; 0 when `earlier` is later.
    #[must_use]
    pub fn since_ms(self, earlier: Self) -> u64 {
        u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0)
    }

    /// The moment as `chrono` understands it, clamped to the years it can express.
    #[must_use]
    pub fn to_utc(self) -> chrono::DateTime<chrono::Utc> {
        chrono::DateTime::from_timestamp_millis(self.0).unwrap_or(chrono::DateTime::<chrono::Utc>::MAX_UTC)
    }

    #[must_use]
    pub fn from_utc(at: chrono::DateTime<chrono::Utc>) -> Self {
        Self(at.timestamp_millis())
    }
}

/// Adds milliseconds, stopping at [`Time::NEVER`].
impl Add<u64> for Time {
    type Output = Self;

    fn add(self, ms: u64) -> Self {
        Self(self.0.saturating_add(i64::try_from(ms).unwrap_or(i64::MAX)))
    }
}

/// Takes milliseconds away.
impl Sub<u64> for Time {
    type Output = Self;

    fn sub(self, ms: u64) -> Self {
        Self(self.0.saturating_sub(i64::try_from(ms).unwrap_or(i64::MAX)))
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_utc().to_rfc3339_opts(chrono::SecondsFormat::Millis, true))
    }
}
