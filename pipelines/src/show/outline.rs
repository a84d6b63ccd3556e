//! A plan by names: what two plans are compared by. No [`NodeIx`] gets in here.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::describe;
use super::difference::Subject;
use crate::plan::{Alarm, Node, NodeIx, NodeKind, Plan, Stage, StageIx, Wave, WaveIx};

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
            "sources": plan.sources, "barriers": plan.barriers, "needs_barriers": plan.needs_barriers,
            "blocks": plan.blocks.iter().map(|(name, digest)| (name, describe::short(digest))).collect::<BTreeMap<_, _>>(), "aspects": plan.aspects, "vars": plan.vars, "secrets": plan.secrets,
        })),
        stages: plan.stages_on_path().map(|(ix, stage)| stage_outline(plan, stage, ix)).collect(),
    }
}

fn stage_outline(plan: &Plan, stage: &Stage, ix: StageIx) -> StageOutline {
    let mut places: BTreeMap<String, Place> = BTreeMap::new();
    places.insert(String::new(), Place::default());
    for (position, wave) in stage.waves.iter().enumerate() {
        let (shared, mut own) = around(plan, wave);
        if wave.rollouts.is_empty() {
            places.entry(String::new()).or_default().entities.extend(shared);
            continue;
        }
        for rollout in &wave.rollouts {
            let mut entities = shared.clone();
            entities.extend(own.remove(&rollout.target).unwrap_or_default());
            places.insert(rollout.target.clone(), Place { wave: (position, wave.name.clone()), entities });
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
                let (name, alarm) = named(alarm, node.target.as_deref());
                place.entities.entry((Subject::Alarm, name)).or_insert(alarm);
            }
        }
        let mut value = node_value(plan, node);
        if let Some(target) = &node.target {
            without_target(&mut value, target);
        }
        place.entities.insert((subject, name_within(plan, stage, node)), value);
    }
    StageOutline {
        name: stage.name.clone(),
        settings: value(
            &serde_json::json!({"production": stage.production, "rollback": stage.rollback, "notify": stage.notify, "derived": plan.derived.get(&stage.name).map(|derivation| &derivation.rule)}),
        ),
        waves: stage.waves.iter().map(|wave| (wave.name.clone(), wave_value(wave))).collect(),
        places,
    }
}

/// The gates in front of a wave and the alarms that watch it: those of all its targets, and those of each one.
fn around(plan: &Plan, wave: &Wave) -> (Entities, BTreeMap<String, Entities>) {
    let gates = wave.gates.iter().filter_map(|gate| match &plan.node(*gate)?.kind {
        NodeKind::Gate(gate) => Some(((Subject::Gate, gate.name.clone()), value(&gate.condition))),
        NodeKind::Job(_) | NodeKind::Bake(_) | NodeKind::Milestone(_) => None,
    });
    let mut shared: Entities = gates.collect();
    let mut own: BTreeMap<String, Entities> = BTreeMap::new();
    let targets: BTreeSet<&str> = wave.rollouts.iter().map(|rollout| rollout.target.as_str()).collect();
    for alarm in &wave.alarms {
        let target = describe::own_target(&alarm.name, &targets).map(|(_, target)| target);
        let (name, alarm) = named(alarm, target);
        let place = target.map_or(&mut shared, |target| own.entry(target.to_owned()).or_default());
        place.insert((Subject::Alarm, name), alarm);
    }
    (shared, own)
}

/// An alarm and its name, without the target's name where it is of one target.
fn named(alarm: &Alarm, target: Option<&str>) -> (String, Value) {
    let mut fields = value(alarm);
    let Some(target) = target else { return (alarm.name.clone(), fields) };
    let name = describe::own_target(&alarm.name, &BTreeSet::from([target])).map_or(alarm.name.as_str(), |(name, _)| name);
    without_target(&mut fields, target);
    (name.to_owned(), fields)
}

/// The same change at many targets is to look the same.
fn without_target(value: &mut Value, target: &str) {
    match value {
        Value::String(text) => {
            if text.contains(target) {
                *text = describe::of_any_target(text, target);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| without_target(item, target)),
        Value::Object(fields) => fields.values_mut().for_each(|field| without_target(field, target)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
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
            let names = bake.alarms.iter().map(|alarm| named(alarm, node.target.as_deref()).0);
            fields["alarms"] = names.collect();
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
