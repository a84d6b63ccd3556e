use std::collections::BTreeSet;

use engine::core::id::ReleaseNumber;
use engine::core::row::{AttemptState, Direction, NodeState, RolloutState, Row};
use engine::core::{Effect, Event, EventKind, Input};
use pipelines::plan::LanePolicy;

use super::{Findings, Invariant, Seen};
use crate::sim::reached::Reached;

/// Breaks nothing: it writes down which rare states were met.
#[derive(Default)]
pub(super) struct Rare {
    retried: BTreeSet<ReleaseNumber>,
}

impl Invariant for Rare {
    fn name(&self) -> &'static str {
        "rare"
    }

    fn says(&self) -> &'static str {
        "which rare states were met"
    }

    fn see(&mut self, seen: &Seen<'_>, found: &mut Findings) {
        zombie(seen, found);
        let Ok(changes) = seen.outcome else { return };
        for event in &changes.events {
            self.event(seen, event, found);
        }
        for row in &changes.rows {
            of_row(seen, row, found);
        }
        if changes.effects.iter().any(|effect| matches!(effect, Effect::Tell { .. })) {
            found.reach(Reached::PeopleTold);
        }
        if matches!(seen.input, Input::Hold { .. }) && seen.before.rollouts.values().any(|row| is_under_way(row.state, &row.direction)) {
            found.reach(Reached::HoldDuringRollout);
        }
    }
}

impl Rare {
    fn event(&mut self, seen: &Seen<'_>, event: &Event, found: &mut Findings) {
        let said = |kind| seen.events_of(kind).any(|other| other.release == event.release);
        match event.kind {
            EventKind::RollbackStarted if said(EventKind::BakeFailed) => found.reach(Reached::RollbackDuringBake),
            EventKind::ReleaseSuperseded if waited_for_gate(seen, event) => found.reach(Reached::SupersededAtGate),
            EventKind::JobRetried => found.reach(Reached::RetriedByRule),
            EventKind::ReleaseRetried => self.retried.extend(event.release),
            EventKind::ReleaseCompleted if event.release.is_some_and(|number| self.retried.contains(&number)) => {
                found.reach(Reached::RetryCompletes);
            }
            EventKind::TargetResolved => {
                found.reach(Reached::UnknownResolved);
                if event.reason.starts_with("two people broke the glass") {
                    found.reach(Reached::GlassBroken);
                }
            }
            EventKind::JobLost => found.reach(Reached::RunnerLost),
            EventKind::JobUnknown => found.reach(Reached::TargetLost),
            EventKind::JobSkipped => found.reach(Reached::ConditionFalse),
            EventKind::RollbackImpossible if event.reason.contains("since barrier") => found.reach(Reached::BarrierKept),
            EventKind::GateClosed if is_upstream(event) => found.reach(Reached::UpstreamAwaited),
            EventKind::GateOpened if is_upstream(event) => found.reach(Reached::UpstreamCame),
            EventKind::ReleaseEntered => {
                let overridden = |number| seen.before.releases.get(&number).is_some_and(|row| !row.overrides.is_empty());
                if event.release.is_some_and(overridden) {
                    found.reach(Reached::OverrideUsed);
                }
            }
            _ => {}
        }
    }
}

fn is_upstream(event: &Event) -> bool {
    event.node.as_deref().is_some_and(|key| key.ends_with("/depends-on"))
}

fn waited_for_gate(seen: &Seen<'_>, event: &Event) -> bool {
    let Some((number, wave)) = seen.wave_of(event) else { return false };
    seen.before.waves.get(&(number, wave)).is_some_and(|row| row.waits_for.iter().any(|reason| reason.kind != "lane"))
}

fn is_under_way(state: RolloutState, direction: &Direction) -> bool {
    *direction == Direction::Forward && matches!(state, RolloutState::Running | RolloutState::Baking)
}

fn of_row(seen: &Seen<'_>, row: &Row, found: &mut Findings) {
    match row {
        Row::Lane(row) if row.inside.len() > 1 => found.reach(Reached::SeveralInLane),
        Row::Wave(row) => {
            if row.waits_for.iter().any(|reason| reason.kind == "barrier") {
                found.reach(Reached::BarrierAwaited);
            }
            let lane = seen.plan(row.release).and_then(|plan| plan.wave(row.wave)).map(|wave| &wave.lane);
            let queue = lane.filter(|lane| lane.policy == LanePolicy::Queue);
            if queue.is_some_and(|lane| seen.after.waiting_at(&lane.key.as_str().into()).count() >= 3) {
                found.reach(Reached::QueueWaits);
            }
        }
        Row::Node(row) if row.state == NodeState::Skipped && row.reason.contains("runs newer release") => {
            found.reach(Reached::TargetSkipped);
        }
        _ => {}
    }
}

/// A runner that was taken for dead speaks, with its own token, after somebody has said how its attempt ended.
fn zombie(seen: &Seen<'_>, found: &mut Findings) {
    let (Input::Report(report), Err(_)) = (seen.input, seen.outcome) else { return };
    let row = seen.before.attempts.get(&report.fences.attempt);
    if row.is_some_and(|row| row.state == AttemptState::Ended && row.token.as_ref() == Some(&report.fences.lease_token)) {
        found.reach(Reached::ZombieRefused);
    }
}
