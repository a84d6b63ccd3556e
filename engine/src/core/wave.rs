//! Waves and stages: complete, failing, over (W1, W3, L8).

use std::collections::BTreeSet;

use pipelines::plan::{NodeIx, StageIx, WaveIx};

use super::effect::Effect;
use super::event::EventKind;
use super::id::{ReleaseNumber, TargetName};
use super::index::Deadline;
use super::pipeline::Pipeline;
use super::row::{FailureCause, NodeRow, NodeState, ReleaseState, RolloutState, WaveFailure, WaveState};
use super::shape::{last_wave, rollout_of, wave_of};
use super::turn::{Fact, Turn};

impl Pipeline {
    /// Everything that the wave's end needs is there.
    pub(crate) fn end_wave(&mut self, turn: &mut Turn, number: ReleaseNumber, ix: NodeIx, wave: WaveIx) {
        match self.wave(number, wave).map(|row| row.state) {
            Some(WaveState::Entered) => {}
            Some(WaveState::Completed) => {
                let plan = self.plan_of(number);
                let open = plan.wave(wave).is_some_and(|w| self.release(number).is_some_and(|r| r.is_satisfied(w.start)));
                if open {
                    self.set_node(turn, number, ix, NodeState::Succeeded, "");
                }
                return;
            }
            Some(WaveState::Waiting | WaveState::Failing | WaveState::Failed | WaveState::RolledBack) => return,
            Some(WaveState::Cancelled | WaveState::Left) | None => return,
        }
        self.set_node(turn, number, ix, NodeState::Succeeded, "");
        let now = turn.now;
        self.edit_wave(turn, number, wave, |row| {
            row.state = WaveState::Completed;
            row.ended_at = Some(now);
        });
        let place = self.wave_key(number, wave);
        self.emit(
            turn,
            Fact::new(EventKind::WaveCompleted, format!("release {number} is complete in {place}")).release(number).place(place),
        );
        let plan = self.plan_of(number);
        self.run_hooks(turn, number, plan.wave(wave).map(|w| w.finally.as_slice()).unwrap_or_default(), wave);
    }

    pub(crate) fn end_stage(&mut self, turn: &mut Turn, number: ReleaseNumber, ix: NodeIx, stage: StageIx) {
        self.set_node(turn, number, ix, NodeState::Succeeded, "");
        let plan = self.plan_of(number);
        let Some(stage_plan) = plan.stage(stage) else { return };
        let name = stage_plan.name.clone();
        self.emit(
            turn,
            Fact::new(EventKind::StageCompleted, format!("release {number} is complete in {name}")).release(number).place(name.clone()),
        );
        turn.effects.push(Effect::Upstream { release: number, stage: Some(name) });
        self.run_hooks(turn, number, &stage_plan.finally, last_wave(&plan, stage));
        turn.watches.extend((0..).zip(&stage_plan.waves).map(|(wave, _)| (number, WaveIx { stage, wave })));
    }

    /// Something of a release went wrong in a wave: nothing new starts (W3), and what the stage says about
    /// rollbacks follows (X1).
    pub(crate) fn fail_wave(
        &mut self,
        turn: &mut Turn,
        number: ReleaseNumber,
        wave: WaveIx,
        cause: FailureCause,
        reason: String,
        target: Option<&TargetName>,
    ) {
        self.stop_wave(turn, number, wave, cause, &reason, target);
        let plan = self.plan_of(number);
        let Some(policy) = plan.stage(wave.stage).map(|s| &s.rollback) else { return };
        let acts = match cause {
            FailureCause::Alarm => policy.on_alarm,
            FailureCause::Job => policy.on_failure,
            FailureCause::Unclear => false,
            FailureCause::Person => false,
        };
        if acts {
            self.trigger_rollback(turn, number, wave, target, &reason);
        }
    }

    /// The same without what follows by itself.
    pub(crate) fn stop_wave(
        &mut self,
        turn: &mut Turn,
        number: ReleaseNumber,
        wave: WaveIx,
        cause: FailureCause,
        reason: &str,
        target: Option<&TargetName>,
    ) {
        let failure = WaveFailure { since: turn.now, cause, reason: reason.to_owned(), target: target.cloned() };
        self.fail_release(turn, number, reason);
        self.stop_waves(turn, number, wave, &failure);
        if let Some(target) = target {
            self.end_idle_nodes_at(turn, number, target, reason);
            self.end_rollout(turn, number, target, RolloutState::Failed, reason);
        }
    }

    fn fail_release(&mut self, turn: &mut Turn, number: ReleaseNumber, reason: &str) {
        let ends = match self.release(number).map(|r| r.row.state) {
            Some(ReleaseState::Moving | ReleaseState::Completed) => true,
            // What is left of these ends; they stay what they are.
            Some(ReleaseState::Failed | ReleaseState::Cancelled | ReleaseState::Superseded | ReleaseState::Outdated) | None => false,
        };
        if !ends {
            return;
        }
        let now = turn.now;
        self.edit_release(turn, number, |row| {
            row.state = ReleaseState::Failed;
            row.reason = reason.to_owned();
            row.ended_at = Some(now);
        });
        self.emit(turn, Fact::new(EventKind::ReleaseFailed, reason).release(number));
    }

    /// Every wave that the release is in fails with the one where it went wrong; it waits nowhere any more.
    fn stop_waves(&mut self, turn: &mut Turn, number: ReleaseNumber, wave: WaveIx, failure: &WaveFailure) {
        let Some(release) = self.releases.get(&number) else { return };
        let rows: Vec<_> = release.waves.values().cloned().collect();
        let now = turn.now;
        for mut row in rows {
            let state = match row.state {
                WaveState::Waiting => WaveState::Left,
                WaveState::Entered => WaveState::Failing,
                WaveState::Completed if row.wave == wave => WaveState::Failing,
                WaveState::Completed
                | WaveState::Failing
                | WaveState::Failed
                | WaveState::RolledBack
                | WaveState::Cancelled
                | WaveState::Left => continue,
            };
            row.state = state;
            row.ended_at = (state == WaveState::Left).then_some(now);
            row.waits_for.clear();
            row.failure = Some(failure.clone());
            let at = row.wave;
            self.put_wave(turn, row);
            if state == WaveState::Failing {
                self.stop_unstarted(turn, number, at, &failure.reason);
            }
        }
    }

    /// Nothing new starts: targets that have not begun, and jobs of the wave itself that no runner has.
    fn stop_unstarted(&mut self, turn: &mut Turn, number: ReleaseNumber, wave: WaveIx, reason: &str) {
        let plan = self.plan_of(number);
        let Some(release) = self.releases.get(&number) else { return };
        let unstarted: Vec<NodeIx> = self
            .under_way(number)
            .into_iter()
            .filter(|ix| !release.shape.detached.contains(ix))
            .filter(|ix| {
                plan.node(*ix).is_some_and(|node| wave_of(&plan, node) == wave && !self.has_started(number, node.target.as_deref()))
            })
            .collect();
        for ix in unstarted {
            self.end_idle_node(turn, number, ix, reason);
        }
    }

    /// Nodes of a release that stand ready, wait for a runner, run or bake.
    pub(crate) fn under_way(&self, number: ReleaseNumber) -> BTreeSet<NodeIx> {
        let (first, last) = ((number, NodeIx(0)), (number, NodeIx(u32::MAX)));
        let ready = self.index.ready.range(first..=last).map(|(_, ix)| *ix);
        let tried = self.index.attempt_of.range(first..=last).map(|((_, ix), _)| *ix);
        let timed = self.index.deadline_of.range(Deadline::Node(number, first.1)..=Deadline::Node(number, last.1));
        let timed = timed.filter_map(|(key, _)| if let Deadline::Node(_, ix) = key { Some(*ix) } else { None });
        ready.chain(tried).chain(timed).collect()
    }

    fn has_started(&self, number: ReleaseNumber, target: Option<&str>) -> bool {
        target.is_some_and(|target| self.rollout(number, &target.into()).is_some_and(|r| r.ended_at.is_none()))
    }

    /// Jobs outside the DAG, started now.
    pub(crate) fn run_hooks(&mut self, turn: &mut Turn, number: ReleaseNumber, hooks: &[NodeIx], wave: WaveIx) -> bool {
        let since = self.wave(number, wave).and_then(|row| row.entered_at);
        let mut started = false;
        for ix in hooks {
            // Once for each time that the release was in the wave.
            let ran = self.node(number, *ix).is_some_and(|row| Some(row.since) >= since && row.state != NodeState::Pending);
            if !ran && self.job(number, *ix).is_some() {
                self.set_node(turn, number, *ix, NodeState::Ready, "");
                turn.nodes.insert((number, *ix));
                started = true;
            }
        }
        started
    }

    pub(crate) fn run_target_hooks(&mut self, turn: &mut Turn, number: ReleaseNumber, target: &TargetName) {
        let plan = self.plan_of(number);
        let Some(release) = self.releases.get(&number) else { return };
        if let Some((wave, _, rollout)) = rollout_of(&plan, &release.shape, target) {
            self.run_hooks(turn, number, &rollout.finally, wave);
        }
    }

    /// Something of a wave has ended: perhaps all of it has.
    pub(crate) fn review_wave(&mut self, turn: &mut Turn, number: ReleaseNumber, wave: WaveIx) {
        // Hooks of a stage count for its last wave, also where the release never came to it.
        let Some(row) = self.wave(number, wave) else { return self.leave(turn, number, wave) };
        let idle = self.is_idle_in(number, wave);
        match row.state {
            WaveState::Waiting | WaveState::Left => {}
            WaveState::Entered => self.review_entered(turn, number, wave, idle),
            WaveState::Completed | WaveState::Failed | WaveState::RolledBack | WaveState::Cancelled => self.leave(turn, number, wave),
            WaveState::Failing if idle && !self.is_going_back(number, wave) => self.conclude(turn, number, wave),
            WaveState::Failing => {}
        }
        self.complete_release(turn, number);
    }

    /// Nothing of a release is under way in a wave; hooks of its stage count for every wave of it.
    fn is_idle_in(&self, number: ReleaseNumber, wave: WaveIx) -> bool {
        let Some(release) = self.release(number) else { return false };
        let hooks = release.plan.stage(wave.stage).into_iter().flat_map(|stage| stage.on_failure.iter().chain(&stage.finally));
        release.open_in(wave) == 0 && hooks.into_iter().all(|ix| !release.is_open(*ix))
    }

    /// A cancelled release has left a wave once nothing of it runs there. One that moves and comes to nothing there
    /// fails: only some of what had failed was tried again.
    fn review_entered(&mut self, turn: &mut Turn, number: ReleaseNumber, wave: WaveIx, idle: bool) {
        let state = self.release(number).map(|r| r.row.state);
        if !idle {
            return;
        }
        if state == Some(ReleaseState::Moving)
            && let Some(reason) = self.first_bad(number, wave)
        {
            return self.fail_wave(turn, number, wave, FailureCause::Person, reason, None);
        }
        if state != Some(ReleaseState::Cancelled) {
            return;
        }
        let plan = self.plan_of(number);
        if self.run_final_hooks(turn, number, wave, &plan) {
            return;
        }
        let now = turn.now;
        self.edit_wave(turn, number, wave, |row| {
            row.state = WaveState::Cancelled;
            row.ended_at = Some(now);
        });
    }

    /// What keeps a wave from its end for good, in words.
    fn first_bad(&self, number: ReleaseNumber, wave: WaveIx) -> Option<String> {
        let release = self.release(number)?;
        let bad = |row: &&NodeRow| matches!(row.state, NodeState::Failed | NodeState::Unclear | NodeState::Cancelled);
        let mut rows = release.nodes.values().filter(bad).filter(|row| !release.shape.detached.contains(&row.node));
        rows.find_map(|row| {
            let node = release.plan.node(row.node).filter(|node| node.wave == Some(wave))?;
            Some(format!("{}: {}", node.key, row.reason))
        })
    }

    /// Nothing of a failing wave runs any more and nothing goes back: first `on_failure`, then `finally`, then it is over.
    fn conclude(&mut self, turn: &mut Turn, number: ReleaseNumber, wave: WaveIx) {
        let plan = self.plan_of(number);
        let (Some(stage), Some(wave_plan)) = (plan.stage(wave.stage), plan.wave(wave)) else { return };
        self.end_stranded(turn, number, wave, wave_plan);
        let failed = wave_plan
            .rollouts
            .iter()
            .filter(|r| self.rollout(number, &r.target.as_str().into()).is_some_and(|row| row.state != RolloutState::Succeeded));
        let on_failure: Vec<NodeIx> =
            failed.flat_map(|r| &r.on_failure).chain(&wave_plan.on_failure).chain(&stage.on_failure).copied().collect();
        if self.run_hooks(turn, number, &on_failure, wave) || self.run_final_hooks(turn, number, wave, &plan) {
            return;
        }
        let went_back = wave_plan
            .rollouts
            .iter()
            .any(|r| self.rollout(number, &r.target.as_str().into()).is_some_and(|row| row.state == RolloutState::RolledBack));
        let now = turn.now;
        self.edit_wave(turn, number, wave, |row| {
            row.state = if went_back { WaveState::RolledBack } else { WaveState::Failed };
            row.ended_at = Some(now);
        });
    }

    /// A rollout whose own jobs have succeeded and whose end waits for one that was cancelled comes to no other end: its target
    /// would stay taken for ever.
    fn end_stranded(&mut self, turn: &mut Turn, number: ReleaseNumber, wave: WaveIx, plan: &pipelines::plan::Wave) {
        let reason =
            self.wave(number, wave).and_then(|row| row.failure.as_ref()).map_or_else(String::new, |failure| failure.reason.clone());
        for target in plan.rollouts.iter().map(|rollout| TargetName::from(rollout.target.as_str())) {
            if self.rollout(number, &target).is_some_and(|row| matches!(row.state, RolloutState::Running | RolloutState::Baking)) {
                self.end_rollout(turn, number, &target, RolloutState::Failed, &reason);
            }
        }
    }

    fn run_final_hooks(&mut self, turn: &mut Turn, number: ReleaseNumber, wave: WaveIx, plan: &pipelines::plan::Plan) -> bool {
        let (Some(stage), Some(wave_plan)) = (plan.stage(wave.stage), plan.wave(wave)) else { return false };
        let begun = wave_plan.rollouts.iter().filter(|r| self.rollout(number, &r.target.as_str().into()).is_some());
        let hooks: Vec<NodeIx> = begun.flat_map(|r| &r.finally).chain(&wave_plan.finally).chain(&stage.finally).copied().collect();
        self.run_hooks(turn, number, &hooks, wave)
    }

    /// The last stage is complete and nothing runs any more.
    fn complete_release(&mut self, turn: &mut Turn, number: ReleaseNumber) {
        let Some(release) = self.releases.get(&number) else { return };
        let over = release.plan.stages.iter().all(|stage| release.is_satisfied(stage.end));
        if release.row.state != ReleaseState::Moving || !over || release.all_open() > 0 {
            return;
        }
        let now = turn.now;
        self.edit_release(turn, number, |row| {
            row.state = ReleaseState::Completed;
            row.ended_at = Some(now);
        });
        self.emit(turn, Fact::new(EventKind::ReleaseCompleted, format!("release {number} is everywhere")).release(number));
        turn.effects.push(Effect::Upstream { release: number, stage: None });
    }
}
