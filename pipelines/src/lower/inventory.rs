use std::sync::Arc;

use super::waves::Shared;
use super::{Lower, repository_path};
use crate::diagnostic::Code;
use crate::expression::Expression;
use crate::file::{self, DerivedWaves, Picked, Scale, Targets, WavesBy};
use crate::inventory::{Inventory, Place, Rule, Size, derive};
use crate::model::{Hooks, Target, Wave};
use crate::plan::{self, Derivation};
use crate::text::{Placed as _, Problem, Spanned, Text, one_of, shortened};

/// The name of the server's own inventory.
pub(crate) const REGISTRY: &str = "registry";
const TRAFFIC: &str = "traffic";
const MINUTE_MS: u64 = 60 * 1000;
const HOUR_MS: u64 = 60 * MINUTE_MS;

impl Lower<'_> {
    /// The places that `targets` names or picks, each with where it stands in the file.
    pub(super) fn places(&mut self, form: &Spanned<Targets>) -> Vec<Spanned<Place>> {
        match &form.value {
            Targets::Listed(names) => names.iter().map(|name| Spanned { value: Place::new(name.value.clone()), span: name.span }).collect(),
            Targets::Picked(picked) => {
                let found = self.picked(picked);
                if found.as_ref().is_some_and(Vec::is_empty) {
                    let span = picked.condition.as_ref().map_or(form.span, |condition| condition.span);
                    let problem = Problem::error(Code::OutOfRange, span, "no target of the inventory is picked");
                    self.report(problem.expected("a condition that is true for at least one target"));
                }
                let span = picked.inventory.as_ref().map_or(form.span, |inventory| inventory.span);
                found.into_iter().flatten().map(|value| Spanned { value, span }).collect()
            }
        }
    }

    /// None: what is wrong was reported.
    fn picked(&mut self, form: &Picked) -> Option<Vec<Place>> {
        let Some(name) = form.inventory.clone().or_else(|| self.inventory.clone()) else {
            let problem = Problem::error(Code::MissingKey, form.span(), "there is no inventory to pick targets from");
            self.report(problem.expected("`inventory:` a file of the repository, or `registry`, here or in the pipeline"));
            return None;
        };
        let inventory = self.inventory(&name)?;
        let Some(condition) = &form.condition else { return Some(inventory.places().to_vec()) };
        let expression = match Expression::parse(&condition.value.0) {
            Ok(expression) => expression,
            Err(error) => {
                let rest: String = condition.value.0.get(error.offset..).unwrap_or_default().chars().take(24).collect();
                let span = self.locate(condition.span, rest.trim_end());
                let problem = Problem::error(Code::BadExpression, span, error.message);
                self.report(problem.expected("a CEL expression over labels such as `tier == 'prod'`"));
                return None;
            }
        };
        let names = inventory.names();
        for reference in expression.references() {
            let root = reference.split('.').next().unwrap_or_default();
            if !names.contains(root) {
                let span = self.locate(condition.span, root);
                let problem = Problem::error(Code::UnknownValueName, span, format!("no target of the inventory has a label `{root}`"));
                self.report(problem.expected(one_of(names.iter().copied())).suggest(root, names.iter().copied()));
                return None;
            }
        }
        match inventory.matching(&expression) {
            Ok(places) => Some(places.into_iter().cloned().collect()),
            Err((target, reason)) => {
                let problem =
                    Problem::error(Code::BadExpression, condition.span, format!("this cannot be decided for `{target}`: {reason}"));
                self.report(problem.help("a label that a target lacks is `null` there"));
                None
            }
        }
    }

    /// None: what is wrong was reported.
    fn inventory(&mut self, name: &Spanned<String>) -> Option<Arc<Inventory>> {
        if let Some(known) = self.inventories.get(&name.value) {
            return known.clone();
        }
        let found = self.read_inventory(name).map(Arc::new);
        self.inventories.insert(name.value.clone(), found.clone());
        found
    }

    fn read_inventory(&mut self, name: &Spanned<String>) -> Option<Inventory> {
        if name.value == REGISTRY {
            if self.environment.registry.is_none() {
                let problem = Problem::error(Code::MissingFile, name.span, "there is no registry of targets here");
                self.report(problem.expected("a server that has one, or a file of the repository such as `targets.yaml`"));
            }
            return self.environment.registry.clone();
        }
        let Some(path) = repository_path(&name.value) else {
            let problem = Problem::error(Code::BadPath, name.span, format!("`{}` is not a file of the repository", shortened(&name.value)));
            self.report(problem.expected("a path such as `targets.yaml`, without `..`"));
            return None;
        };
        let Some(text) = self.source.files.get(&path) else {
            let problem = Problem::error(Code::MissingFile, name.span, format!("the repository has no file `{}`", shortened(&path)));
            self.report(problem.expected("an inventory, by its path from the root of the repository"));
            return None;
        };
        let (inventory, diagnostics) = Inventory::read(&path, text);
        if inventory.is_none() {
            let problem = Problem::error(Code::BadFormat, name.span, format!("the inventory `{}` has errors of its own", shortened(&path)));
            self.report(problem.help(format!("mend `{}`", shortened(&path))));
        }
        self.elsewhere.extend(diagnostics);
        inventory
    }

    /// What the plan says about targets that were picked and not written out.
    pub(super) fn remember_picked(&mut self, stage: &str, form: &Spanned<Targets>) {
        if let Some(source) = self.source_of(form) {
            let derivation = self.derived.entry(stage.to_owned()).or_default();
            derivation.rule = if derivation.rule.is_empty() { source } else { format!("{}; {source}", derivation.rule) };
        }
    }

    /// `from targets.yaml where tier == 'prod'`.
    fn source_of(&self, form: &Spanned<Targets>) -> Option<String> {
        let Targets::Picked(picked) = &form.value else { return None };
        let inventory = picked.inventory.as_ref().or(self.inventory.as_ref()).map(|name| name.value.as_str()).unwrap_or_default();
        let condition = picked.condition.as_ref().map_or_else(String::new, |condition| format!(" where {}", condition.value.0.trim()));
        Some(format!("from {inventory}{condition}"))
    }

    /// Waves that are made of the targets of the stage.
    pub(super) fn derived_waves(
        &mut self,
        stage: &file::Stage,
        form: &DerivedWaves,
        shared: &Shared<'_>,
        targets: &[Target],
        places: &[Place],
    ) -> Vec<Wave> {
        let Some(rule) = self.wave_rule(form) else { return Vec::new() };
        let places: Vec<&Place> = places.iter().filter(|place| targets.iter().any(|target| target.name == place.target)).collect();
        let derived = match derive(&places, &rule) {
            Ok(derived) => derived,
            Err(target) => {
                let label = form.label.as_ref().map(|label| label.value.as_str()).unwrap_or_default();
                let span = form.label.as_ref().map_or(form.by.span, |label| label.span);
                let problem = Problem::error(Code::UnknownValue, span, format!("the target `{target}` has no label `{label}`"));
                self.report(problem.expected("a label that every target of the stage has"));
                return Vec::new();
            }
        };
        if let (Some(scale), Some(bake)) = (&form.scale, &stage.bake) {
            let span = match bake {
                file::BakeForm::Duration(duration) => duration.span,
                file::BakeForm::Bake(bake) => bake.span(),
            };
            let problem = Problem::error(Code::ConflictingKeys, span, "the bake of each wave is given by its scale too");
            self.report(
                problem.help("remove `bake`, or `scale`").expected(format!("one of `bake` and `scale: {}`", scale_name(scale.value))),
            );
        }
        let by = match rule {
            Rule::Amazon { .. } => "amazon".to_owned(),
            Rule::Labels { label, .. } => format!("label {label}"),
            Rule::Sizes(_) => "sizes".to_owned(),
        };
        let scale = form.scale.as_ref().map_or_else(String::new, |scale| format!(", scale {}", scale_name(scale.value)));
        let source =
            stage.targets.as_ref().and_then(|targets| self.source_of(targets)).map_or_else(String::new, |source| format!(", {source}"));
        let reasons = derived.iter().flat_map(|wave| wave.targets.iter().cloned()).collect();
        let derivation = Derivation { rule: format!("waves by {by}{scale}{source}"), reasons, ..Derivation::default() };
        self.derived.insert(stage.name.value.clone(), derivation);
        let has_alarms = !shared.alarms.is_empty();
        let of_stage = stage.bake.as_ref().map(|bake| self.bake(bake, has_alarms));
        let max_parallel = self.max_parallel(stage.max_parallel.as_ref());
        let by_name: std::collections::BTreeMap<&str, &Target> = targets.iter().map(|target| (target.name.as_str(), target)).collect();
        let wave = |(at, wave): (usize, crate::inventory::DerivedWave)| Wave {
            name: wave.name,
            targets: wave.targets.iter().filter_map(|(name, _)| by_name.get(name.as_str()).map(|target| (*target).clone())).collect(),
            max_parallel,
            at_least: None,
            gates: Vec::new(),
            bake: form.scale.as_ref().map(|scale| bake_of(scale.value, at, has_alarms)).or_else(|| of_stage.clone()),
            alarms: shared.alarms.to_vec(),
            hooks: Hooks::default(),
        };
        derived.into_iter().enumerate().map(wave).collect()
    }

    fn wave_rule(&mut self, form: &DerivedWaves) -> Option<Rule> {
        let only = |by: WavesBy| form.by.value == by;
        let extra = [
            ("label", form.label.as_ref().map(|label| label.span), only(WavesBy::Sizes)),
            ("order", form.order.as_ref().and_then(|order| order.first()).map(|first| first.span), !only(WavesBy::Labels)),
            ("sizes", form.sizes.as_ref().map(|sizes| sizes.span), !only(WavesBy::Sizes)),
        ];
        for (key, span, wrong) in extra {
            if let Some(span) = span.filter(|_| wrong) {
                let problem = Problem::error(Code::ConflictingKeys, span, format!("`{key}` has no meaning for these waves"));
                self.report(problem.help(format!("remove `{key}`, or change `by`")));
                return None;
            }
        }
        match form.by.value {
            WavesBy::Amazon => {
                Some(Rule::Amazon { label: form.label.as_ref().map_or_else(|| TRAFFIC.to_owned(), |label| label.value.clone()) })
            }
            WavesBy::Labels => {
                let Some(label) = &form.label else {
                    let problem = Problem::error(Code::MissingKey, form.by.span, "waves by labels need the label");
                    self.report(problem.expected("`label: ring`"));
                    return None;
                };
                let order = form.order.iter().flatten().map(|value| value.value.0.clone()).collect();
                Some(Rule::Labels { label: label.value.clone(), order })
            }
            WavesBy::Sizes => {
                let Some(sizes) = form.sizes.as_ref().filter(|sizes| !sizes.value.is_empty() && sizes.value.len() <= 100) else {
                    let span = form.sizes.as_ref().map_or(form.by.span, |sizes| sizes.span);
                    let problem = Problem::error(Code::MissingKey, span, "waves by sizes need 1 to 100 sizes");
                    self.report(problem.expected("`sizes: [1, 2, 10%]`"));
                    return None;
                };
                let read: Vec<Option<Size>> = sizes.value.iter().map(|size| self.size(size)).collect();
                read.into_iter().collect::<Option<Vec<_>>>().map(Rule::Sizes)
            }
        }
    }

    fn size(&mut self, form: &Spanned<Text>) -> Option<Size> {
        let text = form.value.0.as_str();
        let size = match text.strip_suffix('%') {
            Some(percent) => percent.parse().ok().filter(|percent| (1..=100).contains(percent)).map(Size::Percent),
            None => text.parse().ok().filter(|count| *count > 0).map(Size::Count),
        };
        if size.is_none() {
            let problem = Problem::error(Code::OutOfRange, form.span, format!("`{}` is not the size of a wave", shortened(text)));
            self.report(problem.expected("a number of targets from 1 on, or `1%` to `100%`"));
        }
        size
    }
}

fn scale_name(scale: Scale) -> &'static str {
    match scale {
        Scale::Small => "small",
        Scale::Large => "large",
    }
}

/// What field practice knows: long watching of little first, then less of more.
fn bake_of(scale: Scale, wave: usize, has_alarms: bool) -> plan::Bake {
    let (duration_ms, points) = match (scale, wave) {
        (Scale::Large, 0) => (HOUR_MS, 100),
        (Scale::Large, 1) => (12 * HOUR_MS, 0),
        (Scale::Large, 2) => (4 * HOUR_MS, 0),
        (Scale::Large, _) => (2 * HOUR_MS, 0),
        (Scale::Small, 0) => (5 * MINUTE_MS, 10),
        (Scale::Small, 1) => (10 * MINUTE_MS, 0),
        (Scale::Small, 2) => (5 * MINUTE_MS, 0),
        (Scale::Small, _) => (2 * MINUTE_MS, 0),
    };
    plan::Bake { min_data_points: if has_alarms { points } else { 0 }, ..super::bakes::blank(duration_ms) }
}
