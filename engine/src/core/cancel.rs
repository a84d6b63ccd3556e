//! A person stops a release (A7, IE5).

use pipelines::plan::NodeIx;

use super::effect::Effect;
use super::event::EventKind;
use super::id::{ReleaseNumber, TargetName};
use super::pipeline::Pipeline;
use super::rejected::Rejected;
use super::row::{AttemptKind, AttemptState, NodeState, ReleaseState, RolloutState, StopOrder, WaveState};
use super::turn::{Fact, Turn};

impl Pipeline {
    /// Nothing new starts from now on. What waits for a runner ends at once, what runs is told to stop,
    /// and what is unknown stays unknown until it is known.
    pub(crate) fn cancel(&mut self, turn: &mut Turn, number: ReleaseNumber, reason: String) -> Result<(), Rejected> {
        let release = self.release(number).ok_or(Rejected::UnknownRelease(number))?;
        match release.row.state {
            ReleaseState::Cancelled => return Ok(()),
            ReleaseState::Moving => {}
            // What is left of a failed release may be cancelled too, such as a job that hangs.
            ReleaseState::Failed if release.all_open() > 0 => {}
            ReleaseState::Completed | ReleaseState::Failed | ReleaseState::Superseded | ReleaseState::Outdated => {
                return Err(Rejected::ReleaseEnded(number));
            }
        }
        let in_lanes: Vec<_> = release.waves.keys().filter_map(|wave| self.lane_key(number, *wave)).collect();
        if let Some(lane) = in_lanes.iter().find(|lane| self.rollback_in(lane) == Some(number)) {
            return Err(Rejected::RollbackUnderWay(lane.to_string()));
        }
        let now = turn.now;
        self.edit_release(turn, number, |row| {
            row.state = ReleaseState::Cancelled;
            row.reason.clone_from(&reason);
            row.ended_at = Some(now);
        });
        self.emit(turn, Fact::new(EventKind::ReleaseCancelled, reason.clone()).release(number));
        self.leave_doors(turn, number);
        for ix in self.under_way(number) {
            self.stop_node(turn, number, ix, &reason);
        }
        self.cancel_rollouts(turn, number, &reason);
        Ok(())
    }

    fn leave_doors(&mut self, turn: &mut Turn, number: ReleaseNumber) {
        let waiting: Vec<_> = self.waves(number).filter(|row| row.state == WaveState::Waiting).map(|row| row.wave).collect();
        let now = turn.now;
        for wave in waiting {
            self.edit_wave(turn, number, wave, |row| {
                row.state = WaveState::Cancelled;
                row.ended_at = Some(now);
                row.waits_for.clear();
            });
        }
    }

    fn stop_node(&mut self, turn: &mut Turn, number: ReleaseNumber, ix: NodeIx, reason: &str) {
        self.end_idle_node(turn, number, ix, reason);
        let Some(id) = self.index.attempt_of.get(&(number, ix)).cloned() else { return };
        // An inspection only looks, and what it finds is needed; a rollback of another release passes.
        let stoppable =
            self.attempts.get(&id).is_some_and(|a| a.kind == AttemptKind::Forward && a.stop.is_none() && a.state != AttemptState::Ended);
        if !stoppable {
            return;
        }
        let grace_ms = self.job(number, ix).map_or(self.settings.grace_ms, |job| job.grace_ms);
        let order = StopOrder { reason: reason.to_owned(), since: turn.now, grace_ms };
        self.edit_attempt(turn, &id, |row| row.stop = Some(order));
        turn.effects.push(Effect::Stop(id));
    }

    /// A rollout of which nothing runs is over now; the others end with their attempt.
    fn cancel_rollouts(&mut self, turn: &mut Turn, number: ReleaseNumber, reason: &str) {
        let targets: Vec<_> = self.release(number).map(|r| r.shape.rollouts.keys().cloned().collect()).unwrap_or_default();
        for target in targets {
            self.abandon_rollout(turn, number, &target, reason);
        }
    }

    /// A rollout that does not go on is over, unless an attempt of it still has the target.
    pub(crate) fn abandon_rollout(&mut self, turn: &mut Turn, number: ReleaseNumber, target: &TargetName, reason: &str) {
        let at_target = self.index.attempts_at.get(target).into_iter().flatten().filter_map(|id| self.attempts.get(id));
        let idle = !at_target.into_iter().any(|a| a.release == number && a.kind == AttemptKind::Forward);
        if idle && self.rollout(number, target).is_some_and(|r| r.state != RolloutState::Unknown) {
            self.end_rollout(turn, number, target, RolloutState::Cancelled, reason);
        }
    }

    /// The attempt of a cancelled release has ended at a target.
    pub(crate) fn job_stopped(&mut self, turn: &mut Turn, number: ReleaseNumber, ix: NodeIx, reason: &str) {
        self.set_node(turn, number, ix, NodeState::Cancelled, reason);
        if let Some(target) = self.target_of(number, ix) {
            self.end_rollout(turn, number, &target, RolloutState::Cancelled, reason);
        }
    }
}
