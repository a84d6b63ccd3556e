use protocol::AttemptId;
use serde::{Deserialize, Serialize};

use super::gate::{self, GateKind};
use super::progress::newest_plan;
use super::{Viewer, front};
use crate::core::Pipeline;
use crate::core::Time;
use crate::core::id::{HoldId, ReleaseNumber, TargetName};
use crate::core::input::HoldScope;
use crate::core::row::{AttemptRow, Direction, GateState, NodeState, ReleaseState, RolloutState, WaveState};
use crate::core::shape::wave_key;

/// Something that a person should look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Attention {
    pub kind: AttentionKind,
    /// In words that read alone.
    pub text: String,
    pub since: Option<Time>,
    pub release: Option<ReleaseNumber>,
    /// `prod` or `prod/wave-1`.
    pub place: Option<String>,
    pub target: Option<TargetName>,
    /// The gate, node or hold to act upon.
    pub subject: Option<String>,
    /// The newest attempt of the job that it is about, for its log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<AttemptId>,
    /// The key of the gate to answer, and what the answer is bound to (G5).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gate: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// The hold to lift.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold: Option<HoldId>,
    /// The viewer can act on it.
    pub can_act: bool,
}

/// Most urgent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AttentionKind {
    Unknown,
    RollbackFailed,
    Failed,
    Unclear,
    Alarm,
    Flagged,
    Approval,
    Unreadable,
    Held,
}

/// What needs a person, most urgent and then oldest first.
#[must_use]
pub fn attention(pipeline: &Pipeline, viewer: &Viewer) -> Vec<Attention> {
    let mut all = Vec::new();
    targets(pipeline, &mut all);
    releases(pipeline, viewer, &mut all);
    for hold in pipeline.holds() {
        let text = format!("held by {}: {}", super::release::name_of(&hold.by), hold.reason);
        let place = match &hold.scope {
            HoldScope::Stage(name) | HoldScope::Lane(name) => Some(name.clone()),
            _ => None,
        };
        let target = if let HoldScope::Target(name) = &hold.scope { Some(TargetName(name.clone())) } else { None };
        let since = Some(hold.since);
        let subject = Some(hold.id.to_string());
        let held = Attention { since, place, target, subject, hold: Some(hold.id.clone()), ..item(AttentionKind::Held, text) };
        all.push(held);
    }
    all.sort_by(|a, b| (a.kind, a.since, &a.text).cmp(&(b.kind, b.since, &b.text)));
    all
}

fn targets(pipeline: &Pipeline, all: &mut Vec<Attention>) {
    for row in pipeline.targets() {
        let place = place_of(pipeline, &row.name);
        let mut add = |kind, text: String, since, release, attempt: Option<AttemptId>| {
            let target = Some(row.name.clone());
            all.push(Attention { since, release, target, attempt, place: place.clone(), ..item(kind, text) });
        };
        if let Some(unknown) = &row.unknown {
            let text = if unknown.needs_person { "a person must say what runs at" } else { "contact was lost with" };
            add(AttentionKind::Unknown, format!("{text} {}", row.name), Some(unknown.since), row.live, Some(unknown.attempt.clone()));
        }
        if let Some(flag) = &row.flag {
            add(AttentionKind::Flagged, format!("{}: {flag}", row.name), row.live_since, row.live, None);
        }
        if let Some(rollout) = front::newest_rollout(pipeline, &row.name)
            && rollout.state == RolloutState::Failed
            && let Direction::Back { from } = rollout.direction
        {
            add(
                AttentionKind::RollbackFailed,
                format!("the rollback of {from} at {} failed: {}", row.name, rollout.reason),
                rollout.ended_at,
                Some(from),
                newest_attempt(pipeline, rollout.release, |attempt| attempt.target.as_ref() == Some(&row.name)),
            );
        }
    }
}

fn releases(pipeline: &Pipeline, viewer: &Viewer, all: &mut Vec<Attention>) {
    let newest = pipeline.releases().map(|release| release.row.order).max();
    for release in pipeline.releases() {
        let row = &release.row;
        // An old failure that a newer release has left behind needs nobody.
        let matters = row.state == ReleaseState::Moving || (row.state == ReleaseState::Failed && Some(row.order) == newest);
        if !matters {
            continue;
        }
        for node in release.nodes.values() {
            let kind = match node.state {
                NodeState::Failed => AttentionKind::Failed,
                NodeState::Unclear => AttentionKind::Unclear,
                NodeState::Pending
                | NodeState::Ready
                | NodeState::Queued
                | NodeState::Running
                | NodeState::Unknown
                | NodeState::Baking
                | NodeState::Succeeded
                | NodeState::Skipped
                | NodeState::Cancelled => continue,
            };
            let Some(planned) = release.plan.node(node.node) else { continue };
            all.push(Attention {
                since: Some(node.since),
                release: Some(row.number),
                place: planned.wave.map(|wave| wave_key(&release.plan, wave)),
                target: planned.target.as_deref().map(TargetName::from),
                subject: Some(planned.key.clone()),
                attempt: newest_attempt(pipeline, row.number, |attempt| attempt.node == node.node),
                ..item(kind, format!("{} of {}: {}", planned.key, row.number, node.reason))
            });
        }
        let at_a_door = release.waves.values().any(|wave| wave.state == WaveState::Waiting);
        for ix in release.gates.keys().filter(|_| at_a_door) {
            let Some(view) = gate::view(release, *ix, viewer) else { continue };
            let kind = match (view.state, view.kind) {
                (GateState::Closed | GateState::Expired, GateKind::Approval) => AttentionKind::Approval,
                (GateState::Closed, GateKind::Alarms) => AttentionKind::Alarm,
                (GateState::Unreadable, _) => AttentionKind::Unreadable,
                _ => continue,
            };
            let waits = release.waves.values().find(|wave| wave.state == WaveState::Waiting);
            all.push(Attention {
                since: view.asked_at.or(view.since),
                release: Some(row.number),
                place: waits.map(|wave| wave_key(&release.plan, wave.wave)),
                gate: Some(view.key.clone()),
                digest: Some(release.seen_digest()),
                can_act: view.can_act,
                subject: Some(view.key.clone()),
                ..item(kind, format!("{} of {}: {}", view.key, row.number, view.reason))
            });
        }
    }
}

fn item(kind: AttentionKind, text: String) -> Attention {
    Attention {
        kind,
        text,
        since: None,
        release: None,
        place: None,
        target: None,
        subject: None,
        attempt: None,
        gate: None,
        digest: None,
        hold: None,
        can_act: true,
    }
}

fn newest_attempt(pipeline: &Pipeline, release: ReleaseNumber, about: impl Fn(&AttemptRow) -> bool) -> Option<AttemptId> {
    let attempts = pipeline.attempts_of(release).filter(|attempt| about(attempt));
    attempts.max_by_key(|attempt| (attempt.queued_at, attempt.number)).map(|attempt| attempt.id.clone())
}

/// The wave in which the newest plan has a target.
fn place_of(pipeline: &Pipeline, target: &TargetName) -> Option<String> {
    let plan = newest_plan(pipeline)?;
    let (ix, ..) = plan.waves().find(|(_, _, wave)| wave.rollouts.iter().any(|rollout| rollout.target == target.0))?;
    Some(wave_key(plan, ix))
}
