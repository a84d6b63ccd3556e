use serde::{Deserialize, Serialize};

use super::front::change_of;
use super::gate::{self, GateKind, GateView};
use super::{Viewer, change_number};
use crate::core::Pipeline;
use crate::core::Time;
use crate::core::id::{ReleaseNumber, TargetName};
use crate::core::row::{GateState, WaveState};

/// A gate that waits for people, with what they need to decide.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ApprovalView {
    pub pipeline: String,
    pub stage: String,
    pub wave: String,
    pub production: bool,
    pub release: ReleaseNumber,
    /// What the approval will be bound to (G5).
    pub digest: String,
    pub sha: String,
    pub title: String,
    pub author: String,
    pub change: u64,
    /// The oldest change that a target of the wave runs: the difference is what goes out.
    pub live: Option<u64>,
    pub arrived_at: Time,
    pub gate: GateView,
    /// A newer release that waits at the same gate, so that one may approve the newest instead.
    pub newer: Option<ReleaseNumber>,
}

/// Every approval that is asked for now, oldest release first. A gate of a whole stage is asked once,
/// so it shows once, at the first wave that waits (G5).
#[must_use]
pub fn approvals(pipeline: &Pipeline, viewer: &Viewer) -> Vec<ApprovalView> {
    let mut all: Vec<ApprovalView> = Vec::new();
    for release in pipeline.releases() {
        for row in release.waves.values().filter(|row| row.state == WaveState::Waiting) {
            let (Some(stage), Some(wave)) = (release.plan.stage(row.wave.stage), release.plan.wave(row.wave)) else { continue };
            let revision = release.row.revisions.first();
            let live = wave.rollouts.iter().map(|rollout| {
                let live = pipeline.target(&TargetName::from(rollout.target.as_str()))?.live?;
                change_of(pipeline, live)
            });
            let live = live.min().flatten();
            for gate in wave.gates.iter().filter_map(|ix| gate::view(release, *ix, viewer)) {
                let asked = gate.kind == GateKind::Approval && matches!(gate.state, GateState::Closed | GateState::Expired);
                if !asked || all.iter().any(|other| other.release == release.row.number && other.gate.key == gate.key) {
                    continue;
                }
                all.push(ApprovalView {
                    pipeline: pipeline.row().name.clone(),
                    stage: stage.name.clone(),
                    wave: wave.name.clone(),
                    production: stage.production,
                    release: release.row.number,
                    digest: release.row.digest.clone(),
                    sha: revision.map(|revision| revision.commit.clone()).unwrap_or_default(),
                    title: revision.map(|revision| revision.title.clone()).unwrap_or_default(),
                    author: revision.map(|revision| revision.author.clone()).unwrap_or_default(),
                    change: change_number(release.row.order),
                    live,
                    arrived_at: row.arrived_at,
                    gate,
                    newer: None,
                });
            }
        }
    }
    let asked: Vec<(String, u64, ReleaseNumber)> = all.iter().map(|one| (one.gate.key.clone(), one.change, one.release)).collect();
    for one in &mut all {
        let newer =
            asked.iter().filter(|(key, change, _)| *key == one.gate.key && *change > one.change).max_by_key(|(_, change, _)| *change);
        one.newer = newer.map(|(_, _, release)| *release);
    }
    all
}
