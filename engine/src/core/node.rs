//! A node whose needs are met goes on, or stands ready behind an obstacle that it names.

use std::collections::BTreeSet;
use std::sync::Arc;

use pipelines::plan::{Class, Milestone, Node, NodeIx, NodeKind, WaveIx};

use super::event::EventKind;
use super::id::{ReleaseNumber, TargetName};
use super::pipeline::Pipeline;
use super::row::{Direction, NodeState, ReleaseState, RolloutRow, RolloutState, WaveState};
use super::shape::{rollout_of, wave_of};
use super::turn::{Fact, Turn};

const NOT_HERE: &str = "the release does not go on here";

/// Why a node does not go on now.
#[derive(Debug)]
pub(crate) enum Obstacle {
    /// It may go on later: it stands ready, with this reason.
    Later(String),
    /// Its release or wave came to an end: nothing happens to it any more.
    Never,
    /// Its release is not in the wave; it is looked at again when it enters.
    Outside,
}

impl Pipeline {
    /// Looks at a node whose needs are met, or whose obstacle may be gone.
    pub(crate) fn advance(&mut self, turn: &mut Turn, number: ReleaseNumber, ix: NodeIx) {
        let Some(release) = self.releases.get(&number) else { return };
        let startable = match release.node_state(ix) {
            None | Some(NodeState::Pending | NodeState::Ready) => release.needs_met(ix),
            Some(NodeState::Baking) => return self.judge_bake(turn, number, ix),
            Some(NodeState::Queued | NodeState::Running | NodeState::Unknown | NodeState::Succeeded) => false,
            Some(NodeState::Skipped | NodeState::Failed | NodeState::Unclear | NodeState::Cancelled) => false,
        };
        if !startable {
            return;
        }
        let plan = Arc::clone(&release.plan);
        let Some(node) = plan.node(ix) else { return };
        match &node.kind {
            NodeKind::Milestone(Milestone::WaveStart) => self.arrive(turn, number, node),
            NodeKind::Milestone(milestone) => self.reach(turn, number, ix, node, *milestone),
            NodeKind::Job(_) | NodeKind::Bake(_) if self.stops_here(turn, number, ix, node) => {}
            NodeKind::Job(job) => self.start_job(turn, number, ix, node, job),
            NodeKind::Bake(bake) => self.start_bake(turn, number, ix, bake),
            NodeKind::Gate(_) => {}
        }
    }

    /// A milestone that is no door.
    fn reach(&mut self, turn: &mut Turn, number: ReleaseNumber, ix: NodeIx, node: &Node, milestone: Milestone) {
        match milestone {
            Milestone::StageStart => {
                if self.release(number).is_some_and(|r| r.row.state == ReleaseState::Moving) {
                    self.set_node(turn, number, ix, NodeState::Succeeded, "");
                }
            }
            Milestone::TargetStart => self.start_target(turn, number, ix, node),
            Milestone::TargetEnd => self.end_target(turn, number, ix, node),
            Milestone::WaveEnd => self.end_wave(turn, number, ix, wave_of(&self.plan_of(number), node)),
            Milestone::StageEnd => self.end_stage(turn, number, ix, node.stage),
            // Doors are `arrive`'s.
            Milestone::WaveStart => {}
        }
    }

    /// Whether an obstacle stands before a job or bake; then the node says so.
    fn stops_here(&mut self, turn: &mut Turn, number: ReleaseNumber, ix: NodeIx, node: &Node) -> bool {
        match self.obstacle(turn, number, ix, node) {
            Ok(()) => false,
            Err(obstacle) => {
                self.stand(turn, number, ix, obstacle);
                true
            }
        }
    }

    /// A node stands ready with a reason, or is not heard of again.
    fn stand(&mut self, turn: &mut Turn, number: ReleaseNumber, ix: NodeIx, obstacle: Obstacle) {
        let row = self.node(number, ix);
        let stands = row.is_some_and(|row| row.state == NodeState::Ready);
        match obstacle {
            Obstacle::Never => {
                if stands {
                    self.set_node(turn, number, ix, NodeState::Cancelled, NOT_HERE);
                }
                if let Some(target) = self.target_of(number, ix) {
                    self.abandon_rollout(turn, number, &target, NOT_HERE);
                }
            }
            Obstacle::Outside if stands => self.set_node(turn, number, ix, NodeState::Cancelled, NOT_HERE),
            Obstacle::Outside => {}
            Obstacle::Later(reason) => {
                let waited = row.is_some_and(|row| row.not_before.is_some_and(|at| at <= turn.now));
                if stands && !waited && row.is_some_and(|row| row.reason == reason) {
                    return;
                }
                let mut row = row.cloned().unwrap_or_else(|| super::table::new_node(number, ix, turn.now));
                if !stands {
                    row.since = turn.now;
                }
                row.state = NodeState::Ready;
                row.reason = reason;
                row.not_before = row.not_before.filter(|at| *at > turn.now);
                self.put_node(turn, row);
            }
        }
    }

    /// What stands before a forward node: an ended release or wave (W3), a rollback (L6), a hold (L7), a
    /// target in other hands (A4), a retry's backoff (A5).
    fn obstacle(&self, turn: &Turn, number: ReleaseNumber, ix: NodeIx, node: &Node) -> Result<(), Obstacle> {
        let is_hook = self.release(number).is_some_and(|r| r.shape.detached.contains(&ix));
        if !is_hook {
            self.may_go_on(number, node)?;
        }
        if let Some(until) = self.node(number, ix).and_then(|row| row.not_before).filter(|until| *until > turn.now) {
            return Err(Obstacle::Later(format!("tried again at {until}")));
        }
        let NodeKind::Job(job) = &node.kind else { return Ok(()) };
        if let Some(parallel) = &job.parallel {
            let busy = self.index.busy_of.get(&(number, parallel.group.clone())).map_or(0, BTreeSet::len);
            if busy >= parallel.limit as usize {
                return Err(Obstacle::Later(format!("max_parallel: {busy} of {} jobs of {} run", parallel.limit, parallel.group)));
            }
        }
        if job.class == Class::BuildTest {
            return Ok(());
        }
        let target = node.target.as_deref().map(TargetName::from);
        // What cleans up after a failure is no forward step: holds stop only those (L7).
        if let Some(hold) = self.hold_on(number, wave_of(&self.plan_of(number), node), target.as_ref()).filter(|_| !is_hook) {
            return Err(Obstacle::Later(format!("held: {}", hold.reason)));
        }
        match target {
            Some(target) => self.target_obstacle(&target),
            None => Ok(()),
        }
    }

    /// Whether the release still goes forward at this node's wave and target.
    fn may_go_on(&self, number: ReleaseNumber, node: &Node) -> Result<(), Obstacle> {
        let Some(release) = self.releases.get(&number).filter(|r| r.row.state != ReleaseState::Cancelled) else {
            return Err(Obstacle::Never);
        };
        let wave = wave_of(&release.plan, node);
        let target = node.target.as_deref().map(TargetName::from);
        if let Some(target) = &target {
            let goes = self
                .rollout(number, target)
                .is_none_or(|r| matches!(r.state, RolloutState::Running | RolloutState::Baking | RolloutState::Succeeded));
            if !goes {
                return Err(Obstacle::Never);
            }
        }
        match release.waves.get(&wave).map(|w| w.state) {
            Some(WaveState::Entered | WaveState::Completed) => Ok(()),
            // Targets that have started go on to their end; nothing else does (W3).
            Some(WaveState::Failing) if target.is_some() => Ok(()),
            Some(WaveState::Failing | WaveState::Failed | WaveState::RolledBack | WaveState::Cancelled) => Err(Obstacle::Never),
            Some(WaveState::Waiting | WaveState::Left) | None => Err(Obstacle::Outside),
        }
    }

    /// Who has the target now.
    pub(crate) fn target_obstacle(&self, target: &TargetName) -> Result<(), Obstacle> {
        if self.targets.get(target).is_some_and(|row| row.unknown.is_some()) {
            return Err(Obstacle::Later(format!("what runs at {target} is unknown")));
        }
        if let Some(holder) = self.index.attempts_at.get(target).and_then(|ids| ids.first()) {
            return Err(Obstacle::Later(format!("attempt {holder} has {target}")));
        }
        if self.index.going_back.contains_key(target) {
            return Err(Obstacle::Later(format!("{target} is being rolled back")));
        }
        Ok(())
    }

    /// The start of a target: its turn under `max_parallel` (W2), free of holds and of other releases.
    fn start_target(&mut self, turn: &mut Turn, number: ReleaseNumber, ix: NodeIx, node: &Node) {
        let Some(target) = node.target.as_deref().map(TargetName::from) else { return };
        if let Some(newer) = self.newer_at(number, &target) {
            return self.skip_target(turn, number, &target, newer);
        }
        if let Err(obstacle) = self.start_obstacle(number, node, &target) {
            return self.stand(turn, number, ix, obstacle);
        }
        let wave = wave_of(&self.plan_of(number), node);
        let place = self.wave_key(number, wave);
        self.new_rollout(turn, number, &target, wave, Direction::Forward, String::new());
        self.emit(
            turn,
            Fact::new(EventKind::RolloutStarted, format!("release {number} goes to {target}"))
                .release(number)
                .place(place)
                .target(Some(target)),
        );
        self.set_node(turn, number, ix, NodeState::Succeeded, "");
    }

    fn start_obstacle(&self, number: ReleaseNumber, node: &Node, target: &TargetName) -> Result<(), Obstacle> {
        let plan = self.plan_of(number);
        let wave = wave_of(&plan, node);
        let Some(release) = self.releases.get(&number) else { return Err(Obstacle::Never) };
        match release.waves.get(&wave).map(|w| w.state) {
            Some(WaveState::Entered | WaveState::Completed) => {}
            // Nothing new starts in a wave that fails (W3).
            Some(WaveState::Failing | WaveState::Failed | WaveState::RolledBack | WaveState::Cancelled) => return Err(Obstacle::Never),
            Some(WaveState::Waiting | WaveState::Left) | None => return Err(Obstacle::Outside),
        }
        if release.row.quarantine.is_some() || self.targets.get(target).is_some_and(|t| t.bad.contains(&number)) {
            return Err(Obstacle::Later("the release is quarantined".to_owned()));
        }
        if let Some(hold) = self.hold_on(number, wave, Some(target)) {
            return Err(Obstacle::Later(format!("held: {}", hold.reason)));
        }
        let limit = plan.wave(wave).map_or(0, |w| w.max_parallel);
        let started = release.started.get(&wave).copied().unwrap_or(0);
        if limit > 0 && started >= limit {
            return Err(Obstacle::Later(format!("max_parallel: {started} of {limit} targets are under way")));
        }
        if let Some(other) = self.under_way_at(target).filter(|other| *other != number) {
            return Err(Obstacle::Later(format!("release {other} is under way at {target}")));
        }
        self.target_obstacle(target)
    }

    /// The release whose forward rollout is under way at a target.
    fn under_way_at(&self, target: &TargetName) -> Option<ReleaseNumber> {
        let count = self.index.newest_rollout.get(target)?;
        let row = self.rollouts.get(&(target.clone(), *count))?;
        matches!(row.state, RolloutState::Running | RolloutState::Baking | RolloutState::Unknown).then_some(row.release)
    }

    /// A newer release that came to this target by another way, such as a wave with another name (IB4).
    fn newer_at(&self, number: ReleaseNumber, target: &TargetName) -> Option<ReleaseNumber> {
        let mine = self.release(number)?.row.order;
        let row = self.targets.get(target)?;
        let runs = row
            .partly
            .into_iter()
            .chain(row.live)
            .find(|other| self.release(*other).is_some_and(|r| (r.row.order, r.row.number) > (mine, number)))?;
        Some(runs)
    }

    /// The target runs a newer release, which carries these commits: nothing is left to do there.
    fn skip_target(&mut self, turn: &mut Turn, number: ReleaseNumber, target: &TargetName, newer: ReleaseNumber) {
        let plan = self.plan_of(number);
        let Some(release) = self.releases.get(&number) else { return };
        let Some((_, _, rollout)) = rollout_of(&plan, &release.shape, target) else { return };
        for ix in std::iter::once(&rollout.start).chain(&rollout.nodes) {
            self.set_node(turn, number, *ix, NodeState::Skipped, format!("{target} runs newer release {newer}"));
        }
    }

    pub(crate) fn new_rollout(
        &mut self,
        turn: &mut Turn,
        release: ReleaseNumber,
        target: &TargetName,
        wave: WaveIx,
        direction: Direction,
        reason: String,
    ) {
        let mut count = 0;
        self.edit_target(turn, target, |row| {
            row.rollouts = row.rollouts.saturating_add(1);
            count = row.rollouts;
        });
        let row = RolloutRow {
            number: count,
            target: target.clone(),
            release,
            wave,
            direction,
            state: RolloutState::Running,
            started_at: turn.now,
            deployed_at: None,
            ended_at: None,
            reason,
        };
        self.put_rollout(turn, row);
    }

    /// A target is rolled out and baked: from now on it is a place to go back to (X2).
    fn end_target(&mut self, turn: &mut Turn, number: ReleaseNumber, ix: NodeIx, node: &Node) {
        let Some(target) = node.target.as_deref().map(TargetName::from) else { return };
        self.set_node(turn, number, ix, NodeState::Succeeded, "");
        let plan = self.plan_of(number);
        let wave = wave_of(&plan, node);
        self.wake_wave(turn, number, wave);
        if self.rollout(number, &target).is_none_or(|r| r.ended_at.is_some()) {
            return;
        }
        self.mark_good(turn, number, &target);
        let now = turn.now;
        self.edit_rollout(turn, number, &target, |row| {
            row.state = RolloutState::Succeeded;
            row.ended_at = Some(now);
        });
        let place = self.wave_key(number, wave);
        self.emit(
            turn,
            Fact::new(EventKind::RolloutSucceeded, format!("{target} runs release {number}"))
                .release(number)
                .place(place)
                .target(Some(target.clone())),
        );
        self.run_target_hooks(turn, number, &target);
    }

    fn mark_good(&mut self, turn: &mut Turn, number: ReleaseNumber, target: &TargetName) {
        let Some((order, barriers)) = self.release(number).map(|r| (r.row.order, r.plan.barriers.clone())) else { return };
        if self.target(target).is_none_or(|t| t.live != Some(number)) {
            return;
        }
        let now = turn.now;
        self.edit_target(turn, target, |row| {
            row.good.retain(|g| g.release != number);
            row.good.push(super::row::Good { release: number, order, at: now });
            row.barriers.iter_mut().filter(|(name, _)| barriers.contains(*name)).for_each(|(_, brought)| brought.proven = true);
            if row.good.len() > 20 {
                row.good.remove(0);
            }
        });
    }

    /// Nodes of this wave that stand ready may find room now.
    pub(crate) fn wake_wave(&self, turn: &mut Turn, number: ReleaseNumber, wave: WaveIx) {
        let plan = self.plan_of(number);
        let of_release = self.index.ready.range((number, NodeIx(0))..=(number, NodeIx(u32::MAX)));
        turn.nodes.extend(of_release.filter(|(_, ix)| plan.node(*ix).is_some_and(|n| wave_of(&plan, n) == wave)).copied());
    }

    /// A target is free: first what goes back, then what stands ready for it.
    pub(crate) fn serve_target(&mut self, turn: &mut Turn, target: &TargetName) {
        turn.rollbacks.extend(self.index.going_back.get(target).cloned());
        turn.nodes.extend(self.index.ready_at.get(target).into_iter().flatten().copied());
    }

    /// The plan of a release; an empty one for a release that is not there.
    pub(crate) fn plan_of(&self, number: ReleaseNumber) -> Arc<pipelines::plan::Plan> {
        self.releases.get(&number).map(|r| Arc::clone(&r.plan)).unwrap_or_else(super::shape::no_plan)
    }
}
