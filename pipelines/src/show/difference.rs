use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;

use super::describe;
use super::outline::{self, Entities, Outline, Place, StageOutline};
use crate::plan::Plan;

/// What is different between two plans, by names: stages, waves, targets, and what stands in front of, watches or runs at them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    pub pipeline: String,
    /// In the order of the path.
    pub changes: Vec<Change>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    pub subject: Subject,
    /// `approval`, `deploy`, a target's or a stage's own name.
    pub name: String,
    /// None for the pipeline itself.
    pub stage: Option<String>,
    /// Where in the stage it is so; empty: the stage as a whole.
    pub targets: Vec<String>,
    pub kind: Kind,
    pub risks: BTreeSet<Risk>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    Pipeline,
    Stage,
    Wave,
    Target,
    Gate,
    Alarm,
    Job,
    Bake,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Added,
    Removed,
    /// To another wave of the same stage.
    Moved {
        from: String,
        to: String,
    },
    Changed {
        fields: Vec<FieldChange>,
    },
}

/// One value that is different.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldChange {
    /// Such as `approval.count` or `steps.1.run`.
    pub field: String,
    /// As people read it: durations as `12h`, nothing as `none`.
    pub old: String,
    pub new: String,
}

/// What makes a change worth a second look before it is approved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Risk {
    GateRemoved,
    AlarmRemoved,
    BakeRemoved,
    BakeShortened,
    /// A bake that cannot decide passes now.
    UnclearBakePasses,
    SelfApprovalAllowed,
    FewerApprovals,
    RollbackTurnedOff,
    TargetMovedEarlier,
    WaveRemoved,
    StageRemoved,
    ProductionMarkRemoved,
}

impl Difference {
    #[must_use]
    pub fn between(old: &Plan, new: &Plan) -> Self {
        let (old_outline, new_outline) = (outline::of(old), outline::of(new));
        let mut changes = Vec::new();
        changed(&mut changes, (Subject::Pipeline, &new.pipeline), None, &old_outline.plan, &new_outline.plan);
        for stage in &new_outline.stages {
            match find(&old_outline, &stage.name) {
                Some(before) => between_stages(&mut changes, before, stage),
                None => changes.push(Change::whole(Subject::Stage, &stage.name, None, Kind::Added)),
            }
        }
        for stage in &old_outline.stages {
            if find(&new_outline, &stage.name).is_none() {
                changes.push(Change::whole(Subject::Stage, &stage.name, None, Kind::Removed).with(Risk::StageRemoved));
            }
        }
        let order = |outline: &Outline| outline.stages.iter().map(|stage| stage.name.clone()).collect::<Vec<_>>();
        reordered(&mut changes, (Subject::Pipeline, &new.pipeline), None, "stages", &order(&old_outline), &order(&new_outline));
        Self { pipeline: new.pipeline.clone(), changes: put_together(changes) }
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Every risk of every change, once.
    #[must_use]
    pub fn risks(&self) -> BTreeSet<Risk> {
        self.changes.iter().flat_map(|change| change.risks.iter().copied()).collect()
    }

    /// One line for each change, `!` before what is a risk.
    #[must_use]
    pub fn text(&self) -> String {
        if self.changes.is_empty() {
            return format!("pipeline {}: the plan is the same\n", self.pipeline);
        }
        let risky = self.changes.iter().filter(|change| !change.risks.is_empty()).count();
        let mut out = format!("pipeline {}: {}", self.pipeline, describe::count(self.changes.len(), "change"));
        if risky > 0 {
            out.push_str(&format!(", {risky} to look at twice (!)"));
        }
        out.push('\n');
        for change in &self.changes {
            out.push_str(&change.text());
        }
        out
    }
}

impl Change {
    fn whole(subject: Subject, name: &str, stage: Option<&str>, kind: Kind) -> Self {
        Self { subject, name: name.to_owned(), stage: stage.map(str::to_owned), targets: Vec::new(), kind, risks: BTreeSet::new() }
    }

    fn with(mut self, risk: Risk) -> Self {
        self.risks.insert(risk);
        self
    }

    fn text(&self) -> String {
        let mark = if self.risks.is_empty() { ' ' } else { '!' };
        let sign = match self.kind {
            Kind::Added => '+',
            Kind::Removed => '-',
            Kind::Moved { .. } | Kind::Changed { .. } => '~',
        };
        let place = self.stage.as_ref().map_or_else(String::new, |stage| format!(" in {stage}"));
        let targets = if self.targets.is_empty() { String::new() } else { format!(" ({})", self.targets.join(", ")) };
        let moved = match &self.kind {
            Kind::Moved { from, to } => format!(": {from} → {to}"),
            Kind::Added | Kind::Removed | Kind::Changed { .. } => String::new(),
        };
        let risks: Vec<&str> = self.risks.iter().map(|risk| risk.text()).collect();
        let risks = if risks.is_empty() { String::new() } else { format!(" [{}]", risks.join(", ")) };
        let mut out = format!("{mark}{sign} {} {}{place}{targets}{moved}{risks}\n", self.subject.text(), self.name);
        if let Kind::Changed { fields } = &self.kind {
            for change in fields {
                out.push_str(&format!("     {}: {} → {}\n", change.field, change.old, change.new));
            }
        }
        out
    }
}

impl Subject {
    fn text(self) -> &'static str {
        match self {
            Self::Pipeline => "pipeline",
            Self::Stage => "stage",
            Self::Wave => "wave",
            Self::Target => "target",
            Self::Gate => "gate",
            Self::Alarm => "alarm",
            Self::Job => "job",
            Self::Bake => "bake",
        }
    }
}

impl Risk {
    fn text(self) -> &'static str {
        match self {
            Self::GateRemoved => "gate removed",
            Self::AlarmRemoved => "alarm removed",
            Self::BakeRemoved => "bake removed",
            Self::BakeShortened => "bake shortened",
            Self::UnclearBakePasses => "an unclear bake passes",
            Self::SelfApprovalAllowed => "people may approve their own release",
            Self::FewerApprovals => "fewer approvals",
            Self::RollbackTurnedOff => "no rollback by itself",
            Self::TargetMovedEarlier => "target moved to an earlier wave",
            Self::WaveRemoved => "wave removed",
            Self::StageRemoved => "stage removed",
            Self::ProductionMarkRemoved => "no longer marked as production",
        }
    }
}

fn find<'o>(outline: &'o Outline, name: &str) -> Option<&'o StageOutline> {
    outline.stages.iter().find(|stage| stage.name == name)
}

fn between_stages(changes: &mut Vec<Change>, old: &StageOutline, new: &StageOutline) {
    let stage = Some(new.name.as_str());
    changed(changes, (Subject::Stage, &new.name), None, &old.settings, &new.settings);
    between_waves(changes, old, new);
    for (name, place) in &new.places {
        match old.places.get(name) {
            Some(before) => between_places(changes, stage, name, before, place),
            None => changes.push(Change::whole(Subject::Target, name, stage, Kind::Added)),
        }
    }
    for name in old.places.keys().filter(|name| !new.places.contains_key(*name)) {
        changes.push(Change::whole(Subject::Target, name, stage, Kind::Removed));
    }
}

fn between_waves(changes: &mut Vec<Change>, old: &StageOutline, new: &StageOutline) {
    let stage = Some(new.name.as_str());
    if let ([(_, before)], [(name, after)]) = (old.waves.as_slice(), new.waves.as_slice()) {
        let (subject, name) = if name.is_empty() { (Subject::Stage, &new.name) } else { (Subject::Wave, name) };
        changed(changes, (subject, name), if subject == Subject::Wave { stage } else { None }, before, after);
        return;
    }
    let of = |waves: &[(String, Value)], name: &str| waves.iter().find(|(other, _)| other == name).map(|(_, wave)| wave.clone());
    for (name, wave) in new.waves.iter().filter(|(name, _)| !name.is_empty()) {
        match of(&old.waves, name) {
            Some(before) => changed(changes, (Subject::Wave, name), stage, &before, wave),
            None => changes.push(Change::whole(Subject::Wave, name, stage, Kind::Added)),
        }
    }
    for (name, _) in old.waves.iter().filter(|(name, _)| !name.is_empty()) {
        if of(&new.waves, name).is_none() {
            changes.push(Change::whole(Subject::Wave, name, stage, Kind::Removed).with(Risk::WaveRemoved));
        }
    }
    let names = |waves: &[(String, Value)]| waves.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    reordered(changes, (Subject::Stage, &new.name), None, "waves", &names(&old.waves), &names(&new.waves));
}

fn between_places(changes: &mut Vec<Change>, stage: Option<&str>, name: &str, old: &Place, new: &Place) {
    let (old_wave, new_wave) = (&old.wave, &new.wave);
    if old_wave.1 != new_wave.1 && !old_wave.1.is_empty() && !new_wave.1.is_empty() {
        let kind = Kind::Moved { from: old_wave.1.clone(), to: new_wave.1.clone() };
        let change = Change::whole(Subject::Target, name, stage, kind);
        changes.push(if new_wave.0 < old_wave.0 { change.with(Risk::TargetMovedEarlier) } else { change });
    }
    let first = changes.len();
    between_entities(changes, stage, &old.entities, &new.entities);
    if !name.is_empty() {
        for change in &mut changes[first..] {
            change.targets.push(name.to_owned());
        }
    }
}

fn between_entities(changes: &mut Vec<Change>, stage: Option<&str>, old: &Entities, new: &Entities) {
    for ((subject, name), value) in new {
        match old.get(&(*subject, name.clone())) {
            Some(before) => changed(changes, (*subject, name), stage, before, value),
            None => changes.push(Change::whole(*subject, name, stage, Kind::Added)),
        }
    }
    for (subject, name) in old.keys().filter(|key| !new.contains_key(*key)) {
        let change = Change::whole(*subject, name, stage, Kind::Removed);
        changes.push(match subject {
            Subject::Gate => change.with(Risk::GateRemoved),
            Subject::Alarm => change.with(Risk::AlarmRemoved),
            Subject::Bake => change.with(Risk::BakeRemoved),
            Subject::Pipeline | Subject::Stage | Subject::Wave | Subject::Target | Subject::Job => change,
        });
    }
}

fn reordered(changes: &mut Vec<Change>, what: (Subject, &str), stage: Option<&str>, field: &str, old: &[String], new: &[String]) {
    let kept = |names: &[String], others: &[String]| names.iter().filter(|name| others.contains(name)).cloned().collect::<Vec<_>>();
    let (old, new) = (kept(old, new), kept(new, old));
    if old != new {
        let fields = vec![FieldChange { field: format!("order of {field}"), old: old.join(", "), new: new.join(", ") }];
        changes.push(Change::whole(what.0, what.1, stage, Kind::Changed { fields }));
    }
}

fn changed(changes: &mut Vec<Change>, (subject, name): (Subject, &str), stage: Option<&str>, old: &Value, new: &Value) {
    if old == new {
        return;
    }
    let (before, after) = (fields_of(old), fields_of(new));
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let fields: Vec<FieldChange> = names
        .into_iter()
        .filter(|field| before.get(*field) != after.get(*field))
        .filter(|field| {
            // A step without a name is called like its command: said once.
            let run = field.strip_suffix("name").map(|path| format!("{path}run"));
            run.is_none_or(|run| {
                !before.contains_key(&run) || before.get(&run) != before.get(*field) || after.get(&run) != after.get(*field)
            })
        })
        .map(|field| FieldChange {
            field: field.strip_suffix("_ms").unwrap_or(field).to_owned(),
            old: readable(field, before.get(field).copied()),
            new: readable(field, after.get(field).copied()),
        })
        .collect();
    let mut change = Change::whole(subject, name, stage, Kind::Changed { fields });
    change.risks = risks(subject, old, new);
    changes.push(change);
}

fn risks(subject: Subject, old: &Value, new: &Value) -> BTreeSet<Risk> {
    let turned_off = |path: &str| old.pointer(path) == Some(&Value::Bool(true)) && new.pointer(path) != Some(&Value::Bool(true));
    let number = |value: &Value, path: &str| value.pointer(path).and_then(Value::as_u64).unwrap_or(0);
    let less = |path: &str| number(new, path) < number(old, path);
    let passes = |path: &str| new.pointer(path) == Some(&Value::from("pass")) && old.pointer(path) != new.pointer(path);
    let mut risks = BTreeSet::new();
    let mut flag = |holds: bool, risk: Risk| {
        if holds {
            risks.insert(risk);
        }
    };
    match subject {
        Subject::Stage => {
            flag(turned_off("/rollback/on_alarm") || turned_off("/rollback/on_failure"), Risk::RollbackTurnedOff);
            flag(turned_off("/production"), Risk::ProductionMarkRemoved);
        }
        Subject::Gate => {
            flag(turned_off("/approval/no_self_approval"), Risk::SelfApprovalAllowed);
            flag(less("/approval/count"), Risk::FewerApprovals);
        }
        Subject::Bake => {
            flag(less("/duration_ms") || less("/min_data_points"), Risk::BakeShortened);
            flag(passes("/on_error") || passes("/on_inconclusive"), Risk::UnclearBakePasses);
            let alarms = |bake: &Value| -> BTreeSet<String> {
                let names = bake.pointer("/alarms").and_then(Value::as_array).into_iter().flatten();
                names.filter_map(|alarm| alarm.as_str().map(str::to_owned)).collect()
            };
            flag(!alarms(old).is_subset(&alarms(new)), Risk::AlarmRemoved);
        }
        Subject::Pipeline | Subject::Wave | Subject::Target | Subject::Alarm | Subject::Job => {}
    }
    risks
}

/// Every single value by its path.
fn fields_of(value: &Value) -> BTreeMap<String, &Value> {
    let mut fields = BTreeMap::new();
    let mut rest = vec![(String::new(), value)];
    while let Some((path, value)) = rest.pop() {
        let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        match value {
            Value::Object(entries) if !entries.is_empty() => rest.extend(entries.iter().map(|(name, value)| (below(name), value))),
            // A list of single values reads better as one.
            Value::Array(items) if items.iter().any(|item| item.is_object() || item.is_array()) => {
                rest.extend(item_names(items).into_iter().zip(items).map(|(name, item)| (below(&name), item)));
            }
            Value::Object(_) | Value::Null => {}
            Value::Array(items) if items.is_empty() => {}
            Value::Array(_) | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                fields.insert(path, value);
            }
        }
    }
    fields
}

/// By their names where each has its own, so that one more at the front does not change all; else by position from 1.
/// Steps go by position: one without a name is called like its command, and both change together.
fn item_names(items: &[Value]) -> Vec<String> {
    let own_name = |item: &Value| item.get("name").filter(|_| item.get("run").is_none())?.as_str().map(str::to_owned);
    let names: Vec<String> = items.iter().filter_map(own_name).collect();
    let distinct: BTreeSet<&String> = names.iter().collect();
    if distinct.len() == items.len() { names } else { (1..=items.len()).map(|position| position.to_string()).collect() }
}

fn readable(field: &str, value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => "none".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) if field.ends_with("_ms") => number.as_u64().map_or_else(|| number.to_string(), describe::duration),
        Some(Value::Array(items)) => items.iter().map(|item| readable("", Some(item))).collect::<Vec<_>>().join(", "),
        Some(other) => other.to_string(),
    }
}

/// The same change at several targets is one change.
fn put_together(changes: Vec<Change>) -> Vec<Change> {
    let mut together: Vec<Change> = Vec::new();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for mut change in changes {
        let targets = std::mem::take(&mut change.targets);
        let position = if targets.is_empty() {
            together.len()
        } else {
            let what = serde_json::to_string(&change).unwrap_or_default();
            *seen.entry(what).or_insert(together.len())
        };
        match together.get_mut(position) {
            Some(same) => same.targets.extend(targets),
            None => together.push(Change { targets, ..change }),
        }
    }
    together
}
