//! Asks sources for their heads, and fires schedules. A missed poll or a missed slot is found by the next round.

use std::sync::Arc;

use futures::future::join_all;
use pipelines::schedule::Schedule;
use tracing::warn;

use super::Next;
use crate::core::Time;
use crate::engine::{Engine, Error};
use crate::store::ScheduleRow;

const BATCH: u32 = 32;
/// How long a claimed source is left to its server.
const CLAIM_MS: u64 = 60_000;

pub(super) async fn round(engine: Arc<Engine>) -> Next {
    let now = engine.clock().now();
    // A claim is a write; a look is not.
    let is_due = engine.store().next_source_at(now).await?.is_some_and(|due| due <= now);
    let sources = if is_due { engine.store().claim_sources(now, now + CLAIM_MS, BATCH).await? } else { Vec::new() };
    for checked in join_all(sources.iter().map(|source| engine.check_claimed(source))).await {
        checked?;
    }
    for slot in engine.store().due_schedules(now, BATCH).await? {
        fire(&engine, slot).await?;
    }
    let after = engine.clock().now();
    let source = engine.store().next_source_at(after).await?;
    let schedule = engine.store().next_schedule_at(after).await?;
    Ok(source.into_iter().chain(schedule).min())
}

/// Fires one slot at most once (IE12): whoever moves the schedule on puts the release into the inbox, in one transaction.
/// Slots that passed while no server ran are one release, not many.
async fn fire(engine: &Arc<Engine>, slot: ScheduleRow) -> Result<(), Error> {
    let now = engine.clock().now();
    let next = match Schedule::parse(&slot.cron, &slot.timezone) {
        Ok(schedule) => schedule.next_after(now.to_utc()).map_or(Time::NEVER, Time::from_utc),
        Err(error) => {
            warn!(pipeline.id = %slot.pipeline, %error, slot.cron, "a stored schedule cannot be read and is left out");
            Time::NEVER
        }
    };
    let body = super::inbox::schedule_body(&slot)?;
    if engine.store().fire_schedule(&slot, next, &body, now).await? {
        engine.hints().inbox.notify_one();
    }
    Ok(())
}
