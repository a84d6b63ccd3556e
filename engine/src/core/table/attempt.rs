use protocol::AttemptId;

use crate::core::index::{Deadline, set_member};
use crate::core::pipeline::Pipeline;
use crate::core::row::{AttemptRow, AttemptState};
use crate::core::turn::{Touched, Turn};

impl Pipeline {
    pub(crate) fn put_attempt(&mut self, turn: &mut Turn, row: AttemptRow) {
        turn.touched.insert(Touched::Attempt(row.id.clone()));
        if row.state == AttemptState::Ended {
            turn.targets.extend(row.target.clone());
            turn.leaving.insert(row.release);
        }
        self.index_attempt(row);
    }

    pub(crate) fn index_attempt(&mut self, row: AttemptRow) {
        let ended = row.state == AttemptState::Ended;
        if row.state == AttemptState::Queued {
            self.index.queued.insert(row.id.clone());
        } else {
            self.index.queued.remove(&row.id);
        }
        let key = (row.release, row.node);
        if !ended {
            self.index.attempt_of.insert(key, row.id.clone());
        } else if self.index.attempt_of.get(&key) == Some(&row.id) {
            self.index.attempt_of.remove(&key);
        }
        let margin = crate::core::attempt::lease_margin_ms(&self.settings, row.class);
        let lease = row.lease_until.filter(|_| row.state == AttemptState::Leased).map(|until| until + margin);
        self.index.set_deadline(Deadline::Lease(row.id.clone()), lease);
        set_member(&mut self.index.attempts, &row.release, &row.id, true);
        let target = row.target.clone().filter(|_| row.class == pipelines::plan::Class::Target);
        let id = row.id.clone();
        self.attempts.insert(row.id.clone(), row);
        if let Some(target) = target {
            set_member(&mut self.index.attempts_at, &target, &id, !ended);
            // Whether an inspection is under way decides whether one is due.
            if let Some(row) = self.targets.get(&target).filter(|t| t.unknown.is_some()).cloned() {
                self.index_target(row);
            }
        }
    }

    pub(crate) fn edit_attempt(&mut self, turn: &mut Turn, id: &AttemptId, edit: impl FnOnce(&mut AttemptRow)) {
        if let Some(mut row) = self.attempts.get(id).cloned() {
            edit(&mut row);
            self.put_attempt(turn, row);
        }
    }
}
