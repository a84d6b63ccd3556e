use pipelines::plan::{NodeIx, NodeKind, Wave};
use serde::{Deserialize, Serialize};

use super::front::change_of;
use super::gate::{self, GateKind, GateView};
use super::progress::held;
use super::{Viewer, change_number};
use crate::core::Pipeline;
use crate::core::Time;
use crate::core::id::{ReleaseNumber, TargetName};
use crate::core::release::Release;
use crate::core::row::{GateState, NodeState, WaveState};
use crate::core::shape::monitor_id;

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
    /// How many commits go out that no target of the wave has: from `live` to `change`.
    pub commits: u64,
    /// What is known in its favour and against it.
    pub evidence: Evidence,
}

/// What a release has been through on its way to a gate.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Evidence {
    /// Jobs on its path that ended well, and that did not.
    pub jobs_passed: u32,
    pub jobs_failed: u32,
    /// How many of those that passed needed more than one attempt.
    pub jobs_retried: u32,
    pub bakes_passed: u32,
    /// Failed, not readable, or with too little data.
    pub bakes_not_passed: u32,
    /// How long it has been watched, all bakes together.
    pub baked_ms: u64,
    /// Alarms that the wave watches, by how they were read last.
    pub alarms_ok: u32,
    pub alarms_bad: u32,
    /// Never read yet, or not readable.
    pub alarms_unread: u32,
    /// Gates that were opened by breaking the glass (G8).
    pub overrides: u32,
}

/// Which of these viewers could answer a gate of a release now.
#[must_use]
pub fn may_act(pipeline: &Pipeline, number: ReleaseNumber, gate: &str, viewers: &[Viewer]) -> Vec<bool> {
    let Some(release) = pipeline.release(number) else { return vec![false; viewers.len()] };
    let found = release.plan.nodes.iter().zip(0..).find(|(node, _)| node.key == gate).map(|(_, ix)| NodeIx(ix));
    let can = |viewer: &Viewer| found.and_then(|ix| gate::view(release, ix, viewer)).is_some_and(|view| view.can_act);
    viewers.iter().map(can).collect()
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
                    digest: release.seen_digest(),
                    sha: revision.map(|revision| revision.commit.clone()).unwrap_or_default(),
                    title: revision.map(|revision| revision.title.clone()).unwrap_or_default(),
                    author: revision.map(|revision| revision.author.clone()).unwrap_or_default(),
                    change: change_number(release.row.order),
                    live,
                    arrived_at: row.arrived_at,
                    commits: held(change_number(release.row.order), live),
                    evidence: evidence(pipeline, release, wave),
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

fn evidence(pipeline: &Pipeline, release: &Release, wave: &Wave) -> Evidence {
    let mut evidence = Evidence { overrides: u32::try_from(release.row.overrides.len()).unwrap_or(u32::MAX), ..Evidence::default() };
    for row in release.nodes.values() {
        let Some(node) = release.plan.node(row.node) else { continue };
        match (&node.kind, row.state) {
            (NodeKind::Job(_), NodeState::Succeeded) => {
                evidence.jobs_passed += 1;
                evidence.jobs_retried += u32::from(row.attempts > 1);
            }
            (NodeKind::Job(_), NodeState::Failed) => evidence.jobs_failed += 1,
            (NodeKind::Bake(_), NodeState::Succeeded) => {
                evidence.bakes_passed += 1;
                evidence.baked_ms += row.bake.as_ref().map_or(0, |bake| bake.ends_at.since_ms(bake.started_at));
            }
            (NodeKind::Bake(_), NodeState::Failed | NodeState::Unclear) => evidence.bakes_not_passed += 1,
            _ => {}
        }
    }
    for alarm in &wave.alarms {
        let watch = pipeline.watch(&monitor_id(&alarm.monitor));
        match watch.map(|watch| (watch.bad_since.is_some(), watch.dark_since.is_some(), watch.last.is_some())) {
            Some((true, ..)) => evidence.alarms_bad += 1,
            Some((false, false, true)) => evidence.alarms_ok += 1,
            Some(_) | None => evidence.alarms_unread += 1,
        }
    }
    evidence
}
