use std::collections::{BTreeMap, BTreeSet};

use engine::core::id::ReleaseNumber;
use engine::core::row::{AttemptKind, Row};
use engine::core::{EventKind, Input};
use pipelines::plan::NodeIx;
use protocol::AttemptId;

use super::{Findings, Invariant, Seen};
use crate::sim::reached::Reached;

#[derive(Default)]
pub(super) struct UnknownIsNotRepeated {
    /// The attempt of each job that was lost and of which nobody knows how it ended.
    lost: BTreeMap<(ReleaseNumber, NodeIx), AttemptId>,
    known: BTreeSet<AttemptId>,
}

impl Invariant for UnknownIsNotRepeated {
    fn name(&self) -> &'static str {
        "R3"
    }

    fn says(&self) -> &'static str {
        "what touches a target never goes out again by itself: first somebody says what became of the lost attempt"
    }

    fn see(&mut self, seen: &Seen<'_>, found: &mut Findings) {
        for event in seen.events() {
            match (event.kind, &event.attempt) {
                (EventKind::JobUnknown, Some(id)) => {
                    if let Some(row) = seen.after.attempt(id) {
                        self.lost.insert((row.release, row.node), id.clone());
                    }
                }
                (EventKind::TargetResolved, Some(id)) => drop(self.known.insert(id.clone())),
                _ => {}
            }
        }
        self.rare(seen, found);
        for row in seen.rows() {
            let Row::Attempt(row) = row else { continue };
            if seen.before.attempts.contains_key(&row.id) || matches!(row.kind, AttemptKind::Inspect { .. }) {
                continue;
            }
            if let Some(lost) = self.lost.remove(&(row.release, row.node)).filter(|lost| !self.known.contains(lost)) {
                found.broken("R3", format!("{} repeats {lost}, of which nobody knows how it ended", row.id));
            }
        }
    }
}

impl UnknownIsNotRepeated {
    fn rare(&self, seen: &Seen<'_>, found: &mut Findings) {
        let (Input::Report(report), Ok(_)) = (seen.input, seen.outcome) else { return };
        let Some(AttemptKind::Inspect { unknown }) = seen.before.attempts.get(&report.fences.attempt).map(|row| &row.kind) else { return };
        let Some(lost) = seen.before.attempts.get(unknown) else { return };
        let about = |kind| seen.events_of(kind).any(|event| event.attempt.as_ref() == Some(unknown));
        if about(EventKind::TargetResolved) && about(EventKind::JobSucceeded) {
            found.reach(Reached::InspectAdopts);
        }
        let again = seen.rows().iter().any(|row| {
            matches!(row, Row::Attempt(row) if row.release == lost.release && row.node == lost.node && !seen.before.attempts.contains_key(&row.id))
        });
        if again {
            found.reach(Reached::InspectReruns);
        }
    }
}
