//! A system's clock that was set forward: when the server's own may follow it.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use tracing::{info, warn};

use super::Next;
use crate::engine::{Engine, Error};
use crate::ports::Clock;
use crate::store::Store;

const LOOK_MS: u64 = 10_000;
/// A database that answers more slowly than this says too little about the time.
const SLOW_MS: u64 = 500;
/// Leases that dispatch was granting are committed by then.
const PAUSE_MS: u64 = 1_000;

/// A lease counts on the server's clock, and so does the end of credentials: to whoever jumps, what runs is lost, and what still acts looks
/// harmless (R4). Windows and schedules, on the other hand, want to be right. So the clock follows as soon as nothing has a lease and nothing is
/// unknown; until then a jump comes in by 1 % (IG2).
pub(super) async fn round(engine: Arc<Engine>) -> Next {
    agree(engine.store(), engine.clock(), SLOW_MS).await?;
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

/// Servers that share a database go by its clock: what one of them has written as a deadline, another one meets (IG1).
/// Asking may take `most_ms`, half of which it may be wrong by.
pub(crate) async fn agree(store: &Store, clock: &dyn Clock, most_ms: u64) -> Result<(), Error> {
    let asked = clock.now();
    if let Some(time) = store.common_time().await? {
        let took_ms = clock.now().since_ms(asked);
        if took_ms <= most_ms {
            clock.go_by(time + took_ms / 2);
        }
    }
    Ok(())
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
