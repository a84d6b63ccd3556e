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

/// The machine's wall time after `duration`, as RFC 3339 in UTC and whole seconds. For programs that ask for a date; no
/// decision of the runner's own looks at it.
pub(crate) fn wall_time_in(duration: Duration) -> String {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Realtime);
    rfc_3339(time.tv_sec.saturating_add(i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)))
}

/// Days since 1970 to a date in the Gregorian calendar: years are counted from a March, so that the leap day is the last.
fn rfc_3339(seconds: i64) -> String {
    let (days, of_day) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", of_day / 3_600, of_day / 60 % 60, of_day % 60)
}

pub(crate) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_written_as_a_date() {
        for (seconds, expected) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_795_272_300, "2026-11-21T14:45:00Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(rfc_3339(seconds), expected);
        }
    }
}
