use std::collections::BTreeSet;

use engine::core::EventKind;
use engine::core::row::{AttemptState, Row};
use protocol::AttemptId;

use super::{Findings, Invariant, Seen};

#[derive(Default)]
pub(super) struct AttemptsAreFinal {
    ended: BTreeSet<AttemptId>,
}

impl Invariant for AttemptsAreFinal {
    fn name(&self) -> &'static str {
        "IA7"
    }

    fn says(&self) -> &'static str {
        "an attempt has at most one result, and once it has ended nothing of it changes"
    }

    fn see(&mut self, seen: &Seen<'_>, found: &mut Findings) {
        for row in seen.rows() {
            if let Row::Attempt(row) = row
                && let Some(old) = seen.before.attempts.get(&row.id).filter(|old| old.state == AttemptState::Ended)
                && old != &**row
            {
                found.broken("IA7", format!("attempt {} had ended and was changed", row.id));
            }
        }
        for event in seen.events() {
            let result = matches!(
                event.kind,
                EventKind::JobSucceeded | EventKind::JobFailed | EventKind::JobCancelled | EventKind::JobLost | EventKind::JobRetried
            );
            // A build job that was lost and goes out again by a rule says both.
            let second = result && event.kind != EventKind::JobRetried && event.kind != EventKind::JobFailed;
            if let Some(id) = event.attempt.as_ref().filter(|_| result)
                && !self.ended.insert(id.clone())
                && second
            {
                found.broken("IA7", format!("attempt {id} has a second result: {:?}", event.kind));
            }
        }
    }
}
