use engine::core::EventKind;

use super::{Findings, Invariant, Seen};

pub(super) struct NoAccidentalRegress;

impl Invariant for NoAccidentalRegress {
    fn name(&self) -> &'static str {
        "IB4"
    }

    fn says(&self) -> &'static str {
        "what goes forward to a target is not older than what runs there"
    }

    fn see(&mut self, seen: &Seen<'_>, found: &mut Findings) {
        for event in seen.events_of(EventKind::RolloutStarted) {
            let (Some(number), Some(target)) = (event.release, &event.target) else { continue };
            let Some(row) = seen.before.targets.get(target) else { continue };
            let mine = seen.before.order(number);
            for other in row.live.into_iter().chain(row.partly) {
                if mine.is_some() && seen.before.order(other) > mine {
                    found.broken("IB4", format!("{number} goes forward to {target}, which runs newer {other}"));
                }
            }
        }
    }
}
