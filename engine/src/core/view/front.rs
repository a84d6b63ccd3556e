use pipelines::plan::{Plan, Wave};
use serde::{Deserialize, Serialize};

use super::change_number;
use crate::core::Pipeline;
use crate::core::Time;
use crate::core::id::{ReleaseNumber, TargetName};
use crate::core::input::HoldScope;
use crate::core::row::{Direction, NodeState, RolloutRow, RolloutState, TargetRow};
use crate::core::shape::rollout_of;

/// Where one target stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TargetState {
    /// Nothing has been deployed here.
    Empty,
    Live,
    Deploying,
    Baking,
    RollingBack,
    /// Runs an earlier release since a rollback.
    RolledBack,
    Failed,
    /// Contact was lost while something had the right to touch it (A3).
    Unknown,
    /// Nothing goes forward here until a hold is lifted.
    Held,
}

/// One column of the commits view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TargetFront {
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// The change that runs there; none: nothing, or not known.
    pub live: Option<u64>,
    /// The first change whose path has this target; none: longer ago than is remembered. Only the commits view says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<u64>,
    /// The change that is on its way in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incoming: Option<u64>,
    /// The change whose rollout failed here last, while nothing newer is on its way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<u64>,
    /// The change that a rollback took off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left: Option<u64>,
    pub state: TargetState,
    /// The release that runs there.
    pub release: Option<ReleaseNumber>,
    /// Since when it is in that state.
    pub since: Option<Time>,
    /// While it bakes: when that is over at the earliest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Time>,
    /// While something is on its way in: how long that usually takes here, the median of what is remembered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usually_ms: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The change number of a release in memory.
pub(super) fn change_of(pipeline: &Pipeline, release: ReleaseNumber) -> Option<u64> {
    pipeline.release(release).map(|release| change_number(release.row.order))
}

/// The newest rollout at a target, forward or back.
pub(super) fn newest_rollout<'p>(pipeline: &'p Pipeline, target: &TargetName) -> Option<&'p RolloutRow> {
    let range = (target.clone(), 0)..=(target.clone(), u64::MAX);
    pipeline.rollouts.range(range).next_back().map(|(_, row)| row)
}

pub(super) fn view(pipeline: &Pipeline, plan: &Plan, stage: &str, wave: &Wave, target: &str) -> TargetFront {
    let name = TargetName::from(target);
    let row = pipeline.target(&name);
    let rollout = newest_rollout(pipeline, &name);
    let (account, region) = account_and_region(plan, target);
    let live = row.and_then(|row| row.live);
    let (mut state, mut since, mut reason) = state(row, rollout);
    if matches!(state, TargetState::Empty | TargetState::Live | TargetState::RolledBack)
        && let Some(hold) = pipeline.holds().find(|hold| covers(&hold.scope, stage, wave, target, account.as_deref(), region.as_deref()))
    {
        (state, since, reason) = (TargetState::Held, Some(hold.since), Some(hold.reason.clone()));
    }
    let under_way = rollout.filter(|rollout| matches!(rollout.state, RolloutState::Running | RolloutState::Unknown | RolloutState::Baking));
    let incoming = under_way.map(|rollout| rollout.release).or(row.and_then(|row| row.partly)).filter(|release| live != Some(*release));
    let left = rollout.and_then(|rollout| match rollout.direction {
        Direction::Back { from } => Some(from),
        Direction::Forward => None,
    });
    let failed = rollout.filter(|rollout| rollout.state == RolloutState::Failed).map(|rollout| match rollout.direction {
        Direction::Forward => rollout.release,
        Direction::Back { from } => from,
    });
    TargetFront {
        name: target.to_owned(),
        account,
        region,
        live: live.and_then(|release| change_of(pipeline, release)),
        first: None,
        incoming: incoming.and_then(|release| change_of(pipeline, release)),
        failed: failed.and_then(|release| change_of(pipeline, release)),
        left: left.and_then(|release| change_of(pipeline, release)),
        state,
        release: live,
        since,
        until: if state == TargetState::Baking { bake_ends_at(pipeline, &name, rollout) } else { None },
        usually_ms: match state {
            TargetState::Deploying => usual_ms(pipeline, &name, |direction| *direction == Direction::Forward),
            TargetState::RollingBack => usual_ms(pipeline, &name, |direction| matches!(direction, Direction::Back { .. })),
            _ => None,
        },
        reason: reason.or_else(|| row.and_then(|row| row.flag.clone())).filter(|text| !text.is_empty()),
    }
}

/// When the bake that goes on at a target is over at the earliest.
fn bake_ends_at(pipeline: &Pipeline, target: &TargetName, rollout: Option<&RolloutRow>) -> Option<Time> {
    let release = pipeline.release(rollout?.release)?;
    let (_, _, planned) = rollout_of(&release.plan, &release.shape, target)?;
    let baking = planned.nodes.iter().filter_map(|ix| release.nodes.get(ix)).find(|row| row.state == NodeState::Baking)?;
    Some(baking.bake.as_ref()?.ends_at)
}

/// The median time from the start of a rollout until the target ran it, of those in memory.
pub(super) fn usual_ms(pipeline: &Pipeline, target: &TargetName, counts: impl Fn(&Direction) -> bool) -> Option<u64> {
    const REMEMBERED: usize = 20;
    let range = (target.clone(), 0)..=(target.clone(), u64::MAX);
    let took = |row: &RolloutRow| Some(row.deployed_at?.since_ms(row.started_at));
    let rows = pipeline.rollouts.range(range).rev().map(|(_, row)| row).filter(|row| counts(&row.direction));
    let mut all: Vec<u64> = rows.filter_map(took).take(REMEMBERED).collect();
    all.sort_unstable();
    all.get(all.len() / 2).copied()
}

/// `account/region[/unit]` when the first part is an account of the plan; a plain name has neither.
pub(super) fn account_and_region(plan: &Plan, target: &str) -> (Option<String>, Option<String>) {
    let mut parts = target.split('/');
    match (parts.next(), parts.next()) {
        (Some(account), Some(region)) if plan.accounts.contains_key(account) => (Some(account.to_owned()), Some(region.to_owned())),
        _ => (None, None),
    }
}

/// Whether a hold of this scope stops forward admission at the target (L7).
pub(super) fn covers(scope: &HoldScope, stage: &str, wave: &Wave, target: &str, account: Option<&str>, region: Option<&str>) -> bool {
    match scope {
        HoldScope::Everywhere | HoldScope::Pipeline => true,
        HoldScope::Stage(name) => name == stage,
        HoldScope::Lane(key) => *key == wave.lane.key,
        HoldScope::Target(name) => name == target,
        HoldScope::Account(name) => account == Some(name),
        HoldScope::Region(name) => region == Some(name),
    }
}

fn state(row: Option<&TargetRow>, rollout: Option<&RolloutRow>) -> (TargetState, Option<Time>, Option<String>) {
    if let Some(unknown) = row.and_then(|row| row.unknown.as_ref()) {
        let who = if unknown.needs_person { "a person must say what runs here" } else { "it is being found out what runs here" };
        return (TargetState::Unknown, Some(unknown.since), Some(format!("contact was lost; {who}")));
    }
    let settled = match row.and_then(|row| row.live) {
        Some(_) => (TargetState::Live, row.and_then(|row| row.live_since), None),
        None => (TargetState::Empty, None, None),
    };
    let Some(rollout) = rollout else { return settled };
    let reason = Some(rollout.reason.clone());
    match (rollout.state, &rollout.direction) {
        (RolloutState::Running, Direction::Forward) => (TargetState::Deploying, Some(rollout.started_at), reason),
        (RolloutState::Running, Direction::Back { .. }) => (TargetState::RollingBack, Some(rollout.started_at), reason),
        (RolloutState::Baking, _) => (TargetState::Baking, rollout.deployed_at, reason),
        (RolloutState::Unknown, _) => (TargetState::Unknown, Some(rollout.started_at), reason),
        (RolloutState::Failed, _) => (TargetState::Failed, rollout.ended_at, reason),
        (RolloutState::Succeeded, Direction::Back { .. }) => (TargetState::RolledBack, rollout.ended_at, reason),
        (RolloutState::Succeeded | RolloutState::Cancelled | RolloutState::RolledBack, _) => settled,
    }
}
