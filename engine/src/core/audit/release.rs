use std::collections::BTreeMap;

use pipelines::plan::{Milestone, NodeIx, NodeKind, WaveIx};

use super::{Violation, report};
use crate::core::id::LaneKey;
use crate::core::index::Deadline;
use crate::core::pipeline::Pipeline;
use crate::core::release::Release;
use crate::core::row::{AttemptState, NodeRow, NodeState, ReleaseState, WaveState};
use crate::core::shape::wave_of;

pub(super) fn check(pipeline: &Pipeline, release: &Release, found: &mut Vec<Violation>) {
    counters(release, found);
    for row in release.nodes.values() {
        node(pipeline, release, row, found);
    }
    limits(release, found);
    waves(pipeline, release, found);
    moves(release, found);
}

/// Jobs that share a limit keep to it.
fn limits(release: &Release, found: &mut Vec<Violation>) {
    let mut busy: BTreeMap<&str, (usize, u32)> = BTreeMap::new();
    for row in release.nodes.values().filter(|row| matches!(row.state, NodeState::Queued | NodeState::Running | NodeState::Unknown)) {
        let Some(NodeKind::Job(job)) = release.plan.node(row.node).map(|node| &node.kind) else { continue };
        if let Some(parallel) = &job.parallel {
            busy.entry(&parallel.group).or_insert((0, parallel.limit)).0 += 1;
        }
    }
    for (group, (count, limit)) in busy {
        let number = release.row.number;
        report(found, "max_parallel", || format!("{number} runs {count} of {limit} jobs of {group}"), count <= limit as usize);
    }
}

/// What is counted along is what a count from the rows gives.
fn counters(release: &Release, found: &mut Vec<Violation>) {
    let number = release.row.number;
    let mut open: BTreeMap<WaveIx, u32> = BTreeMap::new();
    for row in release.nodes.values().filter(|row| is_open(row.state)) {
        if let Some(node) = release.plan.node(row.node) {
            *open.entry(wave_of(&release.plan, node)).or_default() += 1;
        }
    }
    for (ix, _, wave) in release.plan.waves() {
        let counted = release.open.get(&ix).copied().unwrap_or(0);
        let actual = open.get(&ix).copied().unwrap_or(0);
        report(found, "counters", || format!("{number} has {actual} open nodes in {ix:?}, counted {counted}"), actual == counted);
        let going = wave.rollouts.iter().filter(|r| release.is_satisfied(r.start) && !release.is_satisfied(r.end)).count();
        let counted = release.started.get(&ix).copied().unwrap_or(0) as usize;
        report(found, "counters", || format!("{number} has {going} targets under way in {ix:?}, counted {counted}"), going == counted);
        let limit = wave.max_parallel as usize;
        report(found, "W2", || format!("{number} has {going} of {limit} targets under way in {ix:?}"), limit == 0 || going <= limit);
    }
    for (ix, node) in (0..).map(NodeIx).zip(&release.plan.nodes) {
        let unmet = node.needs.iter().filter(|need| !meets(release, **need)).count();
        let counted = release.unmet.get(ix.0 as usize).copied().unwrap_or(0) as usize;
        report(found, "counters", || format!("{number} {:?} has {unmet} unmet needs, counted {counted}", node.key), unmet == counted);
    }
}

/// The end of a target counts for all of its wave's once as many as `at_least` are complete (W1).
fn meets(release: &Release, need: NodeIx) -> bool {
    if release.is_satisfied(need) {
        return true;
    }
    let Some(node) = release.plan.node(need) else { return false };
    if !matches!(node.kind, NodeKind::Milestone(Milestone::TargetEnd)) {
        return false;
    }
    let Some(wave) = node.wave.and_then(|ix| release.plan.wave(ix)) else { return false };
    let complete = wave.rollouts.iter().filter(|r| release.is_satisfied(r.end)).count();
    wave.at_least.is_some_and(|least| complete >= least as usize)
}

fn is_open(state: NodeState) -> bool {
    match state {
        NodeState::Ready | NodeState::Queued | NodeState::Running | NodeState::Unknown | NodeState::Baking => true,
        NodeState::Pending | NodeState::Succeeded | NodeState::Skipped | NodeState::Failed | NodeState::Unclear | NodeState::Cancelled => {
            false
        }
    }
}

fn node(pipeline: &Pipeline, release: &Release, row: &NodeRow, found: &mut Vec<Violation>) {
    let number = release.row.number;
    let key = || release.plan.node(row.node).map(|n| n.key.clone()).unwrap_or_default();
    let tried = matches!(row.state, NodeState::Queued | NodeState::Running | NodeState::Unknown);
    let attempt = pipeline.index.attempt_of.get(&(number, row.node)).and_then(|id| pipeline.attempts.get(id));
    let works = attempt.is_some_and(|a| a.state != AttemptState::Ended);
    report(found, "IE4", || format!("{number} {:?} is {:?}, its attempt is {attempt:?}", key(), row.state), tried == works);
    let due = || pipeline.index.deadline_of.contains_key(&Deadline::Node(number, row.node));
    match row.state {
        NodeState::Ready if row.not_before.is_some() => {
            report(found, "IE4", || format!("{number} {:?} waits for a time that is not kept", key()), due());
        }
        NodeState::Baking => {
            let judged = row.bake.is_some() && due();
            report(found, "IE4", || format!("{number} {:?} bakes without an end", key()), judged);
        }
        _ => {}
    }
}

fn waves(pipeline: &Pipeline, release: &Release, found: &mut Vec<Violation>) {
    let number = release.row.number;
    for row in release.waves.values() {
        let waits = row.state == WaveState::Waiting;
        report(found, "S3", || format!("{number} is in {:?} and shows what it waits for", row.wave), waits || row.waits_for.is_empty());
        let ended = release.row.state.is_end();
        report(found, "IE4", || format!("{number} has ended and still waits at {:?}", row.wave), !(waits && ended));
        if waits {
            let lane = pipeline.lane_key(number, row.wave);
            let stands = lane.is_some_and(|lane| pipeline.waiting_at(&lane).any(|(_, n, w)| n == number && w == row.wave));
            report(found, "IE3", || format!("{number} waits at {:?} and no lane knows it", row.wave), stands);
        }
        let Some(wave) = release.plan.wave(row.wave) else { continue };
        if row.state == WaveState::Failing {
            let back = pipeline.lanes.get(&LaneKey(wave.lane.key.clone())).and_then(|lane| lane.rollback.as_ref());
            let goes = back.is_some_and(|r| r.of == number)
                || release.nodes.values().any(|n| is_open(n.state) && is_in(release, n.node, row.wave));
            report(found, "IE4", || format!("{number} fails in {:?}, and nothing ends that", row.wave), goes);
        }
        // W3: nothing new starts where something failed.
        if matches!(row.state, WaveState::Failing | WaveState::Failed | WaveState::RolledBack | WaveState::Cancelled) {
            let begins = wave.rollouts.iter().find(|r| release.node_state(r.start) == Some(NodeState::Ready));
            report(found, "W3", || format!("{number} would still start at {:?}", begins.map(|r| &r.target)), begins.is_none());
        }
    }
}

/// What belongs to the stage counts for each of its waves.
fn is_in(release: &Release, node: NodeIx, wave: WaveIx) -> bool {
    release.plan.node(node).is_some_and(|n| n.stage == wave.stage && n.wave.is_none_or(|own| own == wave))
}

/// IE1: a release that moves has something that moves it.
fn moves(release: &Release, found: &mut Vec<Violation>) {
    if release.row.state != ReleaseState::Moving {
        return;
    }
    let works = release.nodes.values().any(|row| is_open(row.state));
    let waits = release.waves.values().any(|row| row.state == WaveState::Waiting);
    report(found, "IE1", || format!("{} moves, and nothing of it runs or waits", release.row.number), works || waits);
}
