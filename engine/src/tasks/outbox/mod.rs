//! Delivers what was decided: notifications, news for pipelines that depend on this one, and what forges show.
//!
//! A message is a row of the transaction that decided it (ID4); it is delivered at least once under one key (ID5).

pub(crate) mod forges;

use std::sync::Arc;

use futures::{StreamExt as _, TryStreamExt as _};
use pipelines::plan::NotifyTo;
use serde::{Deserialize, Serialize};
use tracing::{debug, warn};

use super::Next;
use crate::core::effect::Delivery;
use crate::core::id::{PipelineId, ReleaseNumber};
use crate::core::{Actor, Changes, Effect, Event, EventKind, Input, Pipeline};
use crate::engine::{Engine, Error};
use crate::ports::{Message, NotifyError};
use crate::store::{DueMessage, OutboxMessage};

const BATCH: u32 = 100;
/// Longer than a delivery takes, with all its timeouts.
const CLAIM_MS: u64 = 5 * 60_000;
/// Messages that leave at the same time: one slow receiver does not hold the others back.
const AT_ONCE: usize = 8;
const MAX_TRIES: u64 = 30;
const FIRST_BACKOFF_MS: u64 = 2_000;
const MAX_BACKOFF_MS: u64 = 60 * 60_000;
/// Between two tries of what is tried for as long as it takes.
const PATIENT_BACKOFF_MS: u64 = 60_000;

/// What one message asks for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Body {
    Tell {
        to: NotifyTo,
        event: Box<Event>,
    },
    Upstream {
        release: ReleaseNumber,
        stage: Option<String>,
    },
    /// Read when it leaves.
    Show {
        pipeline: PipelineId,
        release: ReleaseNumber,
    },
    /// The one comment at the pull request of this pipeline; read when it leaves.
    Comment {
        pipeline: PipelineId,
    },
}

/// What became of one try.
enum Outcome {
    Done,
    Later(String),
    /// The receiver is away: no number of tries ends this.
    Patiently {
        reason: String,
        after_ms: Option<u64>,
    },
    Never(String),
}

impl From<Result<(), NotifyError>> for Outcome {
    fn from(told: Result<(), NotifyError>) -> Self {
        match told {
            Ok(()) => Self::Done,
            Err(NotifyError::Later(reason)) => Self::Later(reason),
            Err(NotifyError::Never(reason)) => Self::Never(reason),
        }
    }
}

/// The messages that these changes decided; they are stored in the same transaction.
pub(crate) fn messages(engine: &Engine, pipeline: &Pipeline, changes: &Changes) -> Vec<OutboxMessage> {
    let id = &pipeline.row().id;
    let shown = forges::messages(engine, pipeline, changes);
    let decided = changes
        .effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Tell { to, event } => {
                let event = changes.events.get(*event)?.clone();
                Some((format!("tell:{}", engine.ids().uuid()), "tell", Body::Tell { to: to.clone(), event: Box::new(event) }))
            }
            Effect::Upstream { release, stage } => Some((
                format!("upstream:{id}:{}:{}", release.0, stage.as_deref().unwrap_or("")),
                "upstream",
                Body::Upstream { release: *release, stage: stage.clone() },
            )),
            // Carried by their own rows: attempts, watches and gates.
            Effect::Queue(_) | Effect::Stop(_) | Effect::Watch { .. } | Effect::Unwatch(_) | Effect::AskApproval { .. } => None,
        })
        .filter_map(|(key, kind, body)| {
            let body = serde_json::to_string(&body).ok()?;
            Some(OutboxMessage { key, kind: kind.to_owned(), delivery: Delivery::AtLeastOnce, due_at: engine.clock().now(), body })
        });
    decided.chain(shown).collect()
}

pub(super) async fn round(engine: Arc<Engine>) -> Next {
    loop {
        let now = engine.clock().now();
        // A claim is a write; a look is not.
        let next = engine.store().next_outbox_at(now).await?;
        if next.is_none_or(|due| due > now) {
            return Ok(next);
        }
        let due = engine.store().claim_outbox(now, now + CLAIM_MS, BATCH).await?;
        if due.is_empty() {
            return Ok(None);
        }
        let delivered = futures::stream::iter(due.into_iter().map(|message| deliver(&engine, message))).buffer_unordered(AT_ONCE);
        delivered.try_collect::<()>().await?;
    }
}

async fn deliver(engine: &Arc<Engine>, message: DueMessage) -> Result<(), Error> {
    let outcome = match serde_json::from_str(&message.body) {
        Ok(Body::Tell { to, event }) => tell(engine, &message, &to, *event).await.into(),
        Ok(Body::Upstream { release, stage }) => upstream(engine, &message, release, stage).await.into(),
        Ok(Body::Show { pipeline, release }) => forges::show(engine, &message, &pipeline, release).await,
        Ok(Body::Comment { pipeline }) => forges::comment(engine, &message, &pipeline).await,
        Err(error) => Outcome::Never(format!("the stored message cannot be read: {error}")),
    };
    let now = engine.clock().now();
    match outcome {
        Outcome::Done => {
            engine.store().outbox_done(&message, now).await?;
        }
        Outcome::Never(reason) => {
            warn!(outbox.key = message.key, reason, "a message cannot be delivered and is given up");
            engine.store().outbox_give_up(&message, now, &reason).await?;
        }
        Outcome::Later(reason) if message.tries >= MAX_TRIES => {
            warn!(outbox.key = message.key, message.tries, reason, "a message could not be delivered and is given up");
            engine.store().outbox_give_up(&message, now, &reason).await?;
        }
        Outcome::Patiently { reason, after_ms } => {
            let wait_ms = after_ms.unwrap_or(PATIENT_BACKOFF_MS);
            debug!(outbox.key = message.key, reason, wait_ms, "a message waits for its receiver");
            engine.store().outbox_again(&message, now + wait_ms, &reason).await?;
        }
        Outcome::Later(reason) => {
            let wait_ms = FIRST_BACKOFF_MS.saturating_mul(1 << message.tries.min(20)).min(MAX_BACKOFF_MS);
            debug!(outbox.key = message.key, reason, wait_ms, "a message is tried again");
            engine.store().outbox_again(&message, now + wait_ms, &reason).await?;
        }
    }
    Ok(())
}

async fn tell(engine: &Arc<Engine>, row: &DueMessage, to: &NotifyTo, event: Event) -> Result<(), NotifyError> {
    let Some(notifier) = engine.ports().notifiers.iter().find(|notifier| notifier.knows(to)) else {
        return Err(NotifyError::Never("this server has no notifier of that kind; configure one".to_owned()));
    };
    let name =
        engine.view(pipeline_of(row)?, |state| state.row().name.clone()).await.map_err(|error| NotifyError::Later(error.to_string()))?;
    let url = event.release.map(|release| format!("{}/p/{name}/releases/{}", engine.settings().public_url, release.0));
    let text = line(&name, &event);
    let message = Message { pipeline: name, text, url, at: event.at, event };
    notifier.tell(to, &row.key, &message).await
}

/// Tells every pipeline with a gate that depends on this one.
async fn upstream(engine: &Arc<Engine>, row: &DueMessage, release: ReleaseNumber, stage: Option<String>) -> Result<(), NotifyError> {
    let pipeline = pipeline_of(row)?;
    let later = |error: Error| NotifyError::Later(error.to_string());
    let (name, revisions) = engine
        .view(pipeline, |state| {
            (state.row().name.clone(), state.release(release).map(|release| release.row.revisions.clone()).unwrap_or_default())
        })
        .await
        .map_err(later)?;
    for other in &engine.pipeline_ids().await.map_err(later)? {
        if other == pipeline {
            continue;
        }
        let depends = match engine.view(other, |state| state.depends_on(&name)).await {
            Ok(depends) => depends,
            // A parked pipeline hears of it when it is back: its gates ask again.
            Err(Error::Parked { .. } | Error::UnknownPipeline(_)) => false,
            Err(error) => return Err(later(error)),
        };
        if depends {
            let input = Input::Upstream { pipeline: name.clone(), stage: stage.clone(), release, revisions: revisions.clone() };
            engine.input(other, Actor::Trigger { source: format!("pipeline {name}") }, input).await.map_err(later)?;
            // It may be what a release of several sources waits for (P5).
            engine.poke_sources(other).await.map_err(later)?;
        }
    }
    Ok(())
}

fn pipeline_of(row: &DueMessage) -> Result<&PipelineId, NotifyError> {
    row.pipeline.as_ref().ok_or_else(|| NotifyError::Never("the stored message names no pipeline".to_owned()))
}

/// One line for people.
fn line(pipeline: &str, event: &Event) -> String {
    let release = event.release.map(|release| format!(" {release}")).unwrap_or_default();
    let place = event
        .target
        .as_ref()
        .map(ToString::to_string)
        .or_else(|| event.place.clone())
        .map(|place| format!(" at {place}"))
        .unwrap_or_default();
    let reason = if event.reason.is_empty() { String::new() } else { format!(": {}", event.reason) };
    format!("{pipeline}{release}{place} {}{reason}", words(event.kind))
}

fn words(kind: EventKind) -> String {
    serde_json::to_value(kind).ok().and_then(|value| value.as_str().map(|text| text.replace('_', " "))).unwrap_or_default()
}
