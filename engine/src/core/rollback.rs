//! Back to what was good (X1 to X10).

use std::collections::{BTreeMap, BTreeSet};

use pipelines::plan::{AfterRollback, RollbackScope, WaveIx};
use protocol::{AttemptId, Outcome};

use super::event::EventKind;
use super::id::{LaneKey, ReleaseNumber, TargetName};
use super::job::in_words;
use super::pipeline::Pipeline;
use super::row::{AttemptKind, Direction, NodeState, RollbackInLane, RolloutState, WaveState};
use super::shape::rollout_of;
use super::turn::{Fact, Turn};

/// What is taken back, and on whose word.
#[derive(Debug)]
pub(crate) struct Order {
    pub(crate) of: ReleaseNumber,
    pub(crate) targets: BTreeSet<TargetName>,
    pub(crate) reason: String,
    /// A person's key.
    pub(crate) key: Option<String>,
    /// A person's choice (X10).
    pub(crate) to: Option<ReleaseNumber>,
}

impl Pipeline {
    /// A failure that acts by itself: the stage's scope goes back (X1, X4).
    pub(crate) fn trigger_rollback(
        &mut self,
        turn: &mut Turn,
        number: ReleaseNumber,
        wave: WaveIx,
        target: Option<&TargetName>,
        reason: &str,
    ) {
        let targets = self.in_scope(number, wave, target);
        self.begin_rollback(turn, Order { of: number, targets, reason: reason.to_owned(), key: None, to: None });
    }

    fn in_scope(&self, number: ReleaseNumber, wave: WaveIx, target: Option<&TargetName>) -> BTreeSet<TargetName> {
        let plan = self.plan_of(number);
        let Some(stage) = plan.stage(wave.stage) else { return BTreeSet::new() };
        let of_wave = |w: &pipelines::plan::Wave| w.rollouts.iter().map(|r| TargetName(r.target.clone())).collect::<BTreeSet<_>>();
        let wave_targets = plan.wave(wave).map(of_wave).unwrap_or_default();
        match (stage.rollback.scope, target) {
            (RollbackScope::Target, Some(target)) => BTreeSet::from([target.clone()]),
            (RollbackScope::Target, None) => {
                // An alarm of the wave names no target: those under way are meant, or else all.
                let under_way: BTreeSet<TargetName> =
                    wave_targets.iter().filter(|t| self.rollout(number, t).is_some_and(|r| r.ended_at.is_none())).cloned().collect();
                if under_way.is_empty() { wave_targets } else { under_way }
            }
            (RollbackScope::Wave, _) => wave_targets,
            (RollbackScope::Stage, _) => stage.waves.iter().flat_map(of_wave).collect(),
        }
    }

    /// The targets that this release reached and that still run it go back; the rest is left alone (X4).
    pub(crate) fn begin_rollback(&mut self, turn: &mut Turn, order: Order) {
        let Order { of, targets, reason, key, to } = order;
        let by = if key.is_some() { turn.actor.clone() } else { super::Actor::Engine };
        let (reached, passed_on): (Vec<TargetName>, Vec<TargetName>) =
            targets.into_iter().filter(|t| self.rollout(of, t).is_some()).partition(|t| self.running_at(t) == Some(of));
        if !reached.is_empty() {
            self.mark_bad(turn, of, by, &reason);
        }
        for target in passed_on {
            if let Some(newer) = self.newer_than(of, &target) {
                self.flag(turn, newer, &target, format!("runs release {newer}, which carries the commits of {of}"));
            }
            self.end_rollout(turn, of, &target, RolloutState::Failed, &reason);
            self.end_idle_nodes_at(turn, of, &target, &reason);
        }
        let mut lanes: BTreeMap<LaneKey, BTreeSet<TargetName>> = BTreeMap::new();
        let mut held: BTreeMap<LaneKey, String> = BTreeMap::new();
        for target in reached {
            let Some(lane) = self.wave_at(of, &target).and_then(|wave| self.lane_key(of, wave)) else { continue };
            // What has gone back once, or could not, does not by itself a second time (IC2, X7).
            let tried = key.is_none() && self.target(&target).is_some_and(|row| row.bad.contains(&of));
            if tried || self.index.going_back.contains_key(&target) {
                continue;
            }
            self.stop_forward(turn, of, &target, &reason);
            if self.destination(&target, of, to).is_none() {
                held.insert(lane, self.no_destination(turn, of, &target));
                self.note_bad(turn, of, &target);
                continue;
            }
            self.note_pending(turn, &target, &reason);
            lanes.entry(lane).or_default().insert(target);
        }
        for (lane, targets) in lanes {
            let hold_after = held.remove(&lane).or_else(|| self.hold_after(of, &lane, to));
            self.claim_lane(
                turn,
                &lane,
                targets,
                RollbackInLane {
                    of,
                    reason: reason.clone(),
                    key: key.clone(),
                    to,
                    waiting: BTreeSet::new(),
                    running: BTreeSet::new(),
                    hold_after,
                },
            );
        }
        for (lane, why) in held {
            self.hold_lane(turn, &lane, &why);
        }
    }

    /// The lane passes straight to the rollback (L6).
    fn claim_lane(&mut self, turn: &mut Turn, lane: &LaneKey, targets: BTreeSet<TargetName>, fresh: RollbackInLane) {
        self.edit_lane(turn, lane, |row| {
            let rollback = row.rollback.get_or_insert(fresh);
            rollback.waiting.extend(targets);
        });
        turn.rollbacks.insert(lane.clone());
    }

    /// Nothing forward of the release goes on at this target; what a runner has comes to its end first.
    fn stop_forward(&mut self, turn: &mut Turn, of: ReleaseNumber, target: &TargetName, reason: &str) {
        self.end_idle_nodes_at(turn, of, target, reason);
        if self.target(target).is_none_or(|row| row.unknown.is_none()) {
            self.end_rollout(turn, of, target, RolloutState::Failed, reason);
        }
        // A newer release that was about to start here waits until the target is back. An inspection goes on.
        let at_target = self.index.attempts_at.get(target).into_iter().flatten().filter_map(|id| self.attempts.get(id));
        let queued: Vec<_> = at_target.filter(|a| a.kind == AttemptKind::Forward).map(|a| (a.release, a.node)).collect();
        for (number, ix) in queued {
            self.stand_back(turn, number, ix, "the target is being rolled back");
        }
    }

    fn note_pending(&mut self, turn: &mut Turn, target: &TargetName, reason: &str) {
        if self.target(target).is_some_and(|row| row.unknown.is_some()) {
            self.edit_target(turn, target, |row| {
                if let Some(unknown) = &mut row.unknown {
                    unknown.pending_failure = Some(reason.to_owned());
                }
            });
        }
    }

    /// X8: nothing to go back to; the lane is held, and it says so.
    fn no_destination(&self, turn: &mut Turn, of: ReleaseNumber, target: &TargetName) -> String {
        let words = match self.newest_barrier(target) {
            Some((name, brought)) => format!("{target} has no good release since barrier {name} of {} to go back to", brought.release),
            None => format!("{target} has no earlier good release to go back to"),
        };
        let place = self.wave_at(of, target).map(|wave| self.wave_key(of, wave)).unwrap_or_default();
        self.emit(turn, Fact::new(EventKind::RollbackImpossible, words.clone()).release(of).place(place).target(Some(target.clone())));
        words
    }

    fn hold_after(&self, of: ReleaseNumber, lane: &LaneKey, to: Option<ReleaseNumber>) -> Option<String> {
        if let Some(to) = to {
            return Some(format!("rolled back to {to} by hand"));
        }
        let plan = self.plan_of(of);
        let (_, stage, _) = plan.waves().find(|(_, _, wave)| wave.lane.key == lane.0)?;
        match stage.rollback.after {
            AfterRollback::Next => None,
            AfterRollback::Hold => Some(format!("release {of} was rolled back")),
        }
    }

    /// What a target runs: the release that has begun there, or the last that was complete.
    pub(crate) fn running_at(&self, target: &TargetName) -> Option<ReleaseNumber> {
        self.target(target).and_then(|row| row.partly.or(row.live))
    }

    fn newer_than(&self, of: ReleaseNumber, target: &TargetName) -> Option<ReleaseNumber> {
        let mine = self.release(of)?.row.order;
        let row = self.target(target)?;
        row.partly.into_iter().chain(row.live).find(|n| self.release(*n).is_some_and(|r| (r.row.order, *n) > (mine, of)))
    }

    /// X2: the newest release that passed its bake here and is not quarantined; or a person's choice (X10).
    pub(crate) fn destination(&self, target: &TargetName, of: ReleaseNumber, to: Option<ReleaseNumber>) -> Option<ReleaseNumber> {
        let row = self.target(target)?;
        let mine = self.release(of).map(|r| (r.row.order, of))?;
        row.good
            .iter()
            .filter(|good| to.is_none_or(|to| to == good.release) && (good.order, good.release) < mine && !row.bad.contains(&good.release))
            .filter(|good| self.release(good.release).is_some_and(|r| r.row.quarantine.is_none() && r.shape.rollouts.contains_key(target)))
            .max_by_key(|good| (good.order, good.release))
            .map(|good| good.release)
            // X11: the newest that would do is the only one that may; what lies before a barrier never does.
            .filter(|to| self.barrier_before(*to, target).is_none())
    }

    /// Starts what may start, in reverse order of waves; ends the rollback when all targets are back.
    pub(crate) fn continue_rollback(&mut self, turn: &mut Turn, lane: &LaneKey) {
        let Some(rollback) = self.lanes.get(lane).and_then(|row| row.rollback.clone()) else { return };
        for target in self.next_back(&rollback) {
            self.start_back(turn, lane, &rollback, &target);
        }
        let over = self.lanes.get(lane).and_then(|row| row.rollback.as_ref()).is_some_and(|r| r.waiting.is_empty() && r.running.is_empty());
        if over {
            self.end_rollback(turn, lane);
        }
    }

    /// The targets of the last wave first, as many at once as the stage allows (X4). One that is unknown or
    /// still at work keeps only its own place (IC10).
    fn next_back(&self, rollback: &RollbackInLane) -> Vec<TargetName> {
        let plan = self.plan_of(rollback.of);
        let wave = |target: &TargetName| self.wave_at(rollback.of, target);
        let startable: Vec<(WaveIx, &TargetName)> =
            rollback.waiting.iter().filter(|t| self.is_idle(t)).filter_map(|t| Some((wave(t)?, t))).collect();
        let busy = self.lanes_of_rollback(rollback).flat_map(|r| r.running.iter()).filter_map(wave);
        let elsewhere = self.lanes_of_rollback(rollback).flat_map(|r| r.waiting.iter()).filter(|t| self.is_idle(t)).filter_map(wave);
        let Some(last) = busy.chain(elsewhere).max() else { return Vec::new() };
        let limit = plan.stage(last.stage).map_or(0, |s| s.rollback.max_parallel);
        let room = if limit == 0 { usize::MAX } else { (limit as usize).saturating_sub(rollback.running.len()) };
        startable.into_iter().filter(|(wave, _)| *wave == last).map(|(_, t)| t.clone()).take(room).collect()
    }

    /// The same rollback in all the lanes of its stage.
    fn lanes_of_rollback<'a>(&'a self, rollback: &'a RollbackInLane) -> impl Iterator<Item = &'a RollbackInLane> {
        self.lanes.values().filter_map(|row| row.rollback.as_ref()).filter(move |other| other.of == rollback.of)
    }

    fn is_idle(&self, target: &TargetName) -> bool {
        !self.index.attempts_at.contains_key(target) && self.target(target).is_none_or(|row| row.holder.is_none() && row.unknown.is_none())
    }

    fn start_back(&mut self, turn: &mut Turn, lane: &LaneKey, rollback: &RollbackInLane, target: &TargetName) {
        let of = self.running_at(target);
        let plan_of = |number: ReleaseNumber| {
            self.release(number).and_then(|r| rollout_of(&r.plan, &r.shape, target).map(|(wave, _, rollout)| (wave, rollout.rollback)))
        };
        let Some(of) = of.filter(|of| *of == rollback.of || rollback.to.is_some()) else {
            // It turned out that the target does not run it.
            self.edit_rollback(turn, lane, |r| {
                r.waiting.remove(target);
            });
            return;
        };
        let Some((to, (wave, node))) = self.destination(target, of, rollback.to).and_then(|to| Some((to, plan_of(to)?))) else {
            let why = self.no_destination(turn, of, target);
            self.note_bad(turn, of, target);
            self.edit_rollback(turn, lane, |r| {
                r.waiting.remove(target);
                r.hold_after = Some(why);
            });
            return;
        };
        self.edit_rollback(turn, lane, |r| {
            r.waiting.remove(target);
            r.running.insert(target.clone());
        });
        // Somebody may have lifted the mark while this waited; what goes back is bad, and can be cleared by its name (IC3).
        self.mark_bad(turn, of, super::Actor::Engine, &rollback.reason);
        self.note_bad(turn, of, target);
        self.new_rollout(turn, to, target, wave, Direction::Back { from: of }, rollback.reason.clone());
        let place = self.wave_at(of, target).map(|wave| self.wave_key(of, wave)).unwrap_or_default();
        let fact = Fact::new(EventKind::RollbackStarted, rollback.reason.clone()).release(of).place(place).target(Some(target.clone()));
        self.emit(turn, fact.data("to", to.0));
        self.queue(turn, to, node, AttemptKind::Rollback { of });
    }

    /// It has gone back from this release here, or could not.
    fn note_bad(&mut self, turn: &mut Turn, of: ReleaseNumber, target: &TargetName) {
        self.edit_target(turn, target, |row| {
            row.bad.retain(|bad| *bad != of);
            row.bad.push(of);
            if row.bad.len() > 50 {
                row.bad.remove(0);
            }
        });
    }

    fn edit_rollback(&mut self, turn: &mut Turn, lane: &LaneKey, edit: impl FnOnce(&mut RollbackInLane)) {
        self.edit_lane(turn, lane, |row| {
            if let Some(rollback) = &mut row.rollback {
                edit(rollback);
            }
        });
        // Waves in other lanes may have waited for this one (X4).
        let others: Vec<LaneKey> = self.lanes.values().filter(|row| row.rollback.is_some()).map(|row| row.key.clone()).collect();
        turn.rollbacks.extend(others);
    }

    /// The rollback of one target has ended (X5: its health check was part of it).
    pub(crate) fn rollback_ended(&mut self, turn: &mut Turn, id: &AttemptId, of: ReleaseNumber, outcome: &Outcome) {
        let Some(attempt) = self.attempts.get(id) else { return };
        let (to, node) = (attempt.release, attempt.node);
        let Some(target) = attempt.target.clone() else { return };
        if *outcome == Outcome::Succeeded {
            self.went_back(turn, &target, of, to, node);
        } else if let Some((rule, _)) = self.retry_rule(to, node, Some(outcome)) {
            // The same rollback once more: it waits for nobody, and for no backoff (L6).
            self.use_retry(turn, to, node, rule);
            let words = format!("{}; tried again by rule {}", in_words(outcome), rule.saturating_add(1));
            self.emit_of(turn, Fact::new(EventKind::JobRetried, words).data("backoff_ms", 0), id);
            self.queue(turn, to, node, AttemptKind::Rollback { of });
        } else {
            self.back_failed(turn, &target, of, to, node, &in_words(outcome));
        }
    }

    pub(crate) fn went_back(
        &mut self,
        turn: &mut Turn,
        target: &TargetName,
        of: ReleaseNumber,
        to: ReleaseNumber,
        node: pipelines::plan::NodeIx,
    ) {
        let now = turn.now;
        self.set_node(turn, to, node, NodeState::Succeeded, "");
        self.edit_target(turn, target, |row| {
            row.live = Some(to);
            row.live_since = Some(now);
            row.partly = None;
            row.flag = None;
        });
        self.edit_newest_rollout(turn, target, |row| {
            row.state = RolloutState::Succeeded;
            row.deployed_at = Some(now);
            row.ended_at = Some(now);
        });
        self.end_rollout(turn, of, target, RolloutState::RolledBack, &format!("rolled back to {to}"));
        let place = self.wave_at(of, target).map(|wave| self.wave_key(of, wave)).unwrap_or_default();
        let fact = Fact::new(EventKind::RollbackSucceeded, format!("{target} runs release {to} again")).release(of).place(place);
        self.emit(turn, fact.target(Some(target.clone())).data("to", to.0));
        // It may have gone bad elsewhere while this was under way: then a person decides.
        let bad = self.release(to).is_some_and(|r| r.row.quarantine.is_some());
        let hold = bad.then(|| format!("{target} went back to release {to}, which was quarantined meanwhile"));
        if bad {
            self.flag(turn, to, target, format!("runs release {to}, which is quarantined"));
        }
        self.leave_rollback(turn, target, hold);
    }

    /// X7: no rollback of a rollback; the lane is held and people are told.
    pub(crate) fn back_failed(
        &mut self,
        turn: &mut Turn,
        target: &TargetName,
        of: ReleaseNumber,
        to: ReleaseNumber,
        node: pipelines::plan::NodeIx,
        why: &str,
    ) {
        let now = turn.now;
        self.set_node(turn, to, node, NodeState::Failed, why);
        self.edit_newest_rollout(turn, target, |row| {
            row.state = RolloutState::Failed;
            row.ended_at = Some(now);
            why.clone_into(&mut row.reason);
        });
        let words = format!("the rollback of {target} to release {to} failed: {why}");
        let place = self.wave_at(of, target).map(|wave| self.wave_key(of, wave)).unwrap_or_default();
        self.emit(
            turn,
            Fact::new(EventKind::RollbackFailed, words.clone()).release(of).place(place).target(Some(target.clone())).data("to", to.0),
        );
        self.edit_target(turn, target, |row| row.flag = Some(words.clone()));
        self.leave_rollback(turn, target, Some(words));
    }

    fn leave_rollback(&mut self, turn: &mut Turn, target: &TargetName, hold: Option<String>) {
        let Some(lane) = self.index.going_back.get(target).cloned() else { return };
        self.edit_rollback(turn, &lane, |r| {
            r.running.remove(target);
            if hold.is_some() {
                r.hold_after = hold;
            }
        });
    }

    /// All targets of a lane are back, or cannot be brought back.
    fn end_rollback(&mut self, turn: &mut Turn, lane: &LaneKey) {
        let Some(rollback) = self.lanes.get(lane).and_then(|row| row.rollback.clone()) else { return };
        self.edit_lane(turn, lane, |row| row.rollback = None);
        if let Some(why) = &rollback.hold_after {
            self.hold_lane(turn, lane, why);
        }
        let plan = self.plan_of(rollback.of);
        let now = turn.now;
        for (ix, _, wave) in plan.waves().filter(|(_, _, wave)| wave.lane.key == lane.0) {
            let back = wave
                .rollouts
                .iter()
                .any(|r| self.rollout(rollback.of, &r.target.as_str().into()).is_some_and(|row| row.state == RolloutState::RolledBack));
            let complete = self.wave(rollback.of, ix).is_some_and(|row| row.state == WaveState::Completed);
            if back && complete {
                self.edit_wave(turn, rollback.of, ix, |row| {
                    row.state = WaveState::RolledBack;
                    row.ended_at = Some(now);
                });
            }
            turn.waves.insert((rollback.of, ix));
            // Newer releases that stood behind it may go on.
            turn.nodes.extend(
                wave.rollouts.iter().flat_map(|r| self.index.ready_at.get(&r.target.as_str().into()).into_iter().flatten().copied()),
            );
        }
    }

    /// Whether something of a release in this wave is still on its way back.
    pub(crate) fn is_going_back(&self, number: ReleaseNumber, wave: WaveIx) -> bool {
        self.lane_key(number, wave).is_some_and(|lane| self.rollback_in(&lane) == Some(number))
    }
}
