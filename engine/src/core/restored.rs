//! The data came from a backup: what was in flight is unknown, nothing touches a target, and a person looks first (R12).

use pipelines::plan::Class;

use super::actor::Actor;
use super::event::EventKind;
use super::id::{HoldId, ReleaseNumber};
use super::input::HoldScope;
use super::pipeline::Pipeline;
use super::rejected::Rejected;
use super::row::{AttemptState, HoldRow, NodeState};
use super::turn::Turn;
use protocol::AttemptId;

const MARK: &str = ":restored:";

impl Pipeline {
    /// The hold that waits for a person since the restore. While it is in force not even a rollback goes out.
    #[must_use]
    pub fn held_since_restore(&self) -> Option<&HoldRow> {
        self.holds().find(|hold| hold.id.0.contains(MARK))
    }

    /// Whether a queued attempt may be handed out, as far as a restore is concerned.
    #[must_use]
    pub fn may_go_out(&self, attempt: &AttemptId) -> bool {
        self.held_since_restore().is_none() || self.attempts.get(attempt).is_none_or(|row| row.class != Class::Target)
    }

    /// Once per generation: doing it again changes nothing.
    pub(crate) fn restored(&mut self, turn: &mut Turn, reason: String) -> Result<(), Rejected> {
        let id = HoldId(format!("{}{MARK}{}", self.row.id, self.settings.generation.0));
        if self.holds.contains_key(&id) {
            return Ok(());
        }
        let leased: Vec<AttemptId> =
            self.attempts.values().filter(|row| row.state == AttemptState::Leased).map(|row| row.id.clone()).collect();
        for attempt in leased {
            self.lease_ended(turn, &attempt);
        }
        // No inspection goes out by itself either: its answer would set the engine going again.
        let unknown: Vec<_> = self.targets.values().filter(|row| row.unknown.is_some()).map(|row| row.name.clone()).collect();
        for target in unknown {
            self.needs_person(turn, &target, "the server was restored from a backup");
        }
        self.end_bakes(turn);
        self.place_hold(turn, id, HoldScope::Pipeline, reason, Actor::Engine);
        Ok(())
    }

    /// What was watched before the backup says nothing about what runs now (B3).
    fn end_bakes(&mut self, turn: &mut Turn) {
        let baking: Vec<(ReleaseNumber, _)> = self
            .releases
            .iter()
            .flat_map(|(number, release)| release.nodes.values().map(move |row| (*number, row)))
            .filter(|(_, row)| row.state == NodeState::Baking)
            .map(|(number, row)| (number, row.node))
            .collect();
        for (number, node) in baking {
            self.stop_bake(turn, number, node, EventKind::BakeErrored, "the server was restored from a backup while it was watched");
        }
    }
}
