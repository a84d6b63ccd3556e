use pipelines::plan::Class;

use super::{Violation, report};
use crate::core::index::Deadline;
use crate::core::pipeline::Pipeline;
use crate::core::row::{AttemptKind, AttemptRow, AttemptState, TargetRow};

pub(super) fn check(pipeline: &Pipeline, row: &TargetRow, found: &mut Vec<Violation>) {
    holder(pipeline, row, found);
    unknown(pipeline, row, found);
    let known = |number| pipeline.releases.contains_key(number);
    let named = row.live.iter().chain(&row.partly).chain(row.good.iter().map(|g| &g.release));
    let lost: Vec<_> = named.filter(|n| !known(n)).collect();
    report(found, "IC9", || format!("{} names releases {lost:?}, which are not in memory", row.name), lost.is_empty());
    report(found, "limits", || format!("{} remembers more than it may", row.name), row.good.len() <= 20 && row.bad.len() <= 50);
}

/// IA1: at most one deployment has the target, and it is the one with the newest fence.
fn holder(pipeline: &Pipeline, row: &TargetRow, found: &mut Vec<Violation>) {
    let at: Vec<&AttemptRow> =
        pipeline.index.attempts_at.get(&row.name).into_iter().flatten().filter_map(|id| pipeline.attempts.get(id)).collect();
    let has = |a: &&&AttemptRow| matches!(a.state, AttemptState::Leased | AttemptState::Unknown) && a.class == Class::Target;
    let deployments: Vec<_> =
        at.iter().filter(has).filter(|a| !matches!(a.kind, AttemptKind::Inspect { .. })).map(|a| a.id.as_str()).collect();
    report(found, "IA1", || format!("{} has several deployments: {deployments:?}", row.name), deployments.len() <= 1);
    for attempt in at.iter().filter(has) {
        let is_holder = row.holder.as_ref() == Some(&attempt.id);
        let is_lost = row.unknown.as_ref().is_some_and(|u| u.attempt == attempt.id);
        report(found, "IA1", || format!("attempt {} works at {}, but is not its holder", attempt.id, row.name), is_holder || is_lost);
    }
    if let Some(holder) = &row.holder {
        let Some(attempt) = pipeline.attempts.get(holder) else {
            return report(found, "IA1", || format!("{} is held by {holder}, which is not there", row.name), false);
        };
        let works = matches!(attempt.state, AttemptState::Leased | AttemptState::Unknown) && attempt.target.as_ref() == Some(&row.name);
        report(found, "IE4", || format!("{} is held by {holder}, which does not work there", row.name), works);
        let fence = attempt.fence.map(|f| f.0);
        report(found, "IA1", || format!("{} has fence {}, its holder {fence:?}", row.name, row.fence), fence == Some(row.fence));
    }
}

/// A3, IE4, IC10: what is unknown names the lost attempt, and something will end it.
fn unknown(pipeline: &Pipeline, row: &TargetRow, found: &mut Vec<Violation>) {
    let Some(unknown) = &row.unknown else { return };
    let lost = pipeline.attempts.get(&unknown.attempt);
    let is_lost = lost.is_some_and(|a| a.state == AttemptState::Unknown && a.target.as_ref() == Some(&row.name));
    report(found, "A3", || format!("{} is unknown since {}, which is not", row.name, unknown.attempt), is_lost);
    let inspection = pipeline
        .attempts_of_target(row)
        .any(|a| matches!(&a.kind, AttemptKind::Inspect { unknown: lost } if *lost == unknown.attempt) && a.state != AttemptState::Ended);
    let due = pipeline.index.deadline_of.contains_key(&Deadline::Inspect(row.name.clone()));
    let ends = inspection || due || unknown.needs_person;
    report(found, "IE4", || format!("{} is unknown, and nothing will end it", row.name), ends);
    let waits = pipeline.lanes.values().filter_map(|lane| lane.rollback.as_ref()).any(|r| r.waiting.contains(&row.name));
    let kept = unknown.pending_failure.is_some();
    report(found, "IC10", || format!("{} is unknown; a rollback waits: {waits}, it is noted: {kept}", row.name), waits == kept);
}

impl Pipeline {
    fn attempts_of_target<'a>(&'a self, row: &'a TargetRow) -> impl Iterator<Item = &'a AttemptRow> {
        self.index.attempts_at.get(&row.name).into_iter().flatten().filter_map(|id| self.attempts.get(id))
    }
}
