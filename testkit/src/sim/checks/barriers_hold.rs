use std::collections::BTreeMap;

use engine::core::id::{ReleaseNumber, SourceOrder, TargetName};
use engine::core::row::AttemptKind;
use engine::core::{EventKind, Input};
use pipelines::plan::{NodeKind, Purpose};

use super::{Findings, Invariant, Seen};

type Place = (SourceOrder, ReleaseNumber);

/// Told again from leases and ends of rollouts alone.
#[derive(Default)]
pub(super) struct BarriersHold {
    /// Who first brought a barrier to a target.
    brought: BTreeMap<TargetName, BTreeMap<String, Place>>,
    /// Barriers that were good at a target.
    been: BTreeMap<TargetName, Vec<String>>,
}

impl Invariant for BarriersHold {
    fn name(&self) -> &'static str {
        "X11"
    }

    fn says(&self) -> &'static str {
        "nothing goes back behind a barrier, and what needs one enters no target where it has not been"
    }

    fn see(&mut self, seen: &Seen<'_>, found: &mut Findings) {
        if seen.outcome.is_err() {
            return;
        }
        if let Input::Lease { attempt, .. } = seen.input {
            self.leased(seen, attempt);
        }
        for event in seen.events() {
            let (Some(number), target) = (event.release, event.target.as_ref()) else { continue };
            match (event.kind, target) {
                (EventKind::RolloutSucceeded, Some(target)) => {
                    let names = seen.plan(number).into_iter().flat_map(|plan| plan.barriers.iter().cloned());
                    self.been.entry(target.clone()).or_default().extend(names);
                }
                (EventKind::RolloutStarted, Some(target)) => {
                    let overridden =
                        seen.after.release(number).is_some_and(|r| r.row.overrides.iter().any(|o| o.gate.ends_with("/barrier")));
                    let been = self.been.get(target);
                    let needs = seen.plan(number).into_iter().flat_map(|plan| &plan.needs_barriers);
                    let missing = needs.into_iter().find(|name| been.is_none_or(|been| !been.contains(name)));
                    if let Some(missing) = missing.filter(|_| !overridden) {
                        found.broken("X11", format!("{number} goes to {target}, where {missing} has not been"));
                    }
                }
                (EventKind::RollbackStarted, Some(target)) => self.goes_back(seen, event, target, found),
                _ => {}
            }
        }
    }
}

impl BarriersHold {
    fn leased(&mut self, seen: &Seen<'_>, attempt: &protocol::AttemptId) {
        let Some(row) = seen.after.attempt(attempt).filter(|row| row.kind == AttemptKind::Forward) else { return };
        let (Some(target), Some(plan)) = (&row.target, seen.plan(row.release)) else { return };
        let deploys = plan
            .node(row.node)
            .is_some_and(|node| matches!(&node.kind, NodeKind::Job(job) if matches!(job.purpose, Purpose::Deploy { .. })));
        let Some((order, _)) = seen.after.release(row.release).map(|r| (r.row.order, ())).filter(|_| deploys) else { return };
        let known = self.brought.entry(target.clone()).or_default();
        for name in &plan.barriers {
            known.entry(name.clone()).or_insert((order, row.release));
        }
    }

    fn goes_back(&self, seen: &Seen<'_>, event: &engine::core::Event, target: &TargetName, found: &mut Findings) {
        let to = event.data.get("to").and_then(serde_json::Value::as_u64).map(ReleaseNumber);
        let Some(to) = to.and_then(|to| Some((seen.after.release(to)?.row.order, to))) else { return };
        let behind = self.brought.get(target).into_iter().flatten().find(|(_, place)| to < **place);
        if let Some((name, _)) = behind {
            found.broken("X11", format!("{target} goes back to {}, before barrier {name}", to.1));
        }
    }
}
