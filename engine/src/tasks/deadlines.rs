//! Hands every due pipeline a `Tick`: leases, bakes, gates, retries and expiries (a timer is a column).

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use futures::future::join_all;

use super::Next;
use crate::core::{Actor, Input, Time};
use crate::engine::{Engine, Error};

/// Pipelines that are ticked at the same time.
const AT_ONCE: u32 = 64;
/// How long a claimed pipeline is left to its server.
const CLAIM_MS: u64 = 10_000;

/// The deadline that this task waits for: only an earlier one has to wake it.
#[derive(Debug)]
pub(crate) struct NextTick(AtomicI64);

impl Default for NextTick {
    fn default() -> Self {
        Self(AtomicI64::new(UNKNOWN))
    }
}

/// Later than every deadline: whatever is committed while a round runs starts another one.
const UNKNOWN: i64 = i64::MAX;

impl NextTick {
    /// Whether a deadline at `due` would be missed by this task as it sleeps now.
    pub(crate) fn would_miss(&self, due: Time) -> bool {
        due.0 < self.0.load(Ordering::Acquire)
    }

    fn set(&self, due: Option<Time>) {
        self.0.store(due.map_or(UNKNOWN, |due| due.0), Ordering::Release);
    }
}

pub(super) async fn round(engine: Arc<Engine>) -> Next {
    engine.next_tick().set(None);
    loop {
        let now = engine.clock().now();
        let next = engine.store().next_deadline_at(now).await?;
        if next.is_none_or(|due| due > now) {
            engine.next_tick().set(next);
            return Ok(next);
        }
        let due = engine.store().claim_due_pipelines(now, now + CLAIM_MS, AT_ONCE).await?;
        if due.is_empty() {
            // Another server was quicker.
            return Ok(None);
        }
        for outcome in join_all(due.iter().map(|id| engine.input(id, Actor::Engine, Input::Tick))).await {
            match outcome {
                // A parked pipeline has told about itself; it has no deadline any more.
                Ok(_) | Err(Error::Rejected(_) | Error::Parked { .. } | Error::UnknownPipeline(_)) => {}
                Err(error) => return Err(error),
            }
        }
    }
}
