use std::collections::{BTreeMap, BTreeSet};

use pipelines::plan::{LanePolicy, NodeKind, Plan, Stage, Wave, WaveIx};
use serde::{Deserialize, Serialize};

use super::front::{self, TargetFront};
use super::gate::{self, GateView};
use super::progress::{Change, change_of_release, held, newest_plan, newest_waiting, through_and_inside};
use super::{Attention, Viewer, Waiting, attention, change_number};
use crate::core::Pipeline;
use crate::core::Time;
use crate::core::id::{HoldId, LaneKey, ReleaseNumber};
use crate::core::input::HoldScope;
use crate::core::release::Release;
use crate::core::row::{HoldRow, NodeState, RollbackInLane, WaveState};

/// The whole path with what moves on it, what waits and why, and what needs a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Board {
    pub pipeline: String,
    pub seq: u64,
    pub now: Time,
    /// The newest release.
    pub head: Option<ReleaseNumber>,
    pub stages: Vec<BoardStage>,
    /// The changes that are named anywhere in here and at the head, newest first.
    pub changes: Vec<Change>,
    /// Holds in force.
    pub holds: Vec<Held>,
    /// Most urgent first.
    pub attention: Vec<Attention>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct BoardStage {
    pub name: String,
    pub production: bool,
    pub waves: Vec<BoardWave>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct BoardWave {
    pub name: String,
    pub lane: LaneView,
    pub targets: Vec<TargetFront>,
    /// For a wave that deploys nowhere: the newest change that came through, and the one inside.
    pub through: Option<u64>,
    pub inside: Option<u64>,
    /// Jobs of the newest release inside, or of the newest that was.
    pub jobs: Option<JobCounts>,
    /// The gates in front, as they stand for the newest release that waits; idle when none does.
    pub gates: Vec<GateView>,
    /// Who waits in front, newest first.
    pub waiting: Vec<Waiting>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LaneView {
    pub key: String,
    /// `supersede`, `queue` or `parallel`.
    pub policy: String,
    pub inside: Vec<ReleaseNumber>,
    /// The release that a rollback takes off, while one has the lane (L6).
    pub rollback_of: Option<ReleaseNumber>,
}

/// How far the jobs of one release in one wave are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct JobCounts {
    pub release: ReleaseNumber,
    pub total: u32,
    pub done: u32,
    pub running: u32,
    pub failed: u32,
}

/// A hold in force (L7).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Held {
    pub id: HoldId,
    pub scope: HoldScope,
    /// For people: a name, or `the engine`.
    pub by: String,
    pub since: Time,
    pub reason: String,
}

impl From<&HoldRow> for Held {
    fn from(row: &HoldRow) -> Self {
        Self {
            id: row.id.clone(),
            scope: row.scope.clone(),
            by: super::release::name_of(&row.by),
            since: row.since,
            reason: row.reason.clone(),
        }
    }
}

/// Computes the board.
#[must_use]
pub fn board(pipeline: &Pipeline, viewer: &Viewer, seq: u64, now: Time) -> Board {
    let plan = newest_plan(pipeline);
    let stages = plan.map(|plan| stages(pipeline, plan, viewer)).unwrap_or_default();
    let head = pipeline.releases().max_by_key(|release| (release.row.order, release.row.number)).map(|release| release.row.number);
    let changes = named(pipeline, &stages, head);
    Board {
        changes,
        pipeline: pipeline.row().name.clone(),
        seq,
        now,
        head,
        stages,
        holds: pipeline.holds().map(Held::from).collect(),
        attention: attention(pipeline, viewer),
    }
}

/// The changes that the stages name by number.
fn named(pipeline: &Pipeline, stages: &[BoardStage], head: Option<ReleaseNumber>) -> Vec<Change> {
    let mut numbers: BTreeSet<u64> = BTreeSet::new();
    let mut releases: BTreeSet<ReleaseNumber> = head.into_iter().collect();
    for wave in stages.iter().flat_map(|stage| &stage.waves) {
        numbers.extend(wave.through.iter().chain(&wave.inside));
        numbers.extend(wave.waiting.iter().map(|waiting| waiting.change));
        numbers.extend(wave.targets.iter().flat_map(|target| [target.live, target.incoming, target.left]).flatten());
        releases.extend(wave.lane.inside.iter().copied().chain(wave.lane.rollback_of).chain(wave.jobs.map(|jobs| jobs.release)));
    }
    let rows = pipeline.releases().map(|release| &release.row);
    let rows = rows.filter(|row| releases.contains(&row.number) || numbers.contains(&change_number(row.order)));
    // The newest release of a commit that was released again.
    let by_change: BTreeMap<u64, Change> = rows.filter_map(change_of_release).map(|change| (change.n, change)).collect();
    by_change.into_values().rev().collect()
}

fn stages(pipeline: &Pipeline, plan: &Plan, viewer: &Viewer) -> Vec<BoardStage> {
    let mut stages: Vec<BoardStage> = plan
        .stages_on_path()
        .map(|(_, stage)| BoardStage { name: stage.name.clone(), production: stage.production, waves: Vec::new() })
        .collect();
    for (ix, stage, wave) in plan.waves() {
        if let Some(out) = stages.iter_mut().find(|known| known.name == stage.name) {
            out.waves.push(self::wave(pipeline, plan, ix, stage, wave, viewer));
        }
    }
    stages
}

fn wave(pipeline: &Pipeline, plan: &Plan, ix: WaveIx, stage: &Stage, wave: &Wave, viewer: &Viewer) -> BoardWave {
    let targets: Vec<TargetFront> =
        wave.rollouts.iter().map(|rollout| front::view(pipeline, plan, &stage.name, wave, &rollout.target)).collect();
    let (through, inside) = if targets.is_empty() { through_and_inside(pipeline, &stage.name, &wave.name) } else { (None, None) };
    let oldest_live = if targets.is_empty() { through } else { targets.iter().map(|target| target.live).min().flatten() };
    let key = LaneKey::from(wave.lane.key.as_str());
    let lane = pipeline.lane(&key);
    let gates = match newest_waiting(pipeline, plan, ix) {
        Some((release, _)) => gates_of(release, &wave.lane.key, &wave.name, viewer),
        None => wave.gates.iter().filter_map(|ix| gate::of(plan.node(*ix)?, None, &[], &Viewer::default())).collect(),
    };
    BoardWave {
        name: wave.name.clone(),
        lane: LaneView {
            key: wave.lane.key.clone(),
            policy: policy(wave.lane.policy).to_owned(),
            inside: lane.map(|lane| lane.inside.clone()).unwrap_or_default(),
            rollback_of: lane.and_then(|lane| lane.rollback.as_ref()).map(|rollback: &RollbackInLane| rollback.of),
        },
        targets,
        through,
        inside,
        jobs: jobs(pipeline, &stage.name, &wave.name),
        gates,
        waiting: waiting(pipeline, &key, &wave.name, oldest_live),
    }
}

/// The gates of the wave of that name, as they stand for `release` in its own plan (P3).
fn gates_of(release: &Release, lane: &str, name: &str, viewer: &Viewer) -> Vec<GateView> {
    let wave = release.plan.waves().find(|(_, _, wave)| wave.lane.key == lane && wave.name == name);
    wave.into_iter().flat_map(|(.., wave)| &wave.gates).filter_map(|ix| gate::view(release, *ix, viewer)).collect()
}

/// Everybody in front of one wave, newest first.
pub(super) fn waiting(pipeline: &Pipeline, lane: &LaneKey, wave: &str, live: Option<u64>) -> Vec<Waiting> {
    let mut all = Vec::new();
    for (order, number, at) in pipeline.waiting_at(lane).rev() {
        let Some(release) = pipeline.release(number) else { continue };
        let Some(row) = release.waves.get(&at).filter(|row| row.state == WaveState::Waiting) else { continue };
        if release.plan.wave(at).is_none_or(|theirs| theirs.name != wave) {
            continue;
        }
        let revision = release.row.revisions.first();
        all.push(Waiting {
            release: number,
            change: change_number(order),
            sha: revision.map(|revision| revision.commit.clone()).unwrap_or_default(),
            title: revision.map(|revision| revision.title.clone()).unwrap_or_default(),
            digest: release.seen_digest(),
            arrived_at: row.arrived_at,
            waits_for: row.waits_for.clone(),
            held: held(change_number(order), live),
        });
    }
    all
}

fn jobs(pipeline: &Pipeline, stage: &str, wave: &str) -> Option<JobCounts> {
    let (release, ix) = pipeline
        .releases()
        .filter_map(|release| {
            let (ix, ..) = release.plan.waves().find(|(_, s, w)| s.name == stage && w.name == wave)?;
            release.waves.get(&ix).filter(|row| row.entered_at.is_some())?;
            Some((release, ix))
        })
        .max_by_key(|(release, _)| (release.row.order, release.row.number))?;
    let mut counts = JobCounts { release: release.row.number, total: 0, done: 0, running: 0, failed: 0 };
    let aside = aside(&release.plan, ix);
    for (node, at) in release.plan.nodes.iter().zip(0..) {
        let at = pipelines::plan::NodeIx(at);
        if node.wave != Some(ix) || !matches!(node.kind, NodeKind::Job(_)) || aside.contains(&at) {
            continue;
        }
        counts.total += 1;
        match release.node_state(at) {
            Some(NodeState::Succeeded | NodeState::Skipped) => counts.done += 1,
            Some(NodeState::Queued | NodeState::Running | NodeState::Unknown | NodeState::Baking) => counts.running += 1,
            Some(NodeState::Failed | NodeState::Unclear | NodeState::Cancelled) => counts.failed += 1,
            Some(NodeState::Pending | NodeState::Ready) | None => {}
        }
    }
    Some(counts)
}

/// Jobs outside the DAG: they run only when something went wrong, or at the very end.
fn aside(plan: &Plan, ix: WaveIx) -> std::collections::BTreeSet<pipelines::plan::NodeIx> {
    let Some(wave) = plan.wave(ix) else { return std::collections::BTreeSet::new() };
    let rollouts = wave
        .rollouts
        .iter()
        .flat_map(|rollout| rollout.on_failure.iter().chain(&rollout.finally).chain([&rollout.rollback, &rollout.inspect]));
    wave.on_failure.iter().chain(&wave.finally).chain(rollouts).copied().collect()
}

fn policy(policy: LanePolicy) -> &'static str {
    match policy {
        LanePolicy::Supersede => "supersede",
        LanePolicy::Queue => "queue",
        LanePolicy::Parallel => "parallel",
    }
}
