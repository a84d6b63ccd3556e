use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use engine::core::id::{HoldId, LaneKey, MonitorId, ReleaseNumber, SourceOrder, TargetName};
use engine::core::row::{
    AdditionRow, AttemptRow, AttemptState, GateRow, HoldRow, LaneRow, NodeRow, PipelineRow, ReleaseRow, ReleaseState, RolloutRow, Row,
    TargetRow, WatchRow, WaveRow,
};
use engine::core::{KEPT_ENDED_BADLY, Loaded};
use pipelines::plan::{NodeIx, Plan, WaveIx};
use protocol::AttemptId;

/// Everything that was committed, by key, as a database has it.
#[derive(Debug, Clone)]
pub(crate) struct Rows {
    pub(crate) pipeline: PipelineRow,
    pub(crate) releases: BTreeMap<ReleaseNumber, ReleaseRow>,
    /// As they were admitted, and as they have grown.
    admitted: BTreeMap<ReleaseNumber, Arc<Plan>>,
    pub(crate) plans: BTreeMap<ReleaseNumber, Arc<Plan>>,
    pub(crate) additions: BTreeMap<(ReleaseNumber, u32), AdditionRow>,
    pub(crate) waves: BTreeMap<(ReleaseNumber, WaveIx), WaveRow>,
    pub(crate) nodes: BTreeMap<(ReleaseNumber, NodeIx), NodeRow>,
    pub(crate) attempts: BTreeMap<AttemptId, AttemptRow>,
    pub(crate) gates: BTreeMap<(ReleaseNumber, NodeIx), GateRow>,
    pub(crate) lanes: BTreeMap<LaneKey, LaneRow>,
    pub(crate) targets: BTreeMap<TargetName, TargetRow>,
    pub(crate) rollouts: BTreeMap<(TargetName, u64), RolloutRow>,
    pub(crate) watches: BTreeMap<MonitorId, WatchRow>,
    pub(crate) holds: BTreeMap<HoldId, HoldRow>,
}

impl Rows {
    pub(crate) fn new(pipeline: PipelineRow) -> Self {
        Self {
            pipeline,
            releases: BTreeMap::new(),
            admitted: BTreeMap::new(),
            plans: BTreeMap::new(),
            additions: BTreeMap::new(),
            waves: BTreeMap::new(),
            nodes: BTreeMap::new(),
            attempts: BTreeMap::new(),
            gates: BTreeMap::new(),
            lanes: BTreeMap::new(),
            targets: BTreeMap::new(),
            rollouts: BTreeMap::new(),
            watches: BTreeMap::new(),
            holds: BTreeMap::new(),
        }
    }

    pub(crate) fn save(&mut self, rows: Vec<Row>) {
        for row in rows {
            match row {
                Row::Pipeline(row) => self.pipeline = row,
                Row::Release(row) => drop(self.releases.insert(row.number, *row)),
                Row::Plan(number, plan) => {
                    self.admitted.insert(number, Arc::clone(&plan));
                    self.plans.insert(number, plan);
                }
                Row::Addition(row) => self.grow(*row),
                Row::Wave(row) => drop(self.waves.insert((row.release, row.wave), row)),
                Row::Node(row) => drop(self.nodes.insert((row.release, row.node), row)),
                Row::Attempt(row) => drop(self.attempts.insert(row.id.clone(), *row)),
                Row::Gate(row) => drop(self.gates.insert((row.release, row.node), row)),
                Row::Lane(row) => drop(self.lanes.insert(row.key.clone(), row)),
                Row::Target(row) => drop(self.targets.insert(row.name.clone(), row)),
                Row::Rollout(row) => drop(self.rollouts.insert((row.target.clone(), row.number), row)),
                Row::Watch(row) => drop(self.watches.insert(row.id.clone(), *row)),
                Row::WatchEnded(id) => drop(self.watches.remove(&id)),
                Row::Hold(row) => drop(self.holds.insert(row.id.clone(), row)),
            }
        }
    }

    /// One that does not fit is found when the pipeline is loaded.
    fn grow(&mut self, row: AdditionRow) {
        if let Some(plan) = self.plans.get_mut(&row.release) {
            let _does_not_fit = engine::core::replay(plan, std::slice::from_ref(&row));
        }
        self.additions.insert((row.release, row.number), row);
    }

    /// Exactly what [`Loaded`] asks for, and nothing more.
    pub(crate) fn loaded(&self) -> Loaded {
        let kept = self.kept();
        let of = |number: &ReleaseNumber| kept.contains(number);
        Loaded {
            pipeline: self.pipeline.clone(),
            releases: kept.iter().filter_map(|n| Some((self.releases.get(n)?.clone(), Arc::clone(self.admitted.get(n)?)))).collect(),
            additions: self.additions.values().filter(|row| of(&row.release)).cloned().collect(),
            waves: self.waves.values().filter(|row| of(&row.release)).cloned().collect(),
            nodes: self.nodes.values().filter(|row| of(&row.release)).cloned().collect(),
            attempts: self.attempts.values().filter(|row| of(&row.release)).cloned().collect(),
            gates: self.gates.values().filter(|row| of(&row.release)).cloned().collect(),
            lanes: self.lanes.values().cloned().collect(),
            targets: self.targets.values().cloned().collect(),
            rollouts: self.rollouts.values().filter(|row| of(&row.release)).cloned().collect(),
            watches: self.watches.values().cloned().collect(),
            holds: self.holds.values().filter(|row| row.lifted.is_none()).cloned().collect(),
        }
    }

    fn kept(&self) -> BTreeSet<ReleaseNumber> {
        let mut kept: BTreeSet<ReleaseNumber> =
            self.releases.values().filter(|row| row.state == ReleaseState::Moving).map(|row| row.number).collect();
        let bad = self.releases.values().rev().filter(|row| matches!(row.state, ReleaseState::Failed | ReleaseState::Cancelled));
        kept.extend(bad.take(KEPT_ENDED_BADLY).map(|row| row.number));
        for row in self.targets.values() {
            kept.extend(row.live.into_iter().chain(row.partly).chain(row.good.iter().map(|g| g.release)));
        }
        for row in self.lanes.values() {
            let rollback = row.rollback.iter().flat_map(|r| [Some(r.of), r.to]).flatten();
            kept.extend(row.inside.iter().copied().chain(row.newest_entered.map(|(_, n)| n)).chain(rollback));
        }
        kept.extend(self.attempts.values().filter(|row| row.state != AttemptState::Ended).map(|row| row.release));
        kept
    }

    pub(crate) fn order(&self, number: ReleaseNumber) -> Option<(SourceOrder, ReleaseNumber)> {
        self.releases.get(&number).map(|row| (row.order, number))
    }

    pub(crate) fn plan(&self, number: ReleaseNumber) -> Option<&Arc<Plan>> {
        self.plans.get(&number)
    }
}
