//! Shows at forges what becomes of releases: one message per release, of which the newest counts, and what it says is
//! read when it leaves (ID5). So what is shown last is what is true last, whatever came late, twice or not at all.

use std::collections::BTreeSet;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};
use tracing::warn;

use super::{Body, Outcome};
use crate::core::effect::Delivery;
use crate::core::id::{PipelineId, ReleaseNumber};
use crate::core::{Changes, EventKind, Pipeline, Time};
use crate::engine::{Engine, Error, reports};
use crate::ports::Forge;
use crate::ports::forge::{ForgeError, ReportState};
use crate::store::{self, DueMessage, OutboxMessage};

/// Between two reports of a release that goes on; its end is told at once. GitHub takes 80 writes a minute.
const BETWEEN_MS: u64 = 5_000;
/// How long a forge may be away. What it missed is newer by then, and the next change says it.
const PATIENCE_MS: u64 = 7 * 24 * 3_600_000;

/// The messages that follow from these changes: the releases that they are about, and those that lost a target to them.
pub(super) fn messages(engine: &Engine, pipeline: &Pipeline, changes: &Changes) -> Vec<OutboxMessage> {
    if engine.ports().forges.is_empty() {
        return Vec::new();
    }
    let mut concerned: BTreeSet<ReleaseNumber> = changes.events.iter().filter_map(|event| event.release).collect();
    for event in &changes.events {
        let moved = matches!(event.kind, EventKind::RolloutSucceeded | EventKind::RollbackSucceeded | EventKind::RolloutFailed);
        if let (true, Some(target)) = (moved, &event.target) {
            concerned.extend(pipeline.rollouts().filter(|rollout| rollout.target == *target).map(|rollout| rollout.release));
        }
    }
    concerned.retain(|number| {
        pipeline
            .release(*number)
            .is_some_and(|release| release.row.revisions.iter().any(|revision| forge(engine, &revision.source).is_some()))
    });
    let now = engine.clock().now();
    let id = &pipeline.row().id;
    let comment = pipeline.row().pull_request.as_ref().filter(|_| !concerned.is_empty()).and_then(|_| comment_message(id, now));
    concerned.into_iter().filter_map(|release| message(id, release, now)).chain(comment).collect()
}

fn comment_message(pipeline: &PipelineId, now: Time) -> Option<OutboxMessage> {
    let body = serde_json::to_string(&Body::Comment { pipeline: pipeline.clone() }).ok()?;
    Some(OutboxMessage {
        key: format!("comment:{pipeline}"),
        kind: "comment".to_owned(),
        delivery: Delivery::NewestWins,
        due_at: now,
        body,
    })
}

/// Keeps the comment at a pull request true.
pub(super) async fn comment(engine: &Arc<Engine>, row: &DueMessage, pipeline: &PipelineId) -> Outcome {
    outcome(engine, row, try_comment(engine, row, pipeline).await)
}

async fn try_comment(engine: &Arc<Engine>, row: &DueMessage, pipeline: &PipelineId) -> Result<(), Failed> {
    let url = engine.settings().public_url.clone();
    let look = |state: &Pipeline| {
        let source = state.releases().next_back().and_then(|release| release.row.revisions.first()).map(|revision| revision.source.clone());
        reports::comment(state, &url).zip(source)
    };
    let Some((comment, source)) = engine.view(pipeline, look).await? else { return Ok(()) };
    let Some(forge) = forge(engine, &source) else { return Ok(()) };
    let before = engine.store().forge_mark(&row.key).await?.map(|known| known.mark).unwrap_or_default();
    let digest = hex::encode(Sha256::digest(serde_json::to_vec(&comment).unwrap_or_default()));
    if before.shown.as_ref() == Some(&digest) {
        return Ok(());
    }
    let mut mark = before.clone();
    let told = forge.comment(&source, &comment, &mut mark).await;
    if told.is_ok() {
        mark.shown = Some(digest);
    }
    if mark != before {
        engine.store().put_forge_mark(&row.key, &mark, engine.clock().now()).await?;
    }
    told.map_err(|error| {
        warn!(pipeline.id = %pipeline, pull_request = comment.pull_request, %error, "a pull request could not be commented on");
        Failed::Forge(error)
    })
}

/// What says that a release is to be shown anew.
pub(crate) fn message(pipeline: &PipelineId, release: ReleaseNumber, now: Time) -> Option<OutboxMessage> {
    let body = serde_json::to_string(&Body::Show { pipeline: pipeline.clone(), release }).ok()?;
    let key = format!("show:{pipeline}:{}", release.0);
    Some(OutboxMessage { key, kind: "show".to_owned(), delivery: Delivery::NewestWins, due_at: now, body })
}

pub(super) async fn show(engine: &Arc<Engine>, row: &DueMessage, pipeline: &PipelineId, release: ReleaseNumber) -> Outcome {
    outcome(engine, row, try_show(engine, row, pipeline, release).await)
}

fn outcome(engine: &Engine, row: &DueMessage, told: Result<(), Failed>) -> Outcome {
    match told {
        Ok(()) => Outcome::Done,
        Err(Failed::Forge(ForgeError::Never(reason))) => Outcome::Never(reason),
        Err(Failed::Forge(ForgeError::Later { detail, .. })) if engine.clock().now().since_ms(row.created_at) > PATIENCE_MS => {
            Outcome::Never(detail)
        }
        Err(Failed::Forge(ForgeError::Later { detail, after_ms })) => Outcome::Patiently { reason: detail, after_ms },
        Err(Failed::Engine(Error::UnknownPipeline(_))) => Outcome::Done,
        Err(Failed::Engine(error)) => Outcome::Patiently { reason: error.to_string(), after_ms: None },
    }
}

enum Failed {
    Forge(ForgeError),
    Engine(Error),
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self::Engine(error)
    }
}

impl From<store::Error> for Failed {
    fn from(error: store::Error) -> Self {
        Self::Engine(error.into())
    }
}

async fn try_show(engine: &Arc<Engine>, row: &DueMessage, pipeline: &PipelineId, release: ReleaseNumber) -> Result<(), Failed> {
    let url = engine.settings().public_url.clone();
    let approves = engine.settings().approves_at_checks;
    let report = engine.view(pipeline, |state| reports::report(state, release, &url, approves, |source| forge(engine, source).is_some()));
    let Some(mut report) = report.await? else { return Ok(()) };
    if report.state == ReportState::Failed {
        report.annotations = engine.annotations(pipeline, release).await;
    }
    let Some(forge) = forge(engine, &report.repository) else { return Ok(()) };
    let known = engine.store().forge_mark(&row.key).await?;
    let before = known.as_ref().map(|known| known.mark.clone()).unwrap_or_default();
    let digest = hex::encode(Sha256::digest(serde_json::to_vec(&report).unwrap_or_default()));
    if before.shown.as_ref() == Some(&digest) {
        return Ok(());
    }
    let is_end = matches!(report.state, ReportState::Succeeded | ReportState::Failed | ReportState::Dropped);
    let now = engine.clock().now();
    if let Some(known) = known.filter(|known| !is_end && known.mark.shown.is_some() && now.since_ms(known.shown_at) < BETWEEN_MS) {
        let after_ms = BETWEEN_MS - now.since_ms(known.shown_at);
        return Err(Failed::Forge(ForgeError::Later {
            detail: "waits, so as not to write too often".to_owned(),
            after_ms: Some(after_ms),
        }));
    }
    let mut mark = before.clone();
    let outcome = forge.publish(&report, &mut mark).await;
    // What was made is remembered whatever else failed: it must not be made twice.
    if outcome.is_ok() {
        mark.shown = Some(digest);
    }
    if mark != before {
        engine.store().put_forge_mark(&row.key, &mark, engine.clock().now()).await?;
    }
    outcome.map_err(|error| {
        warn!(pipeline.id = %pipeline, release.number = release.0, %error, "a release could not be shown at its forge");
        Failed::Forge(error)
    })
}

fn forge<'e>(engine: &'e Engine, repository: &str) -> Option<&'e Arc<dyn Forge>> {
    engine.ports().forges.iter().find(|forge| forge.knows(repository))
}
