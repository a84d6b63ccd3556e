use engine::core::{Event, EventKind};
use pipelines::plan::NodeKind;

use super::{Findings, Invariant, Seen};

pub(super) struct ConditionsHold;

impl Invariant for ConditionsHold {
    fn name(&self) -> &'static str {
        "D5"
    }

    fn says(&self) -> &'static str {
        "a job goes out only where its condition is true, and is skipped only where it is false"
    }

    fn see(&mut self, seen: &Seen<'_>, found: &mut Findings) {
        for event in seen.events() {
            let skipped = match event.kind {
                EventKind::JobQueued => false,
                EventKind::JobSkipped => true,
                _ => continue,
            };
            if let Some((text, holds)) = condition(seen, event).filter(|(_, holds)| *holds == skipped) {
                found.broken("D5", format!("{:?} of {:?} although {text:?} is {holds}", event.kind, event.node));
            }
        }
    }
}

/// The conditions that the generated plans know, told without the expression language.
fn condition<'a>(seen: &'a Seen<'_>, event: &Event) -> Option<(&'a str, bool)> {
    let (number, key) = (event.release?, event.node.as_ref()?);
    let node = seen.plan(number)?.nodes.iter().find(|node| node.key == *key)?;
    let NodeKind::Job(job) = &node.kind else { return None };
    let text = job.condition.as_deref()?;
    let row = &seen.after.release(number)?.row;
    let branch = row.revisions.first().map_or("", |revision| revision.reference.as_str());
    match text {
        "release.branch == 'main'" => Some((text, branch == "main")),
        "release.branch == 'other'" => Some((text, branch == "other")),
        "release.trigger == 'rerun'" => Some((text, row.trigger == "rerun")),
        _ => None,
    }
}
