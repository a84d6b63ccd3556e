//! What can be read off a plan once, so that no input has to walk it again. Never stored.

use std::collections::{BTreeMap, BTreeSet};

use pipelines::plan::{Alarm, GateCondition, Monitor, Node, NodeIx, NodeKind, Plan, Rollout, StageIx, Wave, WaveIx};
use pipelines::window::CompiledWindow;
use sha2::{Digest, Sha256};

use super::id::{MonitorId, TargetName};

/// The derived side of one plan. Positions are those of [`Plan::nodes`].
#[derive(Debug)]
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

#[derive(Debug)]
pub(crate) struct Quorum {
    pub(crate) count: u32,
    pub(crate) ends: BTreeSet<NodeIx>,
}

impl Shape {
    pub(crate) fn new(plan: &Plan) -> Self {
        let mut dependents = vec![Vec::new(); plan.nodes.len()];
        for (node, ix) in nodes(plan) {
            for need in &node.needs {
                if let Some(list) = dependents.get_mut(need.0 as usize) {
                    list.push(ix);
                }
            }
        }
        let detached = detached(plan);
        let roots = nodes(plan).filter(|(node, ix)| node.needs.is_empty() && !detached.contains(ix)).map(|(_, ix)| ix).collect();
        let mut ids = MonitorIds::default();
        let mut wave_alarms = BTreeMap::new();
        let (mut rollouts, mut gated, mut quorums) = (BTreeMap::new(), BTreeMap::<NodeIx, Vec<WaveIx>>::new(), BTreeMap::new());
        for (ix, _, wave) in plan.waves() {
            wave_alarms.insert(ix, ids.watched(&wave.alarms));
            for gate in &wave.gates {
                gated.entry(*gate).or_default().push(ix);
            }
            for (position, rollout) in wave.rollouts.iter().enumerate() {
                rollouts.insert(TargetName(rollout.target.clone()), (ix, position));
            }
            if let Some(count) = wave.at_least {
                quorums.insert(ix, Quorum { count, ends: wave.rollouts.iter().map(|r| r.end).collect() });
            }
        }
        let node_alarms = nodes(plan).filter_map(|(node, ix)| Some((ix, ids.of_node(&node.kind)?))).collect();
        Self {
            dependents,
            needs: plan.nodes.iter().map(|n| u32::try_from(n.needs.len()).unwrap_or(u32::MAX)).collect(),
            roots,
            detached,
            by_key: nodes(plan).map(|(node, ix)| (node.key.clone(), ix)).collect(),
            rollouts,
            gated,
            wave_alarms,
            node_alarms,
            quorums,
            windows: nodes(plan).filter_map(|(node, ix)| Some((ix, compiled(&node.kind)?))).collect(),
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

fn detached(plan: &Plan) -> BTreeSet<NodeIx> {
    let mut detached: BTreeSet<NodeIx> = nodes(plan).filter(|(node, _)| matches!(node.kind, NodeKind::Gate(_))).map(|(_, ix)| ix).collect();
    for stage in &plan.stages {
        detached.extend(stage.on_failure.iter().chain(&stage.finally));
    }
    for (_, _, wave) in plan.waves() {
        detached.extend(wave.on_failure.iter().chain(&wave.finally));
        for rollout in &wave.rollouts {
            detached.extend(rollout.on_failure.iter().chain(&rollout.finally).chain([&rollout.rollback, &rollout.inspect]));
        }
    }
    detached
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
