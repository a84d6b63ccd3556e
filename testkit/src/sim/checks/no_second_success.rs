use std::collections::BTreeSet;

use engine::core::EventKind;
use engine::core::id::{ReleaseNumber, TargetName};

use super::{Findings, Invariant, Seen};

#[derive(Default)]
pub(super) struct NoSecondSuccess {
    done: BTreeSet<(TargetName, ReleaseNumber)>,
}

impl Invariant for NoSecondSuccess {
    fn name(&self) -> &'static str {
        "IB12"
    }

    fn says(&self) -> &'static str {
        "a release comes to a target with success once, unless a person asked for it again"
    }

    fn see(&mut self, seen: &Seen<'_>, found: &mut Findings) {
        for event in seen.events() {
            let (Some(number), target) = (event.release, event.target.clone()) else { continue };
            match (event.kind, target) {
                (EventKind::ReleaseRetried, _) => self.done.retain(|(_, n)| *n != number),
                (EventKind::RollbackSucceeded, Some(target)) => drop(self.done.remove(&(target, number))),
                (EventKind::RolloutSucceeded, Some(target)) => {
                    let is_first = self.done.insert((target.clone(), number));
                    if !is_first {
                        found.broken("IB12", format!("{number} came to {target} a second time"));
                    }
                }
                _ => {}
            }
        }
    }
}
