use engine::core::row::{AttemptState, Row};
use engine::core::{Effect, EventKind};

use super::{Findings, Invariant, Seen};

pub(super) struct EffectsAreRows;

impl Invariant for EffectsAreRows {
    fn name(&self) -> &'static str {
        "ID5"
    }

    fn says(&self) -> &'static str {
        "what must leave the core stands in a row of the same transaction, so that a crash after the commit loses nothing"
    }

    fn see(&mut self, seen: &Seen<'_>, found: &mut Findings) {
        let Ok(changes) = seen.outcome else { return };
        for effect in &changes.effects {
            let kept = match effect {
                Effect::Queue(id) => seen.after.attempt(id).is_some() || seen.before.attempts.contains_key(id),
                Effect::Stop(id) => seen.after.attempt(id).is_some_and(|row| row.stop.is_some()),
                Effect::Watch { id, .. } => {
                    seen.after.watch(id).is_some() || changes.rows.iter().any(|row| matches!(row, Row::WatchEnded(ended) if ended == id))
                }
                Effect::Unwatch(id) => seen.after.watch(id).is_none(),
                Effect::AskApproval { .. } => changes.events.iter().any(|event| event.kind == EventKind::ApprovalAsked),
                Effect::Tell { event, .. } => *event < changes.events.len(),
                Effect::Upstream { release, .. } => changes.events.iter().any(|event| event.release == Some(*release)),
            };
            if !kept {
                found.broken("ID5", format!("no row stands behind {effect:?}"));
            }
        }
        for row in &changes.rows {
            let missing = match row {
                Row::Attempt(row) => {
                    let old = seen.before.attempts.get(&row.id);
                    let queued = row.state == AttemptState::Queued && old.is_none();
                    let stopped = row.stop.is_some() && old.is_some_and(|old| old.stop.is_none());
                    (queued && !changes.effects.contains(&Effect::Queue(row.id.clone())))
                        || (stopped && !changes.effects.contains(&Effect::Stop(row.id.clone())))
                }
                Row::Watch(row) => {
                    let is_new = !seen.before.watches.contains_key(&row.id);
                    is_new && !changes.effects.iter().any(|effect| matches!(effect, Effect::Watch { id, .. } if *id == row.id))
                }
                _ => false,
            };
            if missing {
                found.broken("ID5", format!("no effect follows {row:?}"));
            }
        }
    }
}
