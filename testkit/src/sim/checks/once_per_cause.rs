use std::collections::BTreeSet;

use engine::core::EventKind;
use engine::core::id::{ReleaseNumber, TargetName};

use super::{Findings, Invariant, Seen};
use crate::sim::reached::Reached;

#[derive(Default)]
pub(super) struct OncePerCause {
    gone_back: BTreeSet<(TargetName, ReleaseNumber)>,
}

impl Invariant for OncePerCause {
    fn name(&self) -> &'static str {
        "IC2"
    }

    fn says(&self) -> &'static str {
        "a deployment is rolled back by the engine at most once, however many alarms, duplicates or restarts"
    }

    fn see(&mut self, seen: &Seen<'_>, found: &mut Findings) {
        for event in seen.events() {
            // A person says that it is good again: what fails from now on is another cause.
            if let (EventKind::QuarantineLifted, Some(number)) = (event.kind, event.release) {
                self.gone_back.retain(|(_, of)| *of != number);
            }
            let (Some(number), Some(target)) = (event.release, &event.target) else { continue };
            let name = (target.clone(), number);
            match event.kind {
                EventKind::RolloutStarted => drop(self.gone_back.remove(&name)),
                EventKind::RollbackStarted => {
                    let rollback =
                        seen.after.lanes().filter_map(|lane| lane.rollback.as_ref()).find(|r| r.of == number && r.running.contains(target));
                    let by_person = rollback.is_some_and(|r| r.key.is_some());
                    if !self.gone_back.insert(name) && !by_person {
                        found.broken("IC2", format!("{number} is rolled back from {target} a second time"));
                    }
                }
                EventKind::RollbackImpossible => found.reach(Reached::NoDestination),
                _ => {}
            }
        }
        let waits_unknown =
            |r: &engine::core::row::RollbackInLane| r.waiting.iter().any(|t| seen.after.target(t).is_some_and(|row| row.unknown.is_some()));
        if seen.outcome.is_ok() && seen.after.lanes().filter_map(|lane| lane.rollback.as_ref()).any(waits_unknown) {
            found.reach(Reached::RollbackDuringUnknown);
        }
    }
}
