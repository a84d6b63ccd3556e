//! What unproven web hooks may cost: memory while they are read, and work by one address that forges them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use engine::core::Time;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::problem::{Code, Problem};

/// GitHub sends nothing larger.
pub(crate) const BODY_BYTES: usize = 25 * 1024 * 1024;
/// What all deliveries that are being read may hold together.
const TOGETHER_BYTES: usize = 128 * 1024 * 1024;
/// Forged bytes that one address may make this server check within the window. Small deliveries never come near it, so
/// that a forger behind the same proxy as the forge cannot shut the forge out; what is shut out is found by polling.
const FORGED_BYTES: u64 = 256 * 1024 * 1024;
const WINDOW_MS: u64 = 60_000;
/// No delivery counts as less: each costs a request.
const LEAST_BYTES: u64 = 1024;
/// Addresses that are remembered; all are forgiven when there are more.
const ADDRESSES: usize = 10_000;

const UNIT_BYTES: usize = 1024;

/// Kept in memory: a restart forgives, a second server counts for itself.
#[derive(Debug)]
pub(crate) struct HookLimit {
    room: Arc<Semaphore>,
    forged: Mutex<BTreeMap<String, Forged>>,
}

#[derive(Debug, Clone, Copy)]
struct Forged {
    since: Time,
    bytes: u64,
}

impl Default for HookLimit {
    fn default() -> Self {
        Self { room: Arc::new(Semaphore::new(TOGETHER_BYTES / UNIT_BYTES)), forged: Mutex::default() }
    }
}

impl HookLimit {
    /// Room for a body of this length, until the permit is dropped.
    pub(crate) fn room(&self, bytes: usize) -> Result<OwnedSemaphorePermit, Problem> {
        let units = u32::try_from(bytes.min(BODY_BYTES).div_ceil(UNIT_BYTES).max(1)).unwrap_or(u32::MAX);
        Arc::clone(&self.room).try_acquire_many_owned(units).map_err(|_| {
            metrics::counter!("tidegate_webhooks_total", "outcome" => "overloaded").increment(1);
            Problem::new(Code::Overloaded, "too many large web hooks are being read at once").retry_after_ms(1_000)
        })
    }

    /// Refuses an address that forged too much.
    pub(crate) fn check(&self, address: &str, now: Time) -> Result<(), Problem> {
        let forged = self.forged.lock().unwrap_or_else(PoisonError::into_inner);
        match forged.get(address) {
            Some(found) if now.since_ms(found.since) < WINDOW_MS && found.bytes >= FORGED_BYTES => {
                let wait_ms = WINDOW_MS - now.since_ms(found.since);
                let detail = "this address sent too much whose signature was wrong";
                Err(Problem::new(Code::TooManyForged, detail).retry_after_ms(wait_ms))
            }
            _ => Ok(()),
        }
    }

    pub(crate) fn forged(&self, address: &str, bytes: usize, now: Time) {
        let mut all = self.forged.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= ADDRESSES && !all.contains_key(address) {
            all.clear();
        }
        let found = all.entry(address.to_owned()).or_insert(Forged { since: now, bytes: 0 });
        if now.since_ms(found.since) >= WINDOW_MS {
            *found = Forged { since: now, bytes: 0 };
        }
        found.bytes = found.bytes.saturating_add(LEAST_BYTES.max(bytes as u64));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_forges_large_bodies_is_not_listened_to_for_a_minute() {
        let limit = HookLimit::default();
        for _ in 0..11 {
            limit.check("10.0.0.1", Time(0)).expect("not yet");
            limit.forged("10.0.0.1", BODY_BYTES, Time(0));
        }
        let problem = limit.check("10.0.0.1", Time(20_000)).expect_err("limited");
        assert_eq!((problem.code, problem.retry_after_ms), (Code::TooManyForged, Some(40_000)));
        limit.check("10.0.0.2", Time(20_000)).expect("another address");
        limit.check("10.0.0.1", Time(60_000)).expect("a minute later");
    }

    #[test]
    fn what_is_read_at_once_has_a_bound_and_comes_free_again() {
        let limit = HookLimit::default();
        let held: Vec<_> = (0..5).map(|_| limit.room(BODY_BYTES).expect("room")).collect();
        assert_eq!(limit.room(BODY_BYTES).expect_err("full").code, Code::Overloaded);
        drop(limit.room(100 * 1024).expect("small ones still pass"));
        drop(held);
        drop(limit.room(BODY_BYTES).expect("free again"));
    }
}
