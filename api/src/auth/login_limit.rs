//! How often somebody may try to sign in.

use std::collections::BTreeMap;
use std::sync::Mutex;

use engine::core::Time;

use crate::problem::{Code, Problem};

const WINDOW_MS: u64 = 15 * 60 * 1_000;
/// Failures for one name from one address, and from one address in all, within the window.
const PER_NAME: usize = 5;
const PER_ADDRESS: usize = 50;
/// Keys that are remembered; the oldest go first.
const KEYS: usize = 10_000;

/// Counts failures by (address, name) and by address, in memory: a restart forgives, a second server counts for itself.
#[derive(Debug, Default)]
pub struct LoginLimit {
    failures: Mutex<Failures>,
}

/// When somebody failed, by address and (below it) by name.
type Failures = BTreeMap<(String, Option<String>), Vec<Time>>;

impl LoginLimit {
    /// Refuses when there were too many failures; says when to try again.
    pub fn check(&self, address: &str, name: &str, now: Time) -> Result<(), Problem> {
        let failures = self.lock();
        for (key, most) in [(key(address, Some(name)), PER_NAME), (key(address, None), PER_ADDRESS)] {
            let recent: Vec<Time> = failures.get(&key).into_iter().flatten().copied().filter(|at| now.since_ms(*at) < WINDOW_MS).collect();
            if recent.len() >= most {
                let wait_ms = recent.first().map_or(WINDOW_MS, |first| WINDOW_MS - now.since_ms(*first));
                let detail = format!("{most} attempts failed within 15 minutes; try again in {} s", wait_ms.div_ceil(1_000));
                return Err(Problem::new(Code::TooManyLogins, detail).retry_after_ms(wait_ms));
            }
        }
        Ok(())
    }

    pub fn failed(&self, address: &str, name: &str, now: Time) {
        let mut failures = self.lock();
        for key in [key(address, Some(name)), key(address, None)] {
            let times = failures.entry(key).or_default();
            times.retain(|at| now.since_ms(*at) < WINDOW_MS);
            if times.len() < PER_ADDRESS {
                times.push(now);
            }
        }
        if failures.len() > KEYS {
            let mut lasts: Vec<Option<Time>> = failures.values().map(|times| times.last().copied()).collect();
            lasts.sort_unstable();
            // A tenth at once, so that this is rare.
            let oldest_kept = lasts.get(KEYS / 10).copied().flatten();
            failures.retain(|_, times| times.last().copied() > oldest_kept);
        }
    }

    pub fn succeeded(&self, address: &str, name: &str) {
        self.lock().remove(&key(address, Some(name)));
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Failures> {
        self.failures.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

fn key(address: &str, name: Option<&str>) -> (String, Option<String>) {
    (address.to_owned(), name.map(|name| name.chars().take(100).collect::<String>().to_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sixth_attempt_waits_until_the_first_failure_is_fifteen_minutes_old() {
        let limit = LoginLimit::default();
        for second in 0..5 {
            limit.check("10.0.0.1", "ada", Time(second * 1_000)).expect("not yet limited");
            limit.failed("10.0.0.1", "ada", Time(second * 1_000));
        }
        let problem = limit.check("10.0.0.1", "Ada", Time(5_000)).expect_err("limited");
        assert_eq!(problem.retry_after_ms, Some(895_000));
        limit.check("10.0.0.1", "bob", Time(5_000)).expect("another name");
        limit.check("10.0.0.2", "ada", Time(5_000)).expect("another address");
        limit.check("10.0.0.1", "ada", Time(900_000)).expect("the first failure is old");
    }

    #[test]
    fn names_tried_in_masses_do_not_fill_the_memory() {
        let limit = LoginLimit::default();
        for n in 0..11_000 {
            limit.failed(&format!("10.0.{}.{}", n / 250, n % 250), &format!("name-{n}"), Time(n));
        }
        assert!(limit.lock().len() <= KEYS);
    }
}
