use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::change_number;
use super::front::usual_ms;
use crate::core::Pipeline;
use crate::core::Rejected;
use crate::core::Time;
use crate::core::id::{ReleaseNumber, SourceOrder, TargetName};
use crate::core::input::Place;
use crate::core::row::Direction;

/// What a rollback of a place would do now, decided by the rules that the rollback itself follows (X2, X4, X10).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RollbackPlan {
    /// Why it would be refused; then no target has a destination.
    pub refused: Option<String>,
    /// Every target of the place, in order of names.
    pub targets: Vec<RollbackTarget>,
    /// Releases that were good at one of these targets and may be chosen, newest first.
    pub choices: Vec<RollbackChoice>,
    /// Releases that would be quarantined (X6).
    pub quarantines: Vec<ReleaseNumber>,
    /// The lanes are held afterwards, because a person chose the destination (X10).
    pub holds: bool,
    /// How long the slowest of these targets usually takes to go back, from its own history or else from its deployments.
    pub usually_ms: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RollbackTarget {
    pub name: TargetName,
    /// What runs there, wholly or in part.
    pub from: Option<ReleaseNumber>,
    /// Where it goes back to; none: it stays as it is.
    pub to: Option<ReleaseNumber>,
    pub stays_because: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RollbackChoice {
    pub release: ReleaseNumber,
    pub change: u64,
    pub sha: String,
    pub title: String,
    /// When it last passed its bake at one of the targets.
    pub good_at: Time,
    /// At how many of the targets that would go back it may be chosen.
    pub targets: u32,
    /// It can be chosen for every one of them.
    pub fits_all: bool,
}

/// The plan, and the span of the source's order that leaves: after the first, up to the second.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedRollback {
    pub plan: RollbackPlan,
    pub span: Option<(SourceOrder, SourceOrder)>,
}

/// What taking `place` back would do.
///
/// # Errors
/// [`Rejected::UnknownPlace`].
pub fn rollback(pipeline: &Pipeline, place: &Place, to: Option<ReleaseNumber>) -> Result<PlannedRollback, Rejected> {
    let targets = pipeline.targets_at(place)?;
    let orders = match to {
        None => pipeline.newest_goes(&targets),
        Some(to) => pipeline.all_go_to(&targets, to),
    };
    let (orders, refused) = match orders {
        Ok(orders) => (orders, None),
        Err(rejected) => (BTreeMap::new(), Some(rejected.to_string())),
    };
    let of = |target: &TargetName| orders.iter().find(|(_, targets)| targets.contains(target)).map(|(of, _)| *of);
    let planned: Vec<RollbackTarget> = targets
        .iter()
        .map(|name| {
            let from = pipeline.running_at(name);
            let goes = of(name).and_then(|of| pipeline.destination(name, of, to));
            let stays_because = if goes.is_some() { None } else { Some(stays(from, of(name), to)) };
            RollbackTarget { name: name.clone(), from, to: goes, stays_because }
        })
        .collect();
    let order_of = |number: &ReleaseNumber| pipeline.release(*number).map(|release| release.row.order);
    let going = planned.iter().filter(|target| target.to.is_some());
    let lowest = going.clone().filter_map(|target| order_of(target.to.as_ref()?)).min();
    let highest = going.clone().filter_map(|target| order_of(target.from.as_ref()?)).max();
    let usually_ms = going.filter_map(|target| takes_ms(pipeline, &target.name)).max();
    let choices = choices(pipeline, &planned);
    let plan =
        RollbackPlan { refused, quarantines: orders.keys().copied().collect(), holds: to.is_some(), targets: planned, choices, usually_ms };
    Ok(PlannedRollback { plan, span: lowest.zip(highest) })
}

fn stays(from: Option<ReleaseNumber>, of: Option<ReleaseNumber>, to: Option<ReleaseNumber>) -> String {
    match (from, of, to) {
        (None, ..) => "nothing runs here".to_owned(),
        (Some(from), _, Some(to)) if from == to => format!("runs {to} already"),
        (Some(_), Some(of), _) => format!("there is no good release before {of} here (X8)"),
        (Some(from), None, _) => format!("runs {from}, which does not go back"),
    }
}

/// Everything that was good where something would go back.
fn choices(pipeline: &Pipeline, planned: &[RollbackTarget]) -> Vec<RollbackChoice> {
    let running: Vec<(&TargetName, ReleaseNumber)> = planned.iter().filter_map(|target| Some((&target.name, target.from?))).collect();
    let mut found: BTreeMap<(SourceOrder, ReleaseNumber), (Time, u32)> = BTreeMap::new();
    for (name, from) in &running {
        let Some(row) = pipeline.target(name) else { continue };
        for good in row.good.iter().filter(|good| pipeline.destination(name, *from, Some(good.release)).is_some()) {
            let (at, count) = found.entry((good.order, good.release)).or_insert((good.at, 0));
            *at = (*at).max(good.at);
            *count += 1;
        }
    }
    let all = u32::try_from(running.len()).unwrap_or(u32::MAX);
    let choice = |((order, release), (good_at, targets)): ((SourceOrder, ReleaseNumber), (Time, u32))| {
        let revision = pipeline.release(release).and_then(|release| release.row.revisions.first());
        RollbackChoice {
            release,
            change: change_number(order),
            sha: revision.map(|revision| revision.commit.clone()).unwrap_or_default(),
            title: revision.map(|revision| revision.title.clone()).unwrap_or_default(),
            good_at,
            targets,
            fits_all: targets == all,
        }
    };
    found.into_iter().rev().map(choice).collect()
}

fn takes_ms(pipeline: &Pipeline, target: &TargetName) -> Option<u64> {
    usual_ms(pipeline, target, |direction| matches!(direction, Direction::Back { .. }))
        .or_else(|| usual_ms(pipeline, target, |direction| *direction == Direction::Forward))
}
