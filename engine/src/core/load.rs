use std::collections::BTreeMap;
use std::sync::Arc;

use pipelines::plan::{NodeIx, Plan, WaveIx};
use thiserror::Error;

use super::Settings;
use super::id::{LaneKey, ReleaseNumber, TargetName};
use super::index::{Deadline, set_member};
use super::pipeline::Pipeline;
use super::release::Release;
use super::row::{
    AdditionRow, AttemptRow, AttemptState, GateRow, HoldRow, LaneRow, NodeRow, PipelineRow, ReleaseRow, ReleaseState, RolloutRow,
    TargetRow, WatchRow, WaveRow,
};
use super::splice;

/// How many failed or cancelled releases stay in memory, newest first.
pub const KEPT_ENDED_BADLY: usize = 50;

/// The rows of one pipeline, as the store gives them back.
///
/// Releases: those that are moving; the newest [`KEPT_ENDED_BADLY`] that failed or were cancelled; those
/// named by a target row (`live`, `partly`, `good`) or a lane row (`inside`, `newest_entered`, `rollback`);
/// and those of attempts that have not ended, each with all of its additions. More does no harm. Waves, nodes, attempts, gates and
/// rollouts: all of those releases. Lanes, targets and watches: all. Holds: those in force; more does no harm.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    pub pipeline: PipelineRow,
    pub releases: Vec<(ReleaseRow, Arc<Plan>)>,
    /// What was added to the plans of these releases, in order.
    pub additions: Vec<AdditionRow>,
    pub waves: Vec<WaveRow>,
    pub nodes: Vec<NodeRow>,
    pub attempts: Vec<AttemptRow>,
    pub gates: Vec<GateRow>,
    pub lanes: Vec<LaneRow>,
    pub targets: Vec<TargetRow>,
    pub rollouts: Vec<RolloutRow>,
    pub watches: Vec<WatchRow>,
    pub holds: Vec<HoldRow>,
}

/// Rows that do not fit together. The pipeline is parked with this message; all others go on (R11).
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LoadError {
    #[error("{row} belongs to release {release}, whose row is missing")]
    NoRelease { row: String, release: ReleaseNumber },
    #[error("{row} of release {release} stands at node {}, and its plan has none there", node.0)]
    NoNode { row: String, release: ReleaseNumber, node: NodeIx },
    #[error("release {release} stands at stage {}, wave {}, and its plan has none there", wave.stage.0, wave.wave)]
    NoWave { release: ReleaseNumber, wave: WaveIx },
    #[error("the plan of release {release} cannot be followed: {flaw}")]
    Plan { release: ReleaseNumber, flaw: String },
    #[error("the plan of release {release} cannot grow as it did: {flaw}")]
    Addition { release: ReleaseNumber, flaw: String },
    #[error("release {0} is not below the pipeline's next number")]
    Number(ReleaseNumber),
    #[error("target {target} names attempt {attempt}, whose row is missing")]
    NoAttempt { target: TargetName, attempt: String },
    #[error("lane {lane} names release {release}, whose row is missing")]
    Lane { lane: LaneKey, release: ReleaseNumber },
}

impl Pipeline {
    /// The pipeline as it was when these rows were saved: every index is built anew, and nothing else
    /// happens (IE10).
    ///
    /// # Errors
    /// When rows do not fit together; never a panic (R11).
    pub fn load(loaded: Loaded, settings: Settings) -> Result<Self, LoadError> {
        let mut pipeline = Self::empty(loaded.pipeline, settings);
        let mut additions: BTreeMap<ReleaseNumber, Vec<AdditionRow>> = BTreeMap::new();
        for row in loaded.additions {
            additions.entry(row.release).or_default().push(row);
        }
        for (row, plan) in loaded.releases {
            let number = row.number;
            if number.0 >= pipeline.row.next_release {
                return Err(LoadError::Number(number));
            }
            let (mut plan, mut shape) =
                (Arc::clone(&plan), pipeline.shape_of(&plan).map_err(|flaw| LoadError::Plan { release: number, flaw })?);
            if let Some(of_release) = additions.remove(&number) {
                splice::replay_into(&mut plan, &mut shape, &of_release).map_err(|flaw| LoadError::Addition { release: number, flaw })?;
            }
            let state = row.state;
            pipeline.releases.insert(number, Release::new(row, plan, shape));
            pipeline.index_release(number, state);
        }
        pipeline.load_progress(loaded.waves, loaded.nodes, loaded.gates)?;
        pipeline.load_attempts(loaded.attempts)?;
        pipeline.load_places(loaded.lanes, loaded.targets, loaded.rollouts)?;
        for row in loaded.watches {
            pipeline.watches.insert(row.id.clone(), row);
        }
        for row in loaded.holds.into_iter().filter(|row| row.lifted.is_none()) {
            pipeline.index_hold(row);
        }
        pipeline.load_watchers();
        pipeline.forget_surplus();
        Ok(pipeline)
    }

    fn load_progress(&mut self, waves: Vec<WaveRow>, nodes: Vec<NodeRow>, gates: Vec<GateRow>) -> Result<(), LoadError> {
        for row in waves {
            let plan = self.loaded_plan(row.release, "a wave")?;
            if plan.wave(row.wave).is_none() {
                return Err(LoadError::NoWave { release: row.release, wave: row.wave });
            }
            self.index_wave(row);
        }
        for row in nodes {
            self.check_node(row.release, row.node, "a node")?;
            self.index_node(row);
        }
        for row in gates {
            self.check_node(row.release, row.node, "a gate")?;
            self.index_gate(row);
        }
        Ok(())
    }

    fn load_attempts(&mut self, attempts: Vec<AttemptRow>) -> Result<(), LoadError> {
        for row in attempts {
            self.check_node(row.release, row.node, &format!("attempt {}", row.id))?;
            self.index_attempt(row);
        }
        Ok(())
    }

    fn load_places(&mut self, lanes: Vec<LaneRow>, targets: Vec<TargetRow>, rollouts: Vec<RolloutRow>) -> Result<(), LoadError> {
        for row in lanes {
            let named = row.inside.iter().copied().chain(row.rollback.iter().map(|r| r.of));
            if let Some(release) = named.into_iter().find(|number| !self.releases.contains_key(number)) {
                return Err(LoadError::Lane { lane: row.key, release });
            }
            self.index_lane(row);
        }
        for row in targets {
            let named = row.holder.iter().chain(row.unknown.as_ref().map(|u| &u.attempt));
            if let Some(attempt) = named.into_iter().find(|id| !self.attempts.contains_key(*id)) {
                return Err(LoadError::NoAttempt { target: row.name.clone(), attempt: attempt.to_string() });
            }
            self.index_target(row);
        }
        // A target's history is longer than what decisions need.
        for row in rollouts.into_iter().filter(|row| self.releases.contains_key(&row.release)).collect::<Vec<_>>() {
            self.index_rollout(row);
        }
        Ok(())
    }

    fn loaded_plan(&self, release: ReleaseNumber, row: &str) -> Result<Arc<Plan>, LoadError> {
        let found = self.releases.get(&release).map(|r| Arc::clone(&r.plan));
        found.ok_or_else(|| LoadError::NoRelease { row: row.to_owned(), release })
    }

    fn check_node(&self, release: ReleaseNumber, node: NodeIx, row: &str) -> Result<(), LoadError> {
        let plan = self.loaded_plan(release, row)?;
        if plan.node(node).is_none() {
            return Err(LoadError::NoNode { row: row.to_owned(), release, node });
        }
        Ok(())
    }

    /// Whether a rule may still ask for this release.
    pub(crate) fn is_kept(&self, number: ReleaseNumber) -> bool {
        let Some(release) = self.releases.get(&number) else { return false };
        let recently_bad = self.index.ended_badly.contains(&number);
        let in_flight = || {
            self.index
                .attempts
                .get(&number)
                .into_iter()
                .flatten()
                .filter_map(|id| self.attempts.get(id))
                .any(|a| a.state != AttemptState::Ended)
        };
        release.row.state == ReleaseState::Moving || recently_bad || self.index.named.contains_key(&number) || in_flight()
    }

    /// Takes a release and all its rows out of memory.
    pub(crate) fn drop_release(&mut self, number: ReleaseNumber) {
        let Some(release) = self.releases.remove(&number) else { return };
        let groups = (number, String::new())..(ReleaseNumber(number.0.saturating_add(1)), String::new());
        for index in [&mut self.index.busy_of, &mut self.index.ready_of] {
            let of_release: Vec<_> = index.range(groups.clone()).map(|(group, _)| group.clone()).collect();
            of_release.iter().for_each(|group| drop(index.remove(group)));
        }
        for node in release.nodes.keys() {
            self.index.ready.remove(&(number, *node));
            self.index.set_deadline(Deadline::Node(number, *node), None);
            if let Some(target) = release.plan.node(*node).and_then(|n| n.target.as_deref()) {
                set_member(&mut self.index.ready_at, &target.into(), &(number, *node), false);
            }
        }
        for gate in release.gates.keys() {
            self.index.set_deadline(Deadline::Gate(number, *gate), None);
        }
        for id in self.index.attempts.remove(&number).unwrap_or_default() {
            self.attempts.remove(&id);
        }
        for target in release.shape.rollouts.keys() {
            self.index.rollout_of.remove(&(number, target.clone()));
            let of_target = self.rollouts.range((target.clone(), 0)..=(target.clone(), u64::MAX));
            let gone: Vec<_> = of_target.filter(|(_, row)| row.release == number).map(|(key, _)| key.clone()).collect();
            for key in gone {
                self.rollouts.remove(&key);
            }
        }
        self.index.ended_badly.remove(&number);
    }

    fn forget_surplus(&mut self) {
        while self.index.ended_badly.len() > KEPT_ENDED_BADLY {
            self.index.ended_badly.pop_first();
        }
        let surplus: Vec<ReleaseNumber> = self.releases.keys().copied().filter(|number| !self.is_kept(*number)).collect();
        for number in surplus {
            self.drop_release(number);
        }
    }
}
