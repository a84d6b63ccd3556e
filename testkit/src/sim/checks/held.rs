use engine::core::id::{ReleaseNumber, TargetName};
use engine::core::input::HoldScope;
use engine::core::row::{AttemptKind, HoldRow};
use engine::core::{EventKind, Input};
use pipelines::plan::{Class, Plan, WaveIx};

use super::{Findings, Invariant, Seen, is_detached};
use crate::sim::reached::Reached;

pub(super) struct Held;

impl Invariant for Held {
    fn name(&self) -> &'static str {
        "IB9"
    }

    fn says(&self) -> &'static str {
        "nothing goes forward where a hold is in force; rollbacks pass (L7)"
    }

    fn see(&mut self, seen: &Seen<'_>, found: &mut Findings) {
        for event in seen.events() {
            let target = match event.kind {
                EventKind::ReleaseEntered => None,
                EventKind::RolloutStarted => event.target.as_ref(),
                _ => continue,
            };
            let Some((number, wave)) = seen.wave_of(event) else { continue };
            if let Some(hold) = holds(seen, number, wave, target) {
                found.broken("IB9", format!("{:?} of {number} at {:?} under hold {}", event.kind, event.place, hold.id));
            }
        }
        self.leased(seen, found);
    }
}

impl Held {
    fn leased(&self, seen: &Seen<'_>, found: &mut Findings) {
        let (Input::Lease { attempt, .. }, Ok(_)) = (seen.input, seen.outcome) else { return };
        let Some(row) = seen.after.attempt(attempt).filter(|row| row.class == Class::Target) else { return };
        let Some(node) = seen.plan(row.release).and_then(|plan| plan.node(row.node)) else { return };
        let Some(hold) = node.wave.and_then(|wave| holds(seen, row.release, wave, row.target.as_ref())) else { return };
        match row.kind {
            AttemptKind::Forward if is_detached(&node.kind) => {}
            AttemptKind::Forward => found.broken("IB9", format!("{attempt} went out under hold {}", hold.id)),
            AttemptKind::Rollback { .. } => found.reach(Reached::RollbackPassedHold),
            AttemptKind::Inspect { .. } => {}
        }
    }
}

/// A hold of before that is still in force and stands in the way.
fn holds<'a>(seen: &'a Seen<'_>, number: ReleaseNumber, wave: WaveIx, target: Option<&TargetName>) -> Option<&'a HoldRow> {
    let lifted = match seen.input {
        Input::Lift { id, .. } => Some(id),
        _ => None,
    };
    let plan = seen.plan(number)?;
    let in_force = seen.before.holds.values().filter(|hold| hold.lifted.is_none() && Some(&hold.id) != lifted);
    let mut covering = in_force.filter(|hold| covers(&hold.scope, plan, wave, target));
    covering.next()
}

pub(super) fn covers(scope: &HoldScope, plan: &Plan, wave: WaveIx, target: Option<&TargetName>) -> bool {
    let part = |at: usize| target.and_then(|t| t.0.split('/').nth(at));
    match scope {
        HoldScope::Everywhere | HoldScope::Pipeline => true,
        HoldScope::Stage(name) => plan.stage(wave.stage).is_some_and(|s| s.name == *name),
        HoldScope::Lane(key) => plan.wave(wave).is_some_and(|w| w.lane.key == *key),
        HoldScope::Target(name) => target.is_some_and(|t| t.0 == *name),
        HoldScope::Account(name) => part(0) == Some(name),
        HoldScope::Region(name) => part(1) == Some(name),
    }
}
