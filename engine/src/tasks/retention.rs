//! Forgets what nobody may want any more, in small steps: old logs, releases, events, artifacts that no release uses.

use std::sync::{Arc, PoisonError};

use protocol::ArtifactDigest;
use tracing::{info, warn};

use super::Next;
use crate::engine::{Engine, Error};

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
    let settings = engine.settings();
    let mut removed = engine.store().forget_done(now - settings.done_retention_ms, now).await?;
    removed += logs(&engine).await?;
    for pipeline in engine.pipeline_ids().await? {
        removed += engine.store().forget_releases(&pipeline, now - settings.release_retention_ms, STEP).await?;
        removed += engine.store().forget_events(&pipeline, now - settings.event_retention_ms, STEP).await?;
    }
    for digest in engine.store().unused_artifacts(now - settings.artifact_retention_ms, STEP).await? {
        removed += u64::from(artifact(&engine, &digest).await?);
    }
    if removed > 0 {
        info!(removed, "what is past its time was removed");
    }
    Ok(Some(now + EVERY_MS))
}

async fn logs(engine: &Arc<Engine>) -> Result<u64, Error> {
    let mut removed = 0;
    loop {
        let step = engine.store().forget_logs(engine.clock().now() - engine.settings().log_retention_ms, STEP).await?;
        for key in &step.blobs {
            remove(engine, key).await;
        }
        removed += step.removed;
        if step.removed < u64::from(STEP) {
            return Ok(removed);
        }
    }
}

async fn artifact(engine: &Arc<Engine>, digest: &ArtifactDigest) -> Result<bool, Error> {
    let forgotten = engine.store().forget_artifact(digest, engine.clock().now() - engine.settings().artifact_retention_ms).await?;
    if forgotten {
        remove(engine, &crate::engine::artifact_key(digest)).await;
    }
    Ok(forgotten)
}

/// A blob that stays behind costs room, nothing else.
async fn remove(engine: &Arc<Engine>, key: &str) {
    if let Err(error) = engine.ports().blobs.remove(key).await {
        warn!(blob.key = key, %error, "a blob could not be removed");
    }
}
