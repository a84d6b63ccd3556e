use pipelines::plan::LanePolicy;

use super::{Violation, report};
use crate::core::id::{LaneKey, ReleaseNumber};
use crate::core::pipeline::Pipeline;
use crate::core::release::Release;
use crate::core::row::{AttemptKind, AttemptState, LaneRow, ReleaseState, RollbackInLane, WaveState};
use crate::core::shape::wave_of;

pub(super) fn check(pipeline: &Pipeline, row: &LaneRow, found: &mut Vec<Violation>) {
    // The newest plan says how the lane works (L1).
    let newest = row.inside.iter().max_by_key(|n| pipeline.releases.get(n).map(|r| (r.row.order, **n)));
    let one_at_a_time = newest.is_some_and(|n| policy(pipeline, &row.key, *n) != Some(LanePolicy::Parallel));
    report(found, "IB6", || format!("releases {:?} are in lane {}", row.inside, row.key), row.inside.len() <= 1 || !one_at_a_time);
    for number in &row.inside {
        let Some(release) = pipeline.releases.get(number) else {
            report(found, "IE4", || format!("release {number} is in lane {} and not in memory", row.key), false);
            continue;
        };
        let order = Some((release.row.order, *number));
        report(found, "L5", || format!("release {number} is in {}, and is not counted as entered", row.key), order <= row.newest_entered);
        report(found, "IE4", || format!("release {number} has left {} and still blocks it", row.key), stays(release, &row.key, pipeline));
    }
    if let Some(rollback) = &row.rollback {
        going_back(pipeline, row, rollback, found);
    }
}

/// L3: where only the newest goes on, nobody who is older and not approved stands beside a newer one.
pub(super) fn check_door(pipeline: &Pipeline, key: &LaneKey, found: &mut Vec<Violation>) {
    let waiting: Vec<_> = pipeline.waiting_at(key).filter(|(_, n, _)| !pipeline.is_inside(key, *n)).collect();
    let Some((_, newest, _)) = waiting.last() else { return };
    if policy(pipeline, key, *newest) != Some(LanePolicy::Supersede) {
        return;
    }
    for (_, number, wave) in waiting.iter().rev().skip(1) {
        let gates = pipeline.releases.get(number).and_then(|r| r.plan.wave(*wave)).map(|w| w.gates.clone()).unwrap_or_default();
        let approved = pipeline.is_approved(*number, &gates);
        // X11: what the newer one needs goes before it.
        let needs = |newer: &Release| {
            pipeline.releases.get(number).is_some_and(|older| !older.plan.barriers.is_disjoint(&newer.plan.needs_barriers))
        };
        let stays = approved || pipeline.releases.get(newest).is_some_and(needs);
        report(found, "L3", || format!("release {number} waits at {key} beside newer {newest}, and nobody approved it"), stays);
    }
    if let Some((order, number)) = pipeline.lanes.get(key).and_then(|lane| lane.newest_entered) {
        for (other, older, _) in &waiting {
            let newer = (*other, *older) >= (order, number);
            report(found, "L5", || format!("release {older} still waits at {key}, where {number} has entered"), newer);
        }
    }
}

fn policy(pipeline: &Pipeline, key: &LaneKey, number: ReleaseNumber) -> Option<LanePolicy> {
    let plan = &pipeline.releases.get(&number)?.plan;
    plan.waves().find(|(_, _, wave)| wave.lane.key == key.0).map(|(_, _, wave)| wave.lane.policy)
}

/// IE4: something of the release is, or will be, under way in the lane.
fn stays(release: &Release, key: &LaneKey, pipeline: &Pipeline) -> bool {
    release.plan.waves().filter(|(_, _, wave)| wave.lane.key == key.0).any(|(ix, _, wave)| {
        let works = release.nodes.values().any(|row| {
            !row.state.is_settled() && is_begun(row.state) && release.plan.node(row.node).is_some_and(|n| wave_of(&release.plan, n) == ix)
        });
        let rolls = wave
            .rollouts
            .iter()
            .any(|r| pipeline.rollout(release.row.number, &r.target.as_str().into()).is_some_and(|row| row.ended_at.is_none()));
        let ahead =
            release.row.state == ReleaseState::Moving && !matches!(release.waves.get(&ix).map(|w| w.state), Some(WaveState::Completed));
        let inside = matches!(release.waves.get(&ix).map(|w| w.state), Some(WaveState::Entered | WaveState::Failing));
        works || rolls || ahead || inside
    })
}

fn is_begun(state: crate::core::row::NodeState) -> bool {
    state != crate::core::row::NodeState::Pending
}

/// L6, IE4: a rollback in a lane has targets, each with somebody who brings it back or something that it waits for.
fn going_back(pipeline: &Pipeline, row: &LaneRow, rollback: &RollbackInLane, found: &mut Vec<Violation>) {
    let key = &row.key;
    report(
        found,
        "L6",
        || format!("{key} rolls back {}, which is not in memory", rollback.of),
        pipeline.releases.contains_key(&rollback.of),
    );
    let empty = rollback.waiting.is_empty() && rollback.running.is_empty();
    report(found, "IE4", || format!("the rollback of {} in {key} has no target left and does not end", rollback.of), !empty);
    let both: Vec<_> = rollback.waiting.intersection(&rollback.running).collect();
    report(found, "L6", || format!("{both:?} in {key} wait and run at once"), both.is_empty());
    for target in &rollback.running {
        let at = pipeline.index.attempts_at.get(target).into_iter().flatten().filter_map(|id| pipeline.attempts.get(id));
        let mut back = at.filter(|a| matches!(a.kind, AttemptKind::Rollback { .. }) && a.state != AttemptState::Ended);
        report(found, "IE4", || format!("{target} goes back in {key}, and no attempt does it"), back.next().is_some());
    }
    let idle = |t: &&crate::core::id::TargetName| {
        !pipeline.index.attempts_at.contains_key(*t) && pipeline.targets.get(*t).is_none_or(|r| r.holder.is_none() && r.unknown.is_none())
    };
    let others = || pipeline.lanes.values().filter_map(|l| l.rollback.as_ref()).filter(|r| r.of == rollback.of);
    let someone_works = others().any(|r| !r.running.is_empty() || r.waiting.iter().any(|t| !idle(&t)));
    let all_idle = !rollback.waiting.is_empty() && rollback.waiting.iter().all(|t| idle(&t));
    report(found, "IE4", || format!("{:?} in {key} wait to go back for nothing", rollback.waiting), !all_idle || someone_works);
}
