//! The disk that holds the database: whether it has room again, and what happens when it has failed.

use std::sync::Arc;

use tracing::{error, info};

use super::Next;
use crate::engine::Engine;

/// How often a full disk is looked at.
const LOOK_MS: u64 = 5_000;
/// So long the server says on `/readyz` why it ends; it accepts nothing meanwhile.
const LAST_WORDS_MS: u64 = 10_000;

pub(super) async fn round(engine: Arc<Engine>) -> Next {
    if !engine.store().is_full() {
        return Ok(None);
    }
    let store = engine.store().clone();
    // Laying the ballast blocks on the disk.
    if tokio::task::spawn_blocking(move || store.regain_room()).await.unwrap_or(false) {
        info!("the disk that holds the database has room again; new work is accepted");
        engine.hints().dispatch.notify_one();
        return Ok(None);
    }
    Ok(Some(engine.clock().now() + LOOK_MS))
}

/// Ends the process after a write to the disk has failed: only a new one reads what the disk really holds (R6).
pub(super) async fn end_after_failure(engine: &Arc<Engine>) {
    engine.store().failed().await;
    let detail = engine.store().failure().unwrap_or_default();
    error!(detail, "the disk failed while writing; nothing is accepted, and the process ends in a moment and must be started again");
    engine.clock().sleep_until(engine.clock().now() + LAST_WORDS_MS).await;
    std::process::abort();
}
