use engine::core::row::{AttemptRow, AttemptState};
use engine::core::{Input, Rejected};
use protocol::{Fences, Outcome};

use super::{Findings, Invariant, Seen};
use crate::sim::reached::Reached;

pub(super) struct StaleIsRefused;

impl Invariant for StaleIsRefused {
    fn name(&self) -> &'static str {
        "IA6"
    }

    fn says(&self) -> &'static str {
        "a runner's message that is not current changes nothing and is refused; one that is current is taken; a slice goes only to a lease that was not told to stop (IA8)"
    }

    fn see(&mut self, seen: &Seen<'_>, found: &mut Findings) {
        let fences = match seen.input {
            Input::Heartbeat { fences, .. } | Input::Issued { fences, .. } | Input::Upload { fences, .. } => fences,
            Input::Report(report) => &report.fences,
            _ => return,
        };
        let row = seen.before.attempts.get(&fences.attempt);
        let is_current = row.is_some_and(|row| is_current(seen, row, fences));
        let stopped = row.is_some_and(|row| row.stop.is_some());
        match (seen.outcome, is_current) {
            (Ok(changes), false) => {
                let repeated =
                    matches!(seen.input, Input::Report(_)) && row.is_some_and(|row| row.token.as_ref() == Some(&fences.lease_token));
                if !(repeated && changes.is_empty()) {
                    found.broken("IA6", format!("a message of {} that is not current was taken: {row:?}", fences.attempt));
                }
            }
            // What it says does not fit, or comes too late for its release: that is no question of the lease.
            (Err(Rejected::Splice(_) | Rejected::ReleaseEnded(_)), true) if matches!(seen.input, Input::Upload { .. }) => {}
            (Err(why), true) => {
                let lost = row.is_some_and(|row| row.state == AttemptState::Unknown);
                if !(matches!(seen.input, Input::Issued { .. } | Input::Upload { .. }) && (stopped || lost)) {
                    found.broken("IA6", format!("a current message of {} was refused: {why}", fences.attempt));
                }
            }
            (Ok(_), true) if stopped && matches!(seen.input, Input::Issued { .. }) => {
                found.broken("IA8", format!("{} got credentials after it was told to stop", fences.attempt));
            }
            (Ok(_), true) => rare(seen, row, found),
            (Err(Rejected::StaleFence { .. }), false) => found.reach(Reached::StaleFenceRefused),
            (Err(_), false) => found.reach(Reached::StaleRefused),
        }
    }
}

fn is_current(seen: &Seen<'_>, row: &AttemptRow, fences: &Fences) -> bool {
    let newest = row.fence.zip(row.target.as_ref().and_then(|t| seen.before.targets.get(t))).is_none_or(|(f, t)| t.fence == f.0);
    fences.generation == seen.after.settings().generation
        && row.token.as_ref() == Some(&fences.lease_token)
        && row.fence == fences.fence
        && newest
        // Unknown with an outcome: its job is over, and its region did not answer.
        && row.outcome.is_none()
        && matches!(row.state, AttemptState::Leased | AttemptState::Unknown)
}

fn rare(seen: &Seen<'_>, row: Option<&AttemptRow>, found: &mut Findings) {
    let (Input::Report(report), Some(row)) = (seen.input, row) else { return };
    if row.state == AttemptState::Unknown {
        found.reach(Reached::LateResultAccepted);
    }
    if row.stop.is_some() && report.outcome == Outcome::Succeeded {
        found.reach(Reached::CancelRacingSuccess);
    }
}
