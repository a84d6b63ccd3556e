//! Deals with what was written down before it was answered: releases by schedule and web hooks (R8, ID1).

mod buttons;
mod hooks;

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tracing::{info, warn};

use super::Next;
use crate::core::Actor;
use crate::core::id::PipelineId;
use crate::engine::{Engine, Error, Start};
use crate::ports::forge::Hint;
use crate::store::{InboxMessage, ScheduleRow};

const BATCH: u32 = 256;
const CLAIM_MS: u64 = 120_000;
/// Between two tries of a message that could not be dealt with.
const AGAIN_MS: u64 = 15_000;

/// A slot of a schedule that has come.
#[derive(Debug, Serialize, Deserialize)]
struct Slot {
    pipeline: PipelineId,
    cron: String,
    timezone: String,
}

/// What the inbox keeps of a web hook, and under which key and kind.
pub(crate) fn hook_message(forge: &str, delivery: &str, hint: &Hint) -> Result<(String, &'static str, String), Error> {
    let body = serde_json::to_string(hint).map_err(|error| Error::Invalid { what: "web hook", detail: error.to_string() })?;
    Ok((format!("hook:{forge}:{delivery}"), hooks::KIND, body))
}

pub(super) fn schedule_body(slot: &ScheduleRow) -> Result<String, Error> {
    let slot = Slot { pipeline: slot.pipeline.clone(), cron: slot.cron.clone(), timezone: slot.timezone.clone() };
    serde_json::to_string(&slot).map_err(|error| Error::Invalid { what: "schedule", detail: error.to_string() })
}

pub(super) async fn round(engine: Arc<Engine>) -> Next {
    loop {
        let now = engine.clock().now();
        // A claim is a write; a look is not.
        let next = engine.store().next_inbox_at(now).await?;
        if next.is_none_or(|due| due > now) {
            return Ok(next);
        }
        let messages = engine.store().claim_inbox(now, now + CLAIM_MS, BATCH).await?;
        if messages.is_empty() {
            return Ok(None);
        }
        let (hooks, others): (Vec<_>, Vec<_>) = messages.into_iter().partition(|message| message.kind == hooks::KIND);
        if !hooks.is_empty() {
            hooks::deal_with(&engine, hooks).await?;
        }
        for message in others {
            deal_with(&engine, message).await?;
        }
    }
}

async fn deal_with(engine: &Arc<Engine>, message: InboxMessage) -> Result<(), Error> {
    let outcome = match message.kind.as_str() {
        "schedule" => start(engine, &message).await,
        other => Err(Error::Invalid { what: "inbox", detail: format!("this server knows no messages of kind {other}") }),
    };
    let now = engine.clock().now();
    match outcome {
        Ok(()) => engine.store().inbox_done(&message.key, now).await?,
        Err(error @ (Error::Store(_) | Error::Source(_) | Error::Conflict | Error::ShuttingDown | Error::Parked { .. })) => {
            engine.store().inbox_again(&message.key, now + AGAIN_MS, &error.to_string()).await?;
        }
        Err(error) => {
            warn!(inbox.key = message.key, %error, "a message could not be dealt with and is passed over");
            engine.store().inbox_give_up(&message.key, now, &error.to_string()).await?;
        }
    }
    Ok(())
}

async fn start(engine: &Arc<Engine>, message: &InboxMessage) -> Result<(), Error> {
    let slot: Slot = serde_json::from_str(&message.body).map_err(|error| Error::Invalid { what: "schedule", detail: error.to_string() })?;
    let start = Start { key: message.key.clone(), commit: None, inputs: Default::default(), trigger: "schedule".to_owned() };
    let actor = Actor::Trigger { source: format!("schedule {} {}", slot.cron, slot.timezone) };
    let release = engine.start(&slot.pipeline, actor, start).await?;
    info!(pipeline.id = %slot.pipeline, release.number = release.0, "started by schedule");
    Ok(())
}
