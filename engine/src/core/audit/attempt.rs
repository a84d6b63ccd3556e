use pipelines::plan::{Class, Purpose};

use super::{Violation, report};
use crate::core::index::Deadline;
use crate::core::pipeline::Pipeline;
use crate::core::row::{AttemptKind, AttemptRow, AttemptState, NodeState, ReleaseState};

pub(super) fn check(pipeline: &Pipeline, row: &AttemptRow, found: &mut Vec<Violation>) {
    let id = &row.id;
    let at_target = row.class == Class::Target && row.target.is_some();
    let whole = match row.state {
        AttemptState::Queued => row.token.is_none() && row.fence.is_none() && row.runner.is_none() && row.ended_at.is_none(),
        AttemptState::Leased => {
            row.token.is_some() && row.runner.is_some() && row.lease_until.is_some() && at_target == row.fence.is_some()
        }
        AttemptState::Unknown => row.token.is_some() && row.fence.is_some() && at_target && row.ended_at.is_none(),
        AttemptState::Ended => row.ended_at.is_some(),
    };
    report(found, "A1", || format!("attempt {id} is {:?} with the marks of another state: {row:?}", row.state), whole);
    if row.state == AttemptState::Ended {
        return;
    }
    let same = pipeline.attempts_of(row.release).filter(|a| a.node == row.node && a.state != AttemptState::Ended).count();
    report(found, "IA5", || format!("node {} of {} has {same} attempts that have not ended", row.node.0, row.release), same == 1);
    if row.state == AttemptState::Leased {
        let due = pipeline.index.deadline_of.contains_key(&Deadline::Lease(id.clone()));
        report(found, "IE4", || format!("the lease of {id} has no end"), due);
    }
    let expected = match (row.state, &row.kind) {
        (AttemptState::Queued, _) | (AttemptState::Leased, AttemptKind::Inspect { .. }) => NodeState::Queued,
        (AttemptState::Leased, _) => NodeState::Running,
        (AttemptState::Unknown | AttemptState::Ended, _) => NodeState::Unknown,
    };
    let node = pipeline.node(row.release, row.node).map(|n| n.state);
    report(found, "A1", || format!("attempt {id} is {:?}, its node is {node:?}", row.state), node == Some(expected));
    purpose(pipeline, row, found);
    cancelled(pipeline, row, found);
}

/// X3, A3: what goes back and what looks is no forward job, and no forward job is either.
fn purpose(pipeline: &Pipeline, row: &AttemptRow, found: &mut Vec<Violation>) {
    let Some(job) = pipeline.job(row.release, row.node) else {
        return report(found, "X3", || format!("attempt {} has no job", row.id), false);
    };
    let fits = match row.kind {
        AttemptKind::Forward => !matches!(job.purpose, Purpose::Rollback | Purpose::Inspect),
        AttemptKind::Rollback { .. } => job.purpose == Purpose::Rollback,
        AttemptKind::Inspect { .. } => job.purpose == Purpose::Inspect,
    };
    report(found, "X3", || format!("attempt {} is {:?}, its job is there to {:?}", row.id, row.kind, job.purpose), fits);
}

/// IE5: after a cancel nothing forward of the release waits for a runner, and what runs was told to stop.
fn cancelled(pipeline: &Pipeline, row: &AttemptRow, found: &mut Vec<Violation>) {
    let Some(release) = pipeline.releases.get(&row.release) else {
        return report(found, "ID7", || format!("attempt {} has no release", row.id), false);
    };
    let forward = row.kind == AttemptKind::Forward && !release.shape.detached.contains(&row.node);
    if release.row.state == ReleaseState::Cancelled && forward {
        let stops = row.state != AttemptState::Queued && row.stop.is_some();
        report(found, "IE5", || format!("attempt {} goes on, but {} was cancelled", row.id, row.release), stops);
    }
}
