use serde::{Deserialize, Serialize};

use super::gate::{self, GateKind};
use super::{Viewer, front};
use crate::core::Pipeline;
use crate::core::Time;
use crate::core::id::{ReleaseNumber, TargetName};
use crate::core::row::{Direction, GateState, NodeState, ReleaseState, RolloutState, WaveState};

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
        all.push(Attention {
            kind: AttentionKind::Held,
            text: format!("held by {}: {}", super::release::name_of(&hold.by), hold.reason),
            since: Some(hold.since),
            release: None,
            place: None,
            target: None,
            subject: Some(hold.id.to_string()),
            can_act: true,
        });
    }
    all.sort_by(|a, b| (a.kind, a.since, &a.text).cmp(&(b.kind, b.since, &b.text)));
    all
}

fn targets(pipeline: &Pipeline, all: &mut Vec<Attention>) {
    for row in pipeline.targets() {
        let mut add = |kind, text: String, since, release| {
            all.push(Attention { kind, text, since, release, place: None, target: Some(row.name.clone()), subject: None, can_act: true });
        };
        if let Some(unknown) = &row.unknown {
            let text = if unknown.needs_person { "a person must say what runs at" } else { "contact was lost with" };
            add(AttentionKind::Unknown, format!("{text} {}", row.name), Some(unknown.since), row.live);
        }
        if let Some(flag) = &row.flag {
            add(AttentionKind::Flagged, format!("{}: {flag}", row.name), row.live_since, row.live);
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
                kind,
                text: format!("{} of {}: {}", planned.key, row.number, node.reason),
                since: Some(node.since),
                release: Some(row.number),
                place: None,
                target: planned.target.as_deref().map(TargetName::from),
                subject: Some(planned.key.clone()),
                can_act: true,
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
            all.push(Attention {
                kind,
                text: format!("{} of {}: {}", view.key, row.number, view.reason),
                since: view.asked_at.or(view.since),
                release: Some(row.number),
                place: None,
                target: None,
                subject: Some(view.key),
                can_act: view.can_act,
            });
        }
    }
}
