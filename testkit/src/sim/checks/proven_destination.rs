use std::collections::BTreeSet;

use engine::core::EventKind;
use engine::core::id::{ReleaseNumber, TargetName};

use super::{Findings, Invariant, Seen};

#[derive(Default)]
pub(super) struct ProvenDestination {
    passed: BTreeSet<(TargetName, ReleaseNumber)>,
}

impl Invariant for ProvenDestination {
    fn name(&self) -> &'static str {
        "IC9"
    }

    fn says(&self) -> &'static str {
        "a rollback brings back only a release that once went forward to that target with all its approvals and passed its bake"
    }

    fn see(&mut self, seen: &Seen<'_>, found: &mut Findings) {
        for event in seen.events() {
            let (Some(number), Some(target)) = (event.release, &event.target) else { continue };
            match event.kind {
                EventKind::RolloutSucceeded => drop(self.passed.insert((target.clone(), number))),
                EventKind::RollbackStarted => {
                    let to = event.data.get("to").and_then(serde_json::Value::as_u64).map(ReleaseNumber);
                    if to.is_none_or(|to| to == number || !self.passed.contains(&(target.clone(), to))) {
                        found.broken("IC9", format!("{target} goes back from {number} to {to:?}, which never passed there"));
                    }
                }
                _ => {}
            }
        }
    }
}
