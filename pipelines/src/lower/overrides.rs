use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Lower;
use super::artifacts::Consumer;
use super::inserts::Scope;
use super::jobs::Base;
use crate::diagnostic::Code;
use crate::file::{self, Override};
use crate::model;
use crate::plan::Purpose;
use crate::text::{Map, Node, Problem, Text, shortened};

impl Lower<'_> {
    /// What single targets of a stage do in another way, by target.
    pub(super) fn overrides(
        &mut self,
        form: &file::Stage,
        base: &Base,
        consumer: &Consumer,
        waves: &[model::Wave],
    ) -> BTreeMap<String, model::Override> {
        let mut overrides = BTreeMap::new();
        let targets: Vec<model::Target> = waves.iter().flat_map(|wave| wave.targets.clone()).collect();
        for (name, own) in form.overrides.iter().flat_map(|overrides| &overrides.entries) {
            let matched: BTreeSet<&str> =
                targets.iter().map(|target| target.name.as_str()).filter(|target| matches(&name.value, target)).collect();
            if matched.is_empty() && !targets.is_empty() {
                let problem =
                    Problem::error(Code::UnknownValue, name.span, format!("this stage has no target `{}`", shortened(&name.value)));
                let problem = problem.expected("a target of this stage, or several with `*`: `prod/*`");
                self.report(problem.suggest(&name.value, targets.iter().map(|target| target.name.as_str())));
            }
            if let Some(twice) = matched.iter().find(|target| overrides.contains_key(**target)) {
                let problem = Problem::error(Code::ConflictingKeys, name.span, format!("the target `{twice}` is overridden twice"));
                self.report(problem.help("write what is to be different at a target in one place"));
                continue;
            }
            let has_alarms = waves.iter().any(|wave| !wave.alarms.is_empty());
            let deploy = form.deploy.as_ref().and_then(|deploy| self.deploy(&merged(deploy, own), base, consumer, &targets, has_alarms));
            let verify = own.verify.as_ref().map(|verify| self.task("verify", Purpose::Verify, verify, base, &Scope::target(), consumer));
            let bake = own.bake.as_ref().map(|bake| self.bake(bake, has_alarms));
            let lowered = model::Override { deploy, verify, bake };
            overrides.extend(matched.into_iter().map(|target| (target.to_owned(), lowered.clone())));
        }
        overrides
    }
}

/// The deployment of the stage with the override's keys in place of its own; `with` and `env` key by key.
fn merged(deploy: &file::Deploy, own: &Override) -> file::Deploy {
    let mut form = deploy.clone();
    let Override { with, env, runs_on, container, timeout, strategy, before, after, on_failure, finally, .. } = own.clone();
    form.with = match (&form.with, with) {
        (Some(base), Some(own)) => Some(Arc::new(Node::overlaid(base, &own))),
        (base, own) => own.or_else(|| base.clone()),
    };
    form.env = match (form.env, env) {
        (Some(base), Some(own)) => Some(overlaid(base, own)),
        (base, own) => own.or(base),
    };
    form.runs_on = runs_on.or(form.runs_on);
    form.container = container.or(form.container);
    form.timeout = timeout.or(form.timeout);
    form.strategy = strategy.or(form.strategy);
    form.before = before.or(form.before);
    form.after = after.or(form.after);
    form.on_failure = on_failure.or(form.on_failure);
    form.finally = finally.or(form.finally);
    form
}

fn overlaid(base: Map<Text>, own: Map<Text>) -> Map<Text> {
    let names: BTreeSet<String> = own.entries.iter().map(|(name, _)| name.value.clone()).collect();
    let kept = base.entries.into_iter().filter(|(name, _)| !names.contains(&name.value));
    Map { entries: kept.chain(own.entries).collect() }
}

/// A name, or several by `*`, which stands for any part of one.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut left) = text.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let last = parts.pop().unwrap_or_default();
    for part in parts {
        let Some(at) = left.find(part) else { return false };
        left = left.get(at + part.len()..).unwrap_or_default();
    }
    left.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_star_stands_for_any_part_of_a_name() {
        for (pattern, text, expected) in [
            ("prod/eu", "prod/eu", true),
            ("prod/eu", "prod/eu-1", false),
            ("*", "", true),
            ("prod/*", "prod/eu/a", true),
            ("*/eu-*", "prod/eu-1", true),
            ("*/eu-*", "prod/us-1", false),
            ("a*b*c", "abc", true),
            ("a*b*c", "aXbYbc", true),
            ("a*a", "a", false),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }
}
