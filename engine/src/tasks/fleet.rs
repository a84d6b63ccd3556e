//! Takes upgrades of shared blocks on: pins, releases, and what became of them.

use std::sync::Arc;

use super::Next;
use crate::engine::Engine;

/// How often releases of an upgrade are looked at. They take minutes to days.
const EVERY_MS: u64 = 2_000;

pub(super) async fn round(engine: Arc<Engine>) -> Next {
    let is_any_moving = engine.advance_upgrades().await?;
    Ok(is_any_moving.then(|| engine.clock().now() + EVERY_MS))
}
