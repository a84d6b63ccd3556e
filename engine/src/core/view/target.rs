use std::collections::BTreeMap;

use protocol::AttemptId;
use serde::{Deserialize, Serialize};

use super::front::{self, TargetFront};
use super::progress::newest_plan;
use crate::core::Pipeline;
use crate::core::Time;
use crate::core::id::{ReleaseNumber, TargetName};
use crate::core::row::{Direction, GlassAsked, RolloutRow, RolloutState, Unknown};

/// How many rollouts of its history a target shows at the most; as many as are in memory in any case.
const HISTORY: usize = 5;

/// One target: what it runs, since when, how it got there, and what sets it apart from its neighbours (S2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TargetView {
    #[serde(flatten)]
    pub front: TargetFront,
    pub stage: String,
    pub wave: String,
    /// The full commit that runs there.
    pub sha: Option<String>,
    pub title: Option<String>,
    pub live_since: Option<Time>,
    /// A release that reached it in part.
    pub partly: Option<ReleaseNumber>,
    /// The attempt that has the right to touch it.
    pub holder: Option<AttemptId>,
    pub fence: u64,
    pub unknown: Option<Unknown>,
    /// The first of two people who break the glass has asked, and until when the second may (IA4).
    pub glass: Option<GlassAsked>,
    pub flag: Option<String>,
    /// Releases that it can go back to, newest first (X2).
    pub good: Vec<ReleaseNumber>,
    pub bad: Vec<ReleaseNumber>,
    /// What most of its wave runs, when that is another release.
    pub neighbours_run: Option<ReleaseNumber>,
    /// Newest first.
    pub history: Vec<RolloutView>,
}

/// One deployment at a target, forward or back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RolloutView {
    pub number: u64,
    pub release: ReleaseNumber,
    pub direction: Direction,
    pub state: RolloutState,
    pub started_at: Time,
    pub deployed_at: Option<Time>,
    pub ended_at: Option<Time>,
    pub reason: String,
}

impl From<&RolloutRow> for RolloutView {
    fn from(row: &RolloutRow) -> Self {
        Self {
            number: row.number,
            release: row.release,
            direction: row.direction.clone(),
            state: row.state,
            started_at: row.started_at,
            deployed_at: row.deployed_at,
            ended_at: row.ended_at,
            reason: row.reason.clone(),
        }
    }
}

/// Every target of the path, in its order; only `name` when given.
#[must_use]
pub fn targets(pipeline: &Pipeline, name: Option<&str>) -> Vec<TargetView> {
    let Some(plan) = newest_plan(pipeline) else { return Vec::new() };
    let mut views = Vec::new();
    for (_, stage, wave) in plan.waves() {
        let majority = majority(pipeline, wave.rollouts.iter().map(|rollout| rollout.target.as_str()));
        for rollout in wave.rollouts.iter().filter(|rollout| name.is_none_or(|name| name == rollout.target)) {
            let target = TargetName::from(rollout.target.as_str());
            let row = pipeline.target(&target);
            let live = row.and_then(|row| row.live);
            let revision = live.and_then(|live| pipeline.release(live)).and_then(|release| release.row.revisions.first());
            let range = (target.clone(), 0)..=(target.clone(), u64::MAX);
            views.push(TargetView {
                front: front::view(pipeline, plan, &stage.name, wave, &rollout.target),
                stage: stage.name.clone(),
                wave: wave.name.clone(),
                sha: revision.map(|revision| revision.commit.clone()),
                title: revision.map(|revision| revision.title.clone()),
                live_since: row.and_then(|row| row.live_since),
                partly: row.and_then(|row| row.partly),
                holder: row.and_then(|row| row.holder.clone()),
                fence: row.map_or(0, |row| row.fence),
                unknown: row.and_then(|row| row.unknown.clone()),
                glass: row.and_then(|row| row.glass.clone()),
                flag: row.and_then(|row| row.flag.clone()),
                good: row.map(|row| row.good.iter().rev().map(|good| good.release).collect()).unwrap_or_default(),
                bad: row.map(|row| row.bad.clone()).unwrap_or_default(),
                neighbours_run: majority.filter(|most| live != Some(*most)),
                history: pipeline.rollouts.range(range).rev().take(HISTORY).map(|(_, row)| RolloutView::from(row)).collect(),
            });
        }
    }
    views
}

/// What most of these targets run; the newer one when it is a draw.
fn majority<'t>(pipeline: &Pipeline, names: impl Iterator<Item = &'t str>) -> Option<ReleaseNumber> {
    let mut counts: BTreeMap<ReleaseNumber, u32> = BTreeMap::new();
    for live in names.filter_map(|name| pipeline.target(&TargetName::from(name))?.live) {
        *counts.entry(live).or_default() += 1;
    }
    counts.into_iter().max_by_key(|(release, count)| (*count, *release)).map(|(release, _)| release)
}
