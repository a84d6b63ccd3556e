//! Polls the monitors that somebody watches, and hands each reading to every pipeline that watches it.
//!
//! A watch is a row: a restart goes on where the last server stopped, and two servers share the work by claims.

use std::sync::Arc;

use futures::StreamExt;
use futures::stream;
use pipelines::plan::Pace;
use tracing::debug;

use super::Next;
use crate::core::input::Reading;
use crate::core::{Actor, Input};
use crate::engine::{Engine, Error};
use crate::store::DueWatch;

const BATCH: u32 = 500;
/// How long a claimed monitor is left to its server; longer than any monitor may take.
const CLAIM_MS: u64 = 60_000;

pub(super) async fn round(engine: Arc<Engine>) -> Next {
    let now = engine.clock().now();
    // A claim is a write; a look is not.
    let next = engine.store().next_watch_at(now).await?;
    if next.is_none_or(|due| due > now) {
        return Ok(next);
    }
    let (due, malformed) = engine.store().claim_watches(now, now + CLAIM_MS, BATCH).await?;
    for (pipeline, error) in malformed {
        engine.park(&pipeline, error.to_string()).await;
    }
    stream::iter(due)
        .map(|watch| observe(Arc::clone(&engine), watch))
        .buffer_unordered(engine.settings().watch_concurrency)
        .collect::<Vec<_>>()
        .await
        .into_iter()
        .collect::<Result<(), Error>>()?;
    Ok(engine.store().next_watch_at(engine.clock().now()).await?)
}

async fn observe(engine: Arc<Engine>, watch: DueWatch) -> Result<(), Error> {
    let DueWatch { id, monitor, since, pipelines } = watch;
    let reading = match engine.ports().monitors.iter().find(|reader| reader.knows(&monitor)) {
        Some(reader) => reader.read_since(&monitor, since).await,
        None => Reading::Unreadable {
            detail: "no adapter of this server knows this kind of monitor; enable it in the server's configuration".to_owned(),
        },
    };
    let read_at = engine.clock().now();
    debug!(monitor.id = %id, ?reading, "read");
    let mut pace = Pace::Loose;
    for pipeline in &pipelines {
        match engine.input(pipeline, Actor::Engine, Input::Observe { monitor: id.clone(), reading: reading.clone() }).await {
            // The last watcher may have gone meanwhile.
            Ok(_) | Err(Error::Rejected(_) | Error::Parked { .. } | Error::UnknownPipeline(_)) => {}
            Err(error) => return Err(error),
        }
        if let Ok(own) = engine.view(pipeline, |pipeline| pipeline.pace(&id)).await {
            pace = pace.max(own);
        }
    }
    let next = read_at + monitor.interval_at(pace);
    engine.store().watch_polled(&id, next).await?;
    Ok(())
}
