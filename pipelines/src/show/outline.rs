//! A plan by names: what two plans are compared by. No [`NodeIx`] gets in here.

use std::collections::BTreeMap;

use serde_json::Value;

use super::difference::Subject;
use crate::plan::{Node, NodeIx, NodeKind, Plan, Stage, StageIx, Wave, WaveIx};

/// Values by the name of what they describe.
pub(super) type Entities = BTreeMap<(Subject, String), Value>;

pub(super) struct Outline {
    /// Triggers, accounts, notifications, blocks, names of variables and secrets.
    pub(super) plan: Value,
    /// In the order of the path.
    pub(super) stages: Vec<StageOutline>,
}

pub(super) struct StageOutline {
    pub(super) name: String,
    /// Production, rollback, notifications.
    pub(super) settings: Value,
    /// In order; empty for a stage that is one wave without a name.
    pub(super) waves: Vec<(String, Value)>,
    /// Where a release gets to: its targets, or the stage itself under an empty name.
    pub(super) places: BTreeMap<String, Place>,
}

/// One target, or what of a stage belongs to none.
#[derive(Default)]
pub(super) struct Place {
    /// The wave's position and name.
    pub(super) wave: (usize, String),
    /// What stands in front of it, watches it, and runs there.
    pub(super) entities: Entities,
}

pub(super) fn of(plan: &Plan) -> Outline {
    Outline {
        plan: value(&serde_json::json!({
            "triggers": plan.triggers, "accounts": plan.accounts, "notify": plan.notify,
            "blocks": plan.blocks, "vars": plan.vars, "secrets": plan.secrets,
        })),
        stages: plan.stages.iter().zip(0..).map(|(stage, ix)| stage_outline(plan, stage, StageIx(ix))).collect(),
    }
}

fn stage_outline(plan: &Plan, stage: &Stage, ix: StageIx) -> StageOutline {
    let mut places: BTreeMap<String, Place> = BTreeMap::new();
    places.insert(String::new(), Place::default());
    for (position, wave) in stage.waves.iter().enumerate() {
        let around = around(plan, wave);
        if wave.rollouts.is_empty() {
            places.entry(String::new()).or_default().entities.extend(around);
            continue;
        }
        for rollout in &wave.rollouts {
            places.insert(rollout.target.clone(), Place { wave: (position, wave.name.clone()), entities: around.clone() });
        }
    }
    for node in plan.nodes.iter().filter(|node| node.stage == ix) {
        let subject = match &node.kind {
            NodeKind::Job(_) => Subject::Job,
            NodeKind::Bake(_) => Subject::Bake,
            NodeKind::Gate(_) | NodeKind::Milestone(_) => continue,
        };
        let place = places.entry(node.target.clone().unwrap_or_default()).or_default();
        if let NodeKind::Bake(bake) = &node.kind {
            for alarm in &bake.alarms {
                place.entities.entry((Subject::Alarm, alarm.name.clone())).or_insert_with(|| value(alarm));
            }
        }
        place.entities.insert((subject, name_within(plan, stage, node)), node_value(plan, node));
    }
    StageOutline {
        name: stage.name.clone(),
        settings: value(&serde_json::json!({"production": stage.production, "rollback": stage.rollback, "notify": stage.notify})),
        waves: stage.waves.iter().map(|wave| (wave.name.clone(), wave_value(wave))).collect(),
        places,
    }
}

/// The gates in front of a wave and the alarms that watch it.
fn around(plan: &Plan, wave: &Wave) -> Entities {
    let gates = wave.gates.iter().filter_map(|gate| match &plan.node(*gate)?.kind {
        NodeKind::Gate(gate) => Some(((Subject::Gate, gate.name.clone()), value(&gate.condition))),
        NodeKind::Job(_) | NodeKind::Bake(_) | NodeKind::Milestone(_) => None,
    });
    let alarms = wave.alarms.iter().map(|alarm| ((Subject::Alarm, alarm.name.clone()), value(alarm)));
    gates.chain(alarms).collect()
}

fn wave_value(wave: &Wave) -> Value {
    value(&serde_json::json!({
        "lane": wave.lane.key, "lane_policy": wave.lane.policy, "max_parallel": wave.max_parallel, "at_least": wave.at_least,
    }))
}

/// The node's key without the stage, the wave and the target, so that a target that moves keeps its nodes.
fn name_within(plan: &Plan, stage: &Stage, node: &Node) -> String {
    let wave = node.wave.and_then(|ix: WaveIx| plan.wave(ix)).map_or("", |wave| wave.name.as_str());
    let mut name = node.key.as_str();
    let mut without = |prefix: &str| {
        if let Some(rest) = name.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('/')) {
            name = rest;
        }
    };
    without(&stage.name);
    // Without a target, the wave is part of the name.
    if let Some(target) = &node.target {
        without(wave);
        without(target);
    }
    name.to_owned()
}

fn node_value(plan: &Plan, node: &Node) -> Value {
    let mut value = match &node.kind {
        NodeKind::Job(job) => value(job),
        // Its alarms are entities of their own; which they are belongs to the bake.
        NodeKind::Bake(bake) => {
            let mut fields = value(bake);
            fields["alarms"] = bake.alarms.iter().map(|alarm| alarm.name.clone()).collect();
            fields
        }
        NodeKind::Gate(_) | NodeKind::Milestone(_) => Value::Null,
    };
    // What it needs in its own target or stage; the way in from outside changes with every wave.
    let is_job =
        |need: &&NodeIx| plan.node(**need).is_some_and(|other| matches!(other.kind, NodeKind::Job(_)) && other.target == node.target);
    let needs: Vec<String> = node
        .needs
        .iter()
        .filter(is_job)
        .filter_map(|need| {
            let other = plan.node(*need)?;
            Some(name_within(plan, plan.stage(other.stage)?, other))
        })
        .collect();
    if let Value::Object(fields) = &mut value {
        fields.insert("needs".to_owned(), needs.into());
    }
    value
}

fn value(part: &impl serde::Serialize) -> Value {
    serde_json::to_value(part).unwrap_or_default()
}
