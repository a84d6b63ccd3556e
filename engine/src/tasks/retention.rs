//! Forgets what nobody may want any more, in small steps: old logs, releases, events, artifacts that no release uses.

use std::sync::{Arc, PoisonError};

use protocol::ArtifactDigest;
use tracing::{info, warn};

use super::Next;
use crate::core::id::PipelineId;
use crate::engine::{Engine, Error};
use crate::ports::BlobError;

const STEP: u32 = 200;
const EVERY_MS: u64 = 60 * 60_000;

pub(super) async fn round(engine: Arc<Engine>) -> Next {
    let now = engine.clock().now();
    {
        let mut due = engine.retention_due().lock().unwrap_or_else(PoisonError::into_inner);
        match *due {
            Some(at) if now < at => return Ok(Some(at)),
            _ => *due = Some(now + EVERY_MS),
        }
    }
    let keep = &engine.settings().retention;
    let mut removed = engine.store().forget_done(now - keep.done_ms, now).await?;
    removed += logs(&engine).await?;
    for pipeline in engine.pipeline_ids().await? {
        removed += releases(&engine, &pipeline).await?;
        removed += events(&engine, &pipeline).await?;
    }
    removed += artifacts(&engine).await?;
    if removed > 0 {
        info!(removed, "what is past its time was removed");
    }
    Ok(Some(now + EVERY_MS))
}

async fn logs(engine: &Arc<Engine>) -> Result<u64, Error> {
    let mut removed = 0;
    loop {
        let now = engine.clock().now();
        let step = engine.store().forget_logs(now - engine.settings().retention.logs_ms, STEP, now).await?;
        removed += step;
        if step < u64::from(STEP) {
            engine.hints().logs.notify_one();
            return Ok(removed);
        }
    }
}

/// Step after step, so that nobody waits long for the database in between; as the following ones.
async fn releases(engine: &Arc<Engine>, pipeline: &PipelineId) -> Result<u64, Error> {
    let keep = &engine.settings().retention;
    let mut removed = 0;
    loop {
        let before = engine.clock().now() - keep.releases_ms;
        let step = engine.store().forget_releases(pipeline, before, keep.releases_at_least, STEP).await?;
        removed += step;
        if step < u64::from(STEP) {
            return Ok(removed);
        }
    }
}

async fn events(engine: &Arc<Engine>, pipeline: &PipelineId) -> Result<u64, Error> {
    let mut removed = 0;
    loop {
        let before = engine.clock().now() - engine.settings().retention.events_ms;
        let step = engine.store().forget_events(pipeline, before, STEP).await?;
        removed += step;
        if step < u64::from(STEP) {
            return Ok(removed);
        }
    }
}

async fn artifacts(engine: &Arc<Engine>) -> Result<u64, Error> {
    let mut removed = 0;
    loop {
        let before = engine.clock().now() - engine.settings().retention.artifacts_ms;
        let unused = engine.store().unused_artifacts(before, STEP).await?;
        let mut gone = 0;
        for digest in &unused {
            gone += u64::from(artifact(engine, digest).await?);
        }
        removed += gone;
        // Those that could not be removed are asked for again by the next round.
        if gone < u64::from(STEP) {
            return Ok(removed);
        }
    }
}

async fn artifact(engine: &Arc<Engine>, digest: &ArtifactDigest) -> Result<bool, Error> {
    let now = engine.clock().now();
    if !engine.store().close_artifact(digest, now - engine.settings().retention.artifacts_ms, now).await? {
        return Ok(false);
    }
    let key = crate::engine::artifact_key(digest);
    match engine.ports().blobs.remove(&key).await {
        Ok(()) | Err(BlobError::NotFound(_)) => {
            engine.store().artifact_removed(digest).await?;
            Ok(true)
        }
        Err(error) => {
            warn!(blob.key = key, %error, "an artifact could not be removed; it is tried again");
            Ok(false)
        }
    }
}
