//! The one place in the runner that reads a clock or waits.
//!
//! Moments are counted from the machine's start (`CLOCK_BOOTTIME`): they go on during a suspend, no
//! wall-clock jump moves them (IG2), and two processes of one machine can compare them.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Milliseconds since the machine started. Means nothing on another machine or after a reboot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Moment(u64);

impl Moment {
    pub(crate) fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(millis(duration)))
    }

    pub(crate) fn plus_ms(self, duration_ms: u64) -> Self {
        Self(self.0.saturating_add(duration_ms))
    }

    /// Zero when `earlier` lies later.
    pub(crate) fn since_ms(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Zero when it has passed.
    pub(crate) fn remaining(self) -> Duration {
        Duration::from_millis(self.since_ms(now()))
    }
}

pub(crate) fn now() -> Moment {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    let part = u64::try_from(time.tv_nsec).unwrap_or(0) / 1_000_000;
    Moment(seconds.saturating_mul(1_000).saturating_add(part))
}

#[expect(clippy::disallowed_methods, reason = "this is the runner's clock: everything else in the crate waits through it")]
pub(crate) async fn sleep(duration: Duration) {
    tokio::time::sleep(duration).await;
}

/// Waits for a moment; for ever when there is none.
pub(crate) async fn sleep_until(moment: Option<Moment>) {
    match moment {
        None => std::future::pending().await,
        // A suspended machine stops the timer but not the clock, so it is looked at again.
        Some(moment) => {
            while !moment.remaining().is_zero() {
                sleep(moment.remaining().min(Duration::from_secs(30))).await;
            }
        }
    }
}

pub(crate) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
