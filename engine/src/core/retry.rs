//! A retry by hand: same release, same plan, new attempts (A6, L8).

use std::collections::BTreeSet;

use pipelines::plan::{NodeIx, WaveIx};

use super::event::EventKind;
use super::id::{ReleaseNumber, TargetName};
use super::input::Retry;
use super::pipeline::Pipeline;
use super::rejected::Rejected;
use super::row::{NodeState, ReleaseState, RolloutState, WaveState};
use super::shape::{nodes, wave_of};
use super::turn::{Fact, Turn};

impl Pipeline {
    pub(crate) fn retry(&mut self, turn: &mut Turn, number: ReleaseNumber, what: &Retry) -> Result<(), Rejected> {
        let chosen = self.retried_nodes(number, what)?;
        let waves = self.retried_waves(number, &chosen);
        self.may_retry(number, &waves)?;
        let words = match what {
            Retry::FailedJobs => "its failed jobs".to_owned(),
            Retry::Stage { stage } => format!("stage {stage} from its start"),
            Retry::Job { key } => key.clone(),
        };
        self.edit_release(turn, number, |row| {
            row.state = ReleaseState::Moving;
            row.reason = String::new();
            row.ended_at = None;
        });
        self.emit(turn, Fact::new(EventKind::ReleaseRetried, words).release(number));
        for ix in chosen {
            self.put_back(turn, number, ix);
        }
        let plan = self.plan_of(number);
        self.reopen_stages(turn, number, waves.iter().copied().min_by_key(|wave| plan.place(*wave)));
        for wave in waves {
            self.come_again(turn, number, wave);
        }
        Ok(())
    }

    /// Only while no newer release has entered (L8), nothing of it runs, and it is not quarantined (X6).
    fn may_retry(&self, number: ReleaseNumber, waves: &BTreeSet<WaveIx>) -> Result<(), Rejected> {
        let release = self.release(number).ok_or(Rejected::UnknownRelease(number))?;
        if release.row.quarantine.is_some() {
            return Err(Rejected::Quarantined(number));
        }
        match release.row.state {
            ReleaseState::Failed => {}
            ReleaseState::Moving => return Err(Rejected::NothingToRetry(number, "it has not failed".to_owned())),
            ReleaseState::Completed | ReleaseState::Cancelled | ReleaseState::Superseded | ReleaseState::Outdated => {
                return Err(Rejected::ReleaseEnded(number));
            }
        }
        if release.all_open() > 0 {
            return Err(Rejected::NothingToRetry(number, "something of it still runs".to_owned()));
        }
        for wave in waves {
            let Some(key) = self.lane_key(number, *wave) else { continue };
            if let Some((_, newest)) =
                self.lanes.get(&key).and_then(|lane| lane.newest_entered).filter(|newest| *newest > (release.row.order, number))
            {
                return Err(Rejected::Outdated { by: newest });
            }
            if self.rollback_in(&key) == Some(number) {
                return Err(Rejected::RollbackUnderWay(key.0));
            }
        }
        Ok(())
    }

    fn retried_nodes(&self, number: ReleaseNumber, what: &Retry) -> Result<BTreeSet<NodeIx>, Rejected> {
        let release = self.release(number).ok_or(Rejected::UnknownRelease(number))?;
        let bad = |state: NodeState| matches!(state, NodeState::Failed | NodeState::Unclear | NodeState::Cancelled);
        let in_dag = |ix: &NodeIx| !release.shape.detached.contains(ix);
        let chosen: BTreeSet<NodeIx> = match what {
            Retry::FailedJobs => release.nodes.values().filter(|row| bad(row.state)).map(|row| row.node).filter(in_dag).collect(),
            Retry::Stage { stage } => {
                if !release.plan.stages.iter().any(|s| s.name == *stage) {
                    return Err(Rejected::UnknownPlace(stage.clone()));
                }
                let of_stage = nodes(&release.plan).filter(|(node, _)| release.plan.stage(node.stage).is_some_and(|s| s.name == *stage));
                let again = of_stage.map(|(_, ix)| ix).filter(|ix| in_dag(ix) && release.nodes.contains_key(ix));
                // What failed after it follows once more.
                let after = release.nodes.values().filter(|row| bad(row.state)).map(|row| row.node).filter(in_dag);
                again.chain(after).collect()
            }
            Retry::Job { key } => {
                let ix = release.shape.by_key.get(key).copied().ok_or_else(|| Rejected::UnknownJob(key.clone()))?;
                release.nodes.get(&ix).filter(|row| bad(row.state)).map(|row| row.node).filter(in_dag).into_iter().collect()
            }
        };
        if chosen.is_empty() && !release.waves.values().any(|row| row.state == WaveState::Left) {
            return Err(Rejected::NothingToRetry(number, "no job of it has failed".to_owned()));
        }
        Ok(chosen)
    }

    /// Waves that the release has to enter once more, in the order of the path.
    fn retried_waves(&self, number: ReleaseNumber, chosen: &BTreeSet<NodeIx>) -> BTreeSet<WaveIx> {
        let Some(release) = self.release(number) else { return BTreeSet::new() };
        let of_nodes = chosen.iter().filter_map(|ix| release.plan.node(*ix)).map(|node| wave_of(&release.plan, node));
        let stopped = release
            .waves
            .values()
            .filter(|row| matches!(row.state, WaveState::Left | WaveState::Failed | WaveState::RolledBack))
            .map(|row| row.wave);
        of_nodes.chain(stopped).filter(|wave| release.waves.contains_key(wave)).collect()
    }

    fn put_back(&mut self, turn: &mut Turn, number: ReleaseNumber, ix: NodeIx) {
        let Some(mut row) = self.node(number, ix).cloned() else { return };
        row.state = NodeState::Pending;
        row.since = turn.now;
        row.retries_used.clear();
        row.not_before = None;
        row.reason = String::new();
        row.bake = None;
        self.put_node(turn, row);
        turn.nodes.insert((number, ix));
    }

    /// What comes after the first wave that is entered again waits for it once more (W1).
    fn reopen_stages(&mut self, turn: &mut Turn, number: ReleaseNumber, first: Option<WaveIx>) {
        let (Some(first), Some(plan)) = (first, self.release(number).map(|r| std::sync::Arc::clone(&r.plan))) else { return };
        for (_, _, wave) in plan.waves().skip_while(|(ix, _, _)| *ix != first).skip(1) {
            self.put_back(turn, number, wave.start);
            self.put_back(turn, number, wave.end);
        }
        for (ix, stage) in plan.stages_on_path().skip_while(|(ix, _)| *ix != first.stage) {
            let start = (ix != first.stage).then_some(stage.start);
            for milestone in start.into_iter().chain([stage.end]) {
                self.put_back(turn, number, milestone);
            }
        }
    }

    /// A rollout that failed half-way goes on once the release is in again, and not while it stands in front:
    /// it may give way there. One that was taken back begins anew.
    pub(crate) fn reopen_rollouts(&mut self, turn: &mut Turn, number: ReleaseNumber, wave: WaveIx) {
        let plan = self.plan_of(number);
        for rollout in plan.wave(wave).into_iter().flat_map(|w| &w.rollouts) {
            let target = TargetName(rollout.target.clone());
            let begun = self.release(number).is_some_and(|r| r.is_satisfied(rollout.start) && !r.is_satisfied(rollout.end));
            if !begun {
                continue;
            }
            if self.running_at(&target) != Some(number) {
                // Another release has come there meanwhile.
                for ix in std::iter::once(rollout.start).chain(rollout.nodes.iter().copied()).chain([rollout.end]) {
                    self.put_back(turn, number, ix);
                }
            } else if self.rollout(number, &target).is_some_and(|r| r.state == RolloutState::Failed) {
                self.edit_rollout(turn, number, &target, |row| {
                    row.state = RolloutState::Running;
                    row.ended_at = None;
                });
            }
        }
    }

    /// The release stands in front of the wave again, and is asked everything again (G3).
    fn come_again(&mut self, turn: &mut Turn, number: ReleaseNumber, wave: WaveIx) {
        let now = turn.now;
        self.edit_wave(turn, number, wave, |row| {
            row.state = WaveState::Left;
            row.ended_at = Some(now);
        });
        let plan = self.plan_of(number);
        let Some(wave_plan) = plan.wave(wave) else { return };
        let taken_back: Vec<NodeIx> = wave_plan
            .rollouts
            .iter()
            .filter(|r| {
                let target = r.target.as_str().into();
                // What was taken back, or what another release has come to meanwhile, begins anew.
                let gone = self.running_at(&target) != Some(number);
                self.rollout(number, &target)
                    .is_some_and(|row| gone || matches!(row.state, RolloutState::RolledBack | RolloutState::Cancelled))
            })
            .flat_map(|r| std::iter::once(r.start).chain(r.nodes.iter().copied()).chain([r.end]))
            .collect();
        for ix in taken_back.into_iter().chain([wave_plan.start, wave_plan.end]) {
            self.put_back(turn, number, ix);
        }
        turn.nodes.insert((number, wave_plan.start));
    }
}
