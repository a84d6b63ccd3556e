//! Hands every due pipeline a `Tick`: leases, bakes, gates, retries and expiries (a timer is a column).

use std::sync::Arc;

use futures::future::join_all;

use super::Next;
use crate::core::{Actor, Input};
use crate::engine::{Engine, Error};

/// Pipelines that are ticked at the same time.
const AT_ONCE: u32 = 64;
/// How long a claimed pipeline is left to its server.
const CLAIM_MS: u64 = 10_000;

pub(super) async fn round(engine: Arc<Engine>) -> Next {
    loop {
        let now = engine.clock().now();
        let due = engine.store().claim_due_pipelines(now, now + CLAIM_MS, AT_ONCE).await?;
        if due.is_empty() {
            return Ok(engine.store().next_deadline_at(now).await?);
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
