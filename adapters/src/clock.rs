//! The system's clock: the one place where the server's time passes.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use engine::core::Time;
use engine::ports::Clock;

/// How long a sleeper may miss that the system's clock was set.
const NOTICE: Duration = Duration::from_secs(1);
/// A clock that was set forward by no more than this is followed at once (IG2).
const STEP: Duration = Duration::from_secs(1);

/// Wall time that never goes back: the machine's, or that of a clock which several machines go by.
///
/// A clock set forward is let in by 1 %, so that no lease ends early, until [`Clock::follow`] says that none is counted.
/// A clock set back is waited for at half speed, so that deadlines come late but come.
#[derive(Debug)]
pub struct SystemClock {
    last: Mutex<Answer>,
}

#[derive(Debug, Clone, Copy)]
struct Answer {
    /// Since 1970.
    time: Duration,
    given: Instant,
    /// How far the clock that this one goes by is ahead of the machine's. None: it goes by the machine's.
    ahead_us: Option<i64>,
}

impl Answer {
    /// What the clock that this one goes by says now.
    fn source(&self) -> Duration {
        let ahead = Duration::from_micros(self.ahead_us.unwrap_or(0).unsigned_abs());
        if self.ahead_us < Some(0) { system_time().saturating_sub(ahead) } else { system_time().saturating_add(ahead) }
    }
}

impl SystemClock {
    #[must_use]
    pub fn new() -> Self {
        Self { last: Mutex::new(Answer { time: system_time(), given: monotone(), ahead_us: None }) }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Clock for SystemClock {
    fn now(&self) -> Time {
        // A poisoned lock still holds a whole answer: both fields are written in one assignment.
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let given = monotone();
        let time = advance(last.time, given.saturating_duration_since(last.given), last.source());
        *last = Answer { time, given, ..*last };
        Time(i64::try_from(time.as_millis()).unwrap_or(i64::MAX))
    }

    fn behind_ms(&self) -> u64 {
        let now = u64::try_from(self.now().0).unwrap_or_default();
        let source = self.last.lock().unwrap_or_else(PoisonError::into_inner).source();
        let ahead = source.saturating_sub(Duration::from_millis(now));
        if ahead > STEP { u64::try_from(ahead.as_millis()).unwrap_or(u64::MAX) } else { 0 }
    }

    fn follow(&self) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        *last = Answer { time: last.time.max(last.source()), given: monotone(), ..*last };
    }

    fn go_by(&self, time: Time) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let system = i64::try_from(system_time().as_micros()).unwrap_or(i64::MAX);
        let is_first = last.ahead_us.is_none();
        last.ahead_us = Some(time.0.saturating_mul(1000).saturating_sub(system));
        if is_first {
            *last = Answer { time: last.source(), given: monotone(), ..*last };
        }
    }

    async fn sleep_until(&self, at: Time) {
        loop {
            let now = self.now();
            if now >= at {
                return;
            }
            pass(Duration::from_millis(at.since_ms(now)).min(NOTICE)).await;
        }
    }
}

/// How long outside systems take, on a clock that nobody sets.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    pub(crate) fn start() -> Self {
        Self(monotone())
    }

    pub(crate) fn elapsed(self) -> Duration {
        monotone().saturating_duration_since(self.0)
    }
}

/// The system's time, unless that was set: then the last answer, going on at half speed or faster by 1 %.
fn advance(last: Duration, elapsed: Duration, system: Duration) -> Duration {
    let steady = last.saturating_add(elapsed);
    if system > steady.saturating_add(STEP) {
        return steady.saturating_add(elapsed / 100);
    }
    system.max(last.saturating_add(elapsed / 2))
}

#[expect(clippy::disallowed_methods, reason = "this module implements the Clock port")]
fn system_time() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

#[expect(clippy::disallowed_methods, reason = "this module implements the Clock port")]
fn monotone() -> Instant {
    Instant::now()
}

#[expect(clippy::disallowed_methods, reason = "this module implements the Clock port")]
async fn pass(duration: Duration) {
    tokio::time::sleep(duration).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn follows_the_system_in_ordinary_times() {
        assert_eq!(advance(s(1000), s(10), s(1010)), s(1010));
    }

    #[test]
    fn ig2_a_clock_set_forward_is_let_in_by_one_percent_and_by_a_second_at_once() {
        assert_eq!(advance(s(1000), s(100), s(5000)), s(1101));
        assert_eq!(advance(s(1000), s(1), s(1002)), s(1002));
        // An hour of it is over after a hundred hours.
        let hour = s(3600);
        assert_eq!(advance(s(1000), hour * 100, s(1000) + hour * 101), s(1000) + hour * 101);
    }

    #[test]
    fn a_clock_that_nobody_has_set_is_never_behind() {
        let clock = SystemClock::new();
        assert_eq!(clock.behind_ms(), 0);
        let before = clock.now();
        clock.follow();
        assert!(clock.now() >= before);
    }

    #[test]
    fn a_clock_set_back_neither_turns_the_time_nor_stops_it() {
        let first = advance(s(1000), s(10), s(400));
        assert_eq!(first, s(1005));
        // 590 s later the system's clock has come from 410 to 1000 and ours from 1005 to 1300; it is met in the end.
        let second = advance(first, s(590), s(1000));
        assert_eq!(second, s(1300));
        assert_eq!(advance(second, s(600), s(1600)), s(1600));
    }

    #[test]
    fn ig1_a_clock_that_goes_by_another_has_its_time_at_once_and_follows_it_like_one_that_is_set() {
        const HOUR_MS: u64 = 3_600_000;
        let (right, wrong) = (SystemClock::new(), SystemClock::new());
        let near = |left: Time, right: Time| left.since_ms(right).max(right.since_ms(left)) < 500;
        wrong.go_by(Time(right.now().0 - 3_600_000));
        assert!(near(wrong.now() + HOUR_MS, right.now()), "an hour back at once: {:?}", wrong.now());
        wrong.go_by(right.now());
        assert!(near(wrong.now() + HOUR_MS, right.now()), "and forward not at once: {:?}", wrong.now());
        assert!(wrong.behind_ms() > HOUR_MS - 5_000);
        wrong.follow();
        assert!(near(wrong.now(), right.now()));
        assert_eq!(wrong.behind_ms(), 0);
    }

    #[tokio::test]
    async fn sleeps_until_a_moment_and_not_at_all_when_it_has_passed() {
        let clock = SystemClock::new();
        let start = clock.now();
        clock.sleep_until(start).await;
        clock.sleep_until(start + 20).await;
        assert!(clock.now() >= start + 20);
    }
}
