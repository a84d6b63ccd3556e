use std::collections::BTreeSet;

use engine::core::EventKind;
use engine::core::id::{ReleaseNumber, TargetName};

use super::{Findings, Invariant, Seen};

#[derive(Default)]
pub(super) struct BadStaysBad {
    bad: BTreeSet<(ReleaseNumber, TargetName)>,
}

impl Invariant for BadStaysBad {
    fn name(&self) -> &'static str {
        "IC3"
    }

    fn says(&self) -> &'static str {
        "what was rolled back from a target does not go forward to it again before a person lifts the quarantine (X6)"
    }

    fn see(&mut self, seen: &Seen<'_>, found: &mut Findings) {
        for event in seen.events() {
            let Some(number) = event.release else { continue };
            match (event.kind, &event.target) {
                (EventKind::QuarantineLifted, _) => self.bad.retain(|(bad, _)| *bad != number),
                (EventKind::RollbackStarted, Some(target)) => drop(self.bad.insert((number, target.clone()))),
                (EventKind::RolloutStarted, Some(target)) if self.bad.contains(&(number, target.clone())) => {
                    found.broken("IC3", format!("{number} goes forward to {target} again, from which it was rolled back"));
                }
                _ => {}
            }
        }
    }
}
