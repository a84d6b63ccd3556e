//! What can be read off a plan once, so that no input has to walk it again. Never stored.

mod grow;

use std::collections::{BTreeMap, BTreeSet};

use pipelines::plan::{Alarm, GateCondition, Monitor, Node, NodeIx, NodeKind, Plan, Rollout, StageIx, Wave, WaveIx};
use pipelines::window::CompiledWindow;
use sha2::{Digest, Sha256};

use super::id::{MonitorId, TargetName};

pub(crate) use grow::Around;

/// The derived side of one plan. Positions are those of [`Plan::nodes`].
#[derive(Debug, Clone, Default)]
pub(crate) struct Shape {
    /// Who needs a node.
    pub(crate) dependents: Vec<Vec<NodeIx>>,
    /// How many needs a node has.
    pub(crate) needs: Vec<u32>,
    /// Nodes of the DAG without needs.
    pub(crate) roots: Vec<NodeIx>,
    /// Gates and jobs outside the DAG.
    pub(crate) detached: BTreeSet<NodeIx>,
    pub(crate) by_key: BTreeMap<String, NodeIx>,
    /// The job that leaves an artifact, and the artifacts that a job leaves.
    pub(crate) leaves: BTreeMap<String, NodeIx>,
    artifacts_of: BTreeMap<NodeIx, Vec<String>>,
    /// By target: its wave and its position in [`Wave::rollouts`].
    pub(crate) rollouts: BTreeMap<TargetName, (WaveIx, usize)>,
    /// Waves that a gate stands in front of.
    pub(crate) gated: BTreeMap<NodeIx, Vec<WaveIx>>,
    /// Ids of the monitors of a wave's alarms, of gates and of bakes.
    pub(crate) wave_alarms: BTreeMap<WaveIx, Vec<WatchedAlarm>>,
    pub(crate) node_alarms: BTreeMap<NodeIx, Vec<WatchedAlarm>>,
    /// For waves with `at_least`: how many of their targets must be complete, and the targets' ends.
    pub(crate) quorums: BTreeMap<WaveIx, Quorum>,
    /// Window gates, ready to be asked; or why they cannot be read.
    pub(crate) windows: BTreeMap<NodeIx, Result<CompiledWindow, String>>,
}

#[derive(Debug, Clone)]
pub(crate) struct WatchedAlarm {
    pub(crate) id: MonitorId,
    pub(crate) alarm: Alarm,
}

#[derive(Debug, Clone)]
pub(crate) struct Quorum {
    pub(crate) count: u32,
    pub(crate) ends: BTreeSet<NodeIx>,
}

impl Shape {
    pub(crate) fn new(plan: &Plan) -> Self {
        let mut shape = Self::default();
        let stages: Vec<StageIx> = (0..).map(StageIx).zip(&plan.stages).map(|(ix, _)| ix).collect();
        shape.take_in(plan, &stages);
        shape
    }

    /// Reads what a plan has beyond what was read before: its last nodes, and these stages.
    fn take_in(&mut self, plan: &Plan, stages: &[StageIx]) {
        let first = self.needs.len();
        self.dependents.resize(plan.nodes.len(), Vec::new());
        let mut ids = MonitorIds::default();
        for ix in stages {
            self.take_in_stage(plan, *ix, &mut ids);
        }
        for (node, ix) in nodes(plan).skip(first) {
            if matches!(node.kind, NodeKind::Gate(_)) {
                self.detached.insert(ix);
            }
            if node.needs.is_empty() && !self.detached.contains(&ix) {
                self.roots.push(ix);
            }
            self.needs.push(u32::try_from(node.needs.len()).unwrap_or(u32::MAX));
            for need in &node.needs {
                if let Some(list) = self.dependents.get_mut(need.0 as usize) {
                    list.push(ix);
                }
            }
            self.by_key.insert(node.key.clone(), ix);
            self.take_in_artifacts(node, ix);
            self.node_alarms.extend(ids.of_node(&node.kind).map(|alarms| (ix, alarms)));
            self.windows.extend(compiled(&node.kind).map(|window| (ix, window)));
        }
    }

    fn take_in_stage(&mut self, plan: &Plan, ix: StageIx, ids: &mut MonitorIds) {
        let Some(stage) = plan.stage(ix) else { return };
        self.detached.extend(stage.on_failure.iter().chain(&stage.finally));
        for (wave, at) in stage.waves.iter().zip(0..) {
            let ix = WaveIx { stage: ix, wave: at };
            self.detached.extend(wave.on_failure.iter().chain(&wave.finally));
            self.wave_alarms.insert(ix, ids.watched(&wave.alarms));
            for gate in &wave.gates {
                self.gated.entry(*gate).or_default().push(ix);
            }
            for (position, rollout) in wave.rollouts.iter().enumerate() {
                self.detached.extend(rollout.on_failure.iter().chain(&rollout.finally).chain([&rollout.rollback, &rollout.inspect]));
                self.rollouts.insert(TargetName(rollout.target.clone()), (ix, position));
            }
            if let Some(count) = wave.at_least {
                self.quorums.insert(ix, Quorum { count, ends: wave.rollouts.iter().map(|r| r.end).collect() });
            }
        }
    }

    fn take_in_artifacts(&mut self, node: &Node, ix: NodeIx) {
        let NodeKind::Job(job) = &node.kind else { return };
        let names: Vec<String> = job.artifacts_out.iter().map(|artifact| artifact.name.clone()).collect();
        if !names.is_empty() {
            self.leaves.extend(names.iter().map(|name| (name.clone(), ix)));
            self.artifacts_of.insert(ix, names);
        }
    }

    /// The quorum that the end of a target counts towards.
    pub(crate) fn quorum(&self, plan: &Plan, node: NodeIx) -> Option<&Quorum> {
        if self.quorums.is_empty() {
            return None;
        }
        let wave = plan.node(node)?.wave?;
        self.quorums.get(&wave).filter(|q| q.ends.contains(&node))
    }
}

/// Why a plan cannot be followed, in words; none when it is sound. A plan of the language crate always is.
pub(crate) fn flaw(plan: &Plan) -> Option<String> {
    let exists = |ix: &NodeIx| plan.node(*ix).is_some();
    let mut keys = BTreeSet::new();
    for (node, ix) in nodes(plan) {
        if let Some(need) = node.needs.iter().find(|need| need.0 >= ix.0) {
            return Some(format!("node {:?} needs node {}, which does not stand before it", node.key, need.0));
        }
        if !keys.insert(&node.key) {
            return Some(format!("two nodes have the key {:?}", node.key));
        }
        if plan.stage(node.stage).is_none() || node.wave.is_some_and(|wave| plan.wave(wave).is_none()) {
            return Some(format!("node {:?} belongs to a stage or wave that does not exist", node.key));
        }
    }
    let mut targets = BTreeSet::new();
    for (ix, stage, wave) in plan.waves() {
        let named = [wave.start, wave.end, stage.start, stage.end];
        let lists = [&wave.gates, &wave.on_failure, &wave.finally, &stage.on_failure, &stage.finally];
        if !named.iter().chain(lists.into_iter().flatten()).all(exists) {
            return Some(format!("wave {} names a node that does not exist", wave_key(plan, ix)));
        }
        for rollout in &wave.rollouts {
            let named = [rollout.start, rollout.end, rollout.deployed, rollout.rollback, rollout.inspect];
            if !named.iter().chain(&rollout.nodes).chain(&rollout.on_failure).chain(&rollout.finally).all(exists) {
                return Some(format!("the rollout to {} names a node that does not exist", rollout.target));
            }
            if !targets.insert(&rollout.target) {
                return Some(format!("target {} stands in two waves", rollout.target));
            }
        }
    }
    if plan.stages.is_empty() {
        return Some("it has no stage".to_owned());
    }
    plan.stages.iter().find(|s| s.waves.is_empty()).map(|s| format!("stage {:?} has no wave", s.name))
}

/// `prod/wave-1`, or `prod` for the one wave of a stage without waves.
pub(crate) fn wave_key(plan: &Plan, ix: WaveIx) -> String {
    match (plan.stage(ix.stage), plan.wave(ix)) {
        (Some(stage), Some(wave)) if !wave.name.is_empty() => format!("{}/{}", stage.name, wave.name),
        (Some(stage), _) => stage.name.clone(),
        (None, _) => String::new(),
    }
}

/// Every node with its position.
pub(crate) fn nodes(plan: &Plan) -> impl Iterator<Item = (&Node, NodeIx)> {
    plan.nodes.iter().zip((0..).map(NodeIx))
}

/// The wave that a node counts for: its own, or the last of its stage for what belongs to the stage.
pub(crate) fn wave_of(plan: &Plan, node: &Node) -> WaveIx {
    node.wave.unwrap_or_else(|| last_wave(plan, node.stage))
}

/// The waves whose end may depend on a node: its own, or all of its stage for what belongs to the stage.
pub(crate) fn waves_of(plan: &Plan, node: &Node) -> Vec<WaveIx> {
    match node.wave {
        Some(wave) => vec![wave],
        None => (0..)
            .zip(plan.stage(node.stage).into_iter().flat_map(|s| &s.waves))
            .map(|(wave, _)| WaveIx { stage: node.stage, wave })
            .collect(),
    }
}

pub(crate) fn last_wave(plan: &Plan, stage: StageIx) -> WaveIx {
    let count = plan.stage(stage).map_or(0, |s| s.waves.len());
    WaveIx { stage, wave: u32::try_from(count.saturating_sub(1)).unwrap_or(u32::MAX) }
}

/// The part of the plan that brings the release to a target.
pub(crate) fn rollout_of<'p>(plan: &'p Plan, shape: &Shape, target: &TargetName) -> Option<(WaveIx, &'p Wave, &'p Rollout)> {
    let (ix, position) = shape.rollouts.get(target)?;
    let wave = plan.wave(*ix)?;
    Some((*ix, wave, wave.rollouts.get(*position)?))
}

/// The digest that names a monitor; equal monitors share one poll.
#[must_use]
pub fn monitor_id(monitor: &Monitor) -> MonitorId {
    // A monitor holds only texts and numbers, so that it always has a JSON form.
    let json = serde_json::to_vec(monitor).unwrap_or_default();
    MonitorId(hex::encode(Sha256::digest(&json)))
}

fn compiled(kind: &NodeKind) -> Option<Result<CompiledWindow, String>> {
    match kind {
        NodeKind::Gate(gate) => match &gate.condition {
            GateCondition::Window(window) => Some(CompiledWindow::new(window).map_err(|error| error.to_string())),
            GateCondition::DependsOn(_) | GateCondition::Alarms(_) | GateCondition::Metric(_) => None,
            GateCondition::Check(_) | GateCondition::Approval(_) => None,
        },
        NodeKind::Job(_) | NodeKind::Bake(_) | NodeKind::Milestone(_) => None,
    }
}

/// Digests of monitors. Equal monitors mostly stand side by side, so the last one is remembered.
#[derive(Default)]
struct MonitorIds(Option<(Monitor, MonitorId)>);

impl MonitorIds {
    fn of(&mut self, monitor: &Monitor) -> MonitorId {
        if let Some((_, id)) = self.0.as_ref().filter(|(last, _)| last == monitor) {
            return id.clone();
        }
        let id = monitor_id(monitor);
        self.0 = Some((monitor.clone(), id.clone()));
        id
    }

    fn watched(&mut self, alarms: &[Alarm]) -> Vec<WatchedAlarm> {
        alarms.iter().map(|alarm| WatchedAlarm { id: self.of(&alarm.monitor), alarm: alarm.clone() }).collect()
    }

    fn of_node(&mut self, kind: &NodeKind) -> Option<Vec<WatchedAlarm>> {
        match kind {
            NodeKind::Bake(bake) => Some(self.watched(&bake.alarms)),
            NodeKind::Gate(gate) => match &gate.condition {
                GateCondition::Alarms(alarms) => Some(self.watched(alarms)),
                GateCondition::Metric(metric) => Some(vec![WatchedAlarm {
                    id: self.of(&metric.monitor),
                    alarm: Alarm { name: gate.name.clone(), monitor: metric.monitor.clone(), for_ms: 0, target: None, aggregate: None },
                }]),
                GateCondition::DependsOn(_) | GateCondition::Window(_) | GateCondition::Check(_) | GateCondition::Approval(_) => None,
            },
            NodeKind::Job(_) | NodeKind::Milestone(_) => None,
        }
    }
}

/// A plan without anything, for what asks about a release that is not there.
pub(crate) fn no_plan() -> std::sync::Arc<Plan> {
    std::sync::Arc::new(Plan::default())
}
