use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use pipelines::plan::{NodeIx, Plan, WaveIx};
use protocol::AttemptId;

use super::dispatch::Queued;
use super::id::{HoldId, LaneKey, MonitorId, PipelineId, ReleaseNumber, SourceOrder, TargetName};
use super::index::Index;
use super::release::Release;
use super::row::{AttemptRow, AttemptState, GateRow, HoldRow, LaneRow, NodeRow, PipelineRow, RolloutRow, TargetRow, WatchRow, WaveRow};
use super::{Settings, Time};

/// One pipeline: its lanes, its targets, and its releases in flight. The unit of decision.
///
/// It holds the rows of the releases that still matter and what is derived from them. `handle` is the
/// only way to change it. After an error of the store it must be loaded anew.
#[derive(Debug)]
pub struct Pipeline {
    pub(crate) row: PipelineRow,
    pub(crate) settings: Settings,
    pub(crate) releases: BTreeMap<ReleaseNumber, Release>,
    pub(crate) attempts: BTreeMap<AttemptId, AttemptRow>,
    pub(crate) lanes: BTreeMap<LaneKey, LaneRow>,
    pub(crate) targets: BTreeMap<TargetName, TargetRow>,
    pub(crate) rollouts: BTreeMap<(TargetName, u64), RolloutRow>,
    pub(crate) watches: BTreeMap<MonitorId, WatchRow>,
    pub(crate) holds: BTreeMap<HoldId, HoldRow>,
    pub(crate) index: Index,
}

impl Pipeline {
    /// A pipeline to which nothing has happened yet.
    #[must_use]
    pub fn new(id: PipelineId, name: String, settings: Settings) -> Self {
        Self::empty(PipelineRow { id, name, next_release: 1, keys: Vec::new(), upstream: Vec::new(), pull_request: None }, settings)
    }

    pub(crate) fn empty(row: PipelineRow, settings: Settings) -> Self {
        Self {
            row,
            settings,
            releases: BTreeMap::new(),
            attempts: BTreeMap::new(),
            lanes: BTreeMap::new(),
            targets: BTreeMap::new(),
            rollouts: BTreeMap::new(),
            watches: BTreeMap::new(),
            holds: BTreeMap::new(),
            index: Index::default(),
        }
    }

    /// When [`super::Input::Tick`] has something to do next.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Time> {
        self.index.deadlines.first().map(|(at, _)| *at)
    }

    #[must_use]
    pub fn row(&self) -> &PipelineRow {
        &self.row
    }

    /// The name under which secrets, variables and policies know it: that of the pipeline whose pull request it is, or its own.
    #[must_use]
    pub fn scope(&self) -> &str {
        self.row.pull_request.as_ref().map_or(&self.row.name, |pull| &pull.parent_name)
    }

    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Releases in memory, oldest number first: all that move, the newest 50 that failed or were
    /// cancelled, and all that a target or lane names.
    pub fn releases(&self) -> impl DoubleEndedIterator<Item = &Release> {
        self.releases.values()
    }

    #[must_use]
    pub fn release(&self, number: ReleaseNumber) -> Option<&Release> {
        self.releases.get(&number)
    }

    /// The release that an admission with this key made, as long as the key is remembered.
    #[must_use]
    pub fn release_by_key(&self, key: &str) -> Option<ReleaseNumber> {
        self.row.keys.iter().rev().find(|used| used.key == key)?.release
    }

    #[must_use]
    pub fn plan(&self, number: ReleaseNumber) -> Option<&Arc<Plan>> {
        self.releases.get(&number).map(|r| &r.plan)
    }

    pub fn waves(&self, number: ReleaseNumber) -> impl Iterator<Item = &WaveRow> {
        self.releases.get(&number).into_iter().flat_map(|r| r.waves.values())
    }

    #[must_use]
    pub fn wave(&self, number: ReleaseNumber, wave: WaveIx) -> Option<&WaveRow> {
        self.releases.get(&number)?.waves.get(&wave)
    }

    /// Nodes to which something has happened.
    pub fn nodes(&self, number: ReleaseNumber) -> impl Iterator<Item = &NodeRow> {
        self.releases.get(&number).into_iter().flat_map(|r| r.nodes.values())
    }

    #[must_use]
    pub fn node(&self, number: ReleaseNumber, node: NodeIx) -> Option<&NodeRow> {
        self.releases.get(&number)?.nodes.get(&node)
    }

    pub fn gates(&self, number: ReleaseNumber) -> impl Iterator<Item = &GateRow> {
        self.releases.get(&number).into_iter().flat_map(|r| r.gates.values())
    }

    #[must_use]
    pub fn gate(&self, number: ReleaseNumber, node: NodeIx) -> Option<&GateRow> {
        self.releases.get(&number)?.gates.get(&node)
    }

    /// Attempts of the releases in memory, ended ones included.
    pub fn attempts(&self) -> impl Iterator<Item = &AttemptRow> {
        self.attempts.values()
    }

    pub fn attempts_of(&self, number: ReleaseNumber) -> impl Iterator<Item = &AttemptRow> {
        self.index.attempts.get(&number).into_iter().flatten().filter_map(|id| self.attempts.get(id))
    }

    #[must_use]
    pub fn attempt(&self, id: &AttemptId) -> Option<&AttemptRow> {
        self.attempts.get(id)
    }

    /// Attempts that wait for a runner, for [`super::dispatch::assign`].
    pub fn queued(&self) -> impl Iterator<Item = Queued> {
        self.index.queued.iter().filter_map(|id| self.attempts.get(id)).filter(|a| a.state == AttemptState::Queued).map(|a| Queued {
            attempt: a.id.clone(),
            pipeline: self.row.id.clone(),
            runs_on: a.runs_on.clone(),
            urgent: a.urgent,
            queued_at: a.queued_at,
        })
    }

    pub fn lanes(&self) -> impl Iterator<Item = &LaneRow> {
        self.lanes.values()
    }

    #[must_use]
    pub fn lane(&self, key: &LaneKey) -> Option<&LaneRow> {
        self.lanes.get(key)
    }

    /// Who stands in front of a lane, oldest first (P4).
    pub fn waiting_at(&self, key: &LaneKey) -> impl DoubleEndedIterator<Item = (SourceOrder, ReleaseNumber, WaveIx)> {
        self.index.doors.get(key).into_iter().flatten().copied()
    }

    pub fn targets(&self) -> impl Iterator<Item = &TargetRow> {
        self.targets.values()
    }

    #[must_use]
    pub fn target(&self, name: &TargetName) -> Option<&TargetRow> {
        self.targets.get(name)
    }

    /// Rollouts of the releases in memory, by target, oldest first.
    pub fn rollouts(&self) -> impl Iterator<Item = &RolloutRow> {
        self.rollouts.values()
    }

    /// The newest forward rollout of a release at a target.
    #[must_use]
    pub fn rollout(&self, number: ReleaseNumber, target: &TargetName) -> Option<&RolloutRow> {
        let count = self.index.rollout_of.get(&(number, target.clone()))?;
        self.rollouts.get(&(target.clone(), *count))
    }

    pub fn watches(&self) -> impl Iterator<Item = &WatchRow> {
        self.watches.values()
    }

    #[must_use]
    pub fn watch(&self, id: &MonitorId) -> Option<&WatchRow> {
        self.watches.get(id)
    }

    /// Holds in force.
    pub fn holds(&self) -> impl Iterator<Item = &HoldRow> {
        self.index.holds.iter().filter_map(|id| self.holds.get(id))
    }

    /// Targets that a release runs at, wholly or in part.
    #[must_use]
    pub fn runs_at(&self, number: ReleaseNumber) -> Option<&BTreeSet<TargetName>> {
        self.index.runs_at.get(&number)
    }
}
