//! Seals logs whose attempts have ended, and removes the blobs that no row names any more.

use std::sync::Arc;

use tracing::warn;

use super::Next;
use crate::engine::{Engine, Error};
use crate::ports::BlobError;

const BATCH: u32 = 16;
/// How long a claimed log is left to its server, and when one that failed is tried again.
const CLAIM_MS: u64 = 120_000;
/// A dead blob stays this long, so that whoever reads it now can finish.
const GRACE_MS: u64 = 60_000;

pub(super) async fn round(engine: Arc<Engine>) -> Next {
    // Most logs are sealed by the commit that ends them, so it is worth to ask before claiming.
    while let Some(due) = engine.store().next_unsealed_log_at().await? {
        let now = engine.clock().now();
        if due > now {
            break;
        }
        let logs = engine.store().claim_unsealed_logs(now, now + CLAIM_MS, BATCH).await?;
        if logs.is_empty() {
            break;
        }
        for log in logs {
            if let Err(error) = engine.seal_log(&log).await {
                warn!(attempt.id = %log.attempt, %error, "a log could not be sealed yet; it is tried again");
            }
        }
    }
    let next_dead = remove_dead(&engine).await?;
    let next_log = engine.store().next_unsealed_log_at().await?;
    Ok(next_dead.into_iter().chain(next_log).min())
}

/// Answers when the next dead blob may go.
async fn remove_dead(engine: &Arc<Engine>) -> Next {
    let before = engine.clock().now() - GRACE_MS;
    for key in engine.store().dead_blobs(before, 1_000).await? {
        match engine.ports().blobs.remove(&key).await {
            Ok(()) | Err(BlobError::NotFound(_)) => engine.store().blob_removed(&key).await?,
            Err(error) => {
                warn!(blob.key = key, %error, "a blob could not be removed; it is tried again");
                return Err(Error::Blob(error));
            }
        }
    }
    Ok(engine.store().oldest_dead_blob().await?.map(|dead_at| dead_at + GRACE_MS))
}
