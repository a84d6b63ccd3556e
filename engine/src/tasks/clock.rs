//! A system's clock that was set forward: when the server's own may follow it.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use tracing::{info, warn};

use super::Next;
use crate::engine::{Engine, Error};

const LOOK_MS: u64 = 10_000;
/// Leases that dispatch was granting are committed by then.
const PAUSE_MS: u64 = 1_000;

/// A lease counts on the server's clock, and so does the end of credentials: to whoever jumps, what runs is lost, and what still acts looks
/// harmless (R4). Windows and schedules, on the other hand, want to be right. So the clock follows as soon as nothing has a lease and nothing is
/// unknown; until then a jump comes in by 1 % (IG2).
pub(super) async fn round(engine: Arc<Engine>) -> Next {
    let behind_ms = engine.clock().behind_ms();
    if behind_ms > 0 {
        if nobody_counts(&engine).await? {
            engine.is_clock_being_set().store(true, Ordering::Release);
            let followed = follow(&engine).await;
            engine.is_clock_being_set().store(false, Ordering::Release);
            wake(&engine);
            if followed? {
                info!(by_ms = behind_ms, "the system's clock was set forward, and the server follows it");
                return Ok(Some(engine.clock().now() + LOOK_MS));
            }
        }
        warn!(behind_ms, "the system's clock was set forward; the server follows it once no job runs, and by 1 % until then");
    }
    Ok(Some(engine.clock().now() + LOOK_MS))
}

async fn follow(engine: &Arc<Engine>) -> Result<bool, Error> {
    engine.clock().sleep_until(engine.clock().now() + PAUSE_MS).await;
    let is_quiet = nobody_counts(engine).await?;
    if is_quiet {
        engine.clock().follow();
    }
    Ok(is_quiet)
}

async fn nobody_counts(engine: &Arc<Engine>) -> Result<bool, Error> {
    let alive = engine.store().attempts_alive().await?;
    Ok(["leased", "unknown"].iter().all(|state| !alive.contains_key(*state)))
}

/// What was due in the time that was left out is due now.
fn wake(engine: &Arc<Engine>) {
    let hints = engine.hints();
    for hint in [&hints.dispatch, &hints.deadlines, &hints.watches, &hints.sources, &hints.outbox] {
        hint.notify_one();
    }
}
