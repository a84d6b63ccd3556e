//! A stop on forward admission (L7). Rollbacks pass.

use pipelines::plan::WaveIx;

use super::event::EventKind;
use super::id::{HoldId, LaneKey, ReleaseNumber, TargetName};
use super::input::HoldScope;
use super::pipeline::Pipeline;
use super::rejected::Rejected;
use super::row::{AttemptKind, AttemptState, HoldRow, Lifted};
use super::turn::{Fact, Turn};
use super::{Actor, needs_reason};

impl Pipeline {
    pub(crate) fn hold(&mut self, turn: &mut Turn, id: HoldId, scope: HoldScope, reason: String) -> Result<(), Rejected> {
        if let Some(old) = self.holds.get(&id) {
            return if old.scope == scope { Ok(()) } else { Err(Rejected::KeyReused) };
        }
        needs_reason(&reason)?;
        if self.index.holds.len() >= self.settings.hold_limit as usize {
            return Err(Rejected::Limit { what: "holds in force", limit: u64::from(self.settings.hold_limit) });
        }
        let by = turn.actor.clone();
        self.place_hold(turn, id, scope, reason, by);
        Ok(())
    }

    pub(crate) fn lift(&mut self, turn: &mut Turn, id: &HoldId, reason: String) -> Result<(), Rejected> {
        let mut row = self.holds.get(id).filter(|row| row.lifted.is_none()).cloned().ok_or(Rejected::UnknownHold)?;
        row.lifted = Some(Lifted { by: turn.actor.clone(), at: turn.now, reason: reason.clone() });
        let place = scope_text(&row.scope);
        self.put_hold(turn, row);
        self.emit(turn, Fact::new(EventKind::HoldLifted, reason).place(place).data("hold", id.as_str()));
        // Whatever stood behind it may go on.
        turn.lanes.extend(self.index.doors.keys().cloned());
        turn.nodes.extend(self.index.ready.iter().copied());
        Ok(())
    }

    /// The engine holds a lane after a rollback or a bake that ended without an answer (X6, X7, X8, B2).
    pub(crate) fn hold_lane(&mut self, turn: &mut Turn, lane: &LaneKey, reason: &str) {
        let id = HoldId(format!("{}:lane:{lane}:{}", self.row.id, turn.now.0));
        if self.holds.get(&id).is_none_or(|row| row.lifted.is_some()) {
            self.place_hold(turn, id, HoldScope::Lane(lane.0.clone()), reason.to_owned(), Actor::Engine);
        }
    }

    pub(crate) fn place_hold(&mut self, turn: &mut Turn, id: HoldId, scope: HoldScope, reason: String, by: Actor) {
        let row = HoldRow { id: id.clone(), scope: scope.clone(), by: by.clone(), since: turn.now, reason: reason.clone(), lifted: None };
        self.put_hold(turn, row);
        let mut fact = Fact::new(EventKind::HoldPlaced, reason).place(scope_text(&scope)).data("hold", id.as_str());
        fact.actor = Some(by);
        self.emit(turn, fact);
        turn.lanes.extend(self.index.doors.keys().cloned());
        self.withdraw_held(turn);
    }

    /// Jobs that would touch a held target and that no runner has yet stand ready again (IB9).
    fn withdraw_held(&mut self, turn: &mut Turn) {
        let waiting = self.index.queued.iter().filter_map(|id| self.attempts.get(id));
        let forward = waiting
            .filter(|a| a.state == AttemptState::Queued && a.kind == AttemptKind::Forward && a.class == pipelines::plan::Class::Target);
        let held: Vec<_> = forward
            .filter(|a| {
                let plan = self.plan_of(a.release);
                let is_hook = self.release(a.release).is_some_and(|r| r.shape.detached.contains(&a.node));
                let wave = plan.node(a.node).map(|n| super::shape::wave_of(&plan, n));
                !is_hook && wave.is_some_and(|wave| self.hold_on(a.release, wave, a.target.as_ref()).is_some())
            })
            .map(|a| (a.release, a.node))
            .collect();
        for (number, ix) in held {
            self.stand_back(turn, number, ix, "held");
        }
    }

    /// A queued attempt is taken back; its node stands ready again.
    pub(crate) fn stand_back(&mut self, turn: &mut Turn, number: ReleaseNumber, ix: pipelines::plan::NodeIx, reason: &str) {
        if self.withdraw(turn, number, ix, reason) {
            self.set_node(turn, number, ix, super::row::NodeState::Ready, reason);
            turn.nodes.insert((number, ix));
        }
    }

    /// The oldest hold that stops a release at a wave, or at one target of it.
    pub(crate) fn hold_on(&self, number: ReleaseNumber, wave: WaveIx, target: Option<&TargetName>) -> Option<&HoldRow> {
        if self.index.holds.is_empty() {
            return None;
        }
        let release = self.release(number)?;
        let (stage, wave_plan) = (release.plan.stage(wave.stage)?, release.plan.wave(wave)?);
        let stops = |scope: &HoldScope| match scope {
            HoldScope::Everywhere | HoldScope::Pipeline => true,
            HoldScope::Stage(name) => *name == stage.name,
            HoldScope::Lane(key) => *key == wave_plan.lane.key,
            HoldScope::Target(name) => target.is_some_and(|t| t.0 == *name),
            HoldScope::Account(name) => target.is_some_and(|t| account(t) == Some(name)),
            HoldScope::Region(name) => target.is_some_and(|t| region(t) == Some(name)),
        };
        self.holds().filter(|hold| stops(&hold.scope)).min_by(|a, b| (a.since, &a.id).cmp(&(b.since, &b.id)))
    }
}

/// Of `account/region[/unit]`.
fn account(target: &TargetName) -> Option<&str> {
    target.0.split_once('/').map(|(account, _)| account)
}

/// Of `account/region[/unit]`.
pub(crate) fn region(target: &TargetName) -> Option<&str> {
    target.0.split('/').nth(1)
}

fn scope_text(scope: &HoldScope) -> String {
    match scope {
        HoldScope::Everywhere => "everywhere".to_owned(),
        HoldScope::Pipeline => "the pipeline".to_owned(),
        HoldScope::Stage(name) | HoldScope::Lane(name) | HoldScope::Target(name) | HoldScope::Account(name) | HoldScope::Region(name) => {
            name.clone()
        }
    }
}
