//! A pipeline as it is meant: checked, with every default in place, before it is spread over targets.

use std::collections::{BTreeMap, BTreeSet};

use crate::blocks::{Invocation, Verb};
use crate::plan;

/// What [`crate::compile`] makes of a file without errors.
#[derive(Debug, Clone)]
pub struct Pipeline {
    pub(crate) name: String,
    pub(crate) triggers: Vec<plan::Trigger>,
    /// What people are told about the inputs of the manual trigger, by name.
    pub(crate) input_descriptions: BTreeMap<String, String>,
    pub(crate) accounts: BTreeMap<String, plan::Account>,
    pub(crate) notify: Vec<plan::Notify>,
    pub(crate) barriers: BTreeSet<String>,
    pub(crate) needs_barriers: BTreeSet<String>,
    pub(crate) stages: Vec<Stage>,
    /// Digests of the blocks that are used, by the name in `uses`.
    pub(crate) blocks: BTreeMap<String, String>,
    /// Stages whose targets were picked or whose waves were derived.
    pub(crate) derived: BTreeMap<String, plan::Derivation>,
    /// Artifacts that are built once per region.
    pub(crate) regional: Regional,
    /// Where revisions come from besides the pipeline's own repository.
    pub(crate) sources: BTreeMap<String, plan::Source>,
    /// What the owner of the server added, by name.
    pub(crate) aspects: BTreeMap<String, plan::AppliedAspect>,
}

/// By the name of an artifact in the file, then by region: what it is called there.
pub(crate) type Regional = BTreeMap<String, BTreeMap<String, String>>;

impl Pipeline {
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    #[must_use]
    pub fn triggers(&self) -> &[plan::Trigger] {
        &self.triggers
    }

    /// The inputs of a manual trigger and their defaults; none: must be given.
    #[must_use]
    pub fn inputs(&self) -> BTreeMap<&str, Option<&str>> {
        let manual = self.triggers.iter().filter_map(|trigger| match trigger {
            plan::Trigger::Manual { inputs } => Some(inputs),
            plan::Trigger::Push { .. } | plan::Trigger::Schedule { .. } | plan::Trigger::PullRequest(_) => None,
        });
        manual.flatten().map(|(name, default)| (name.as_str(), default.as_deref())).collect()
    }
}

impl Pipeline {
    /// What the file says an input of the manual trigger is for.
    #[must_use]
    pub fn input_description(&self, name: &str) -> Option<&str> {
        self.input_descriptions.get(name).map(String::as_str)
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Stage {
    pub(crate) name: String,
    pub(crate) production: bool,
    /// Whether its targets are watched against the time before, where its block says by what.
    pub(crate) guard: bool,
    /// In an order in which each stands after what it needs.
    pub(crate) jobs: Vec<Job>,
    /// At least one; the one wave of a stage without waves bears no name.
    pub(crate) waves: Vec<Wave>,
    pub(crate) gates: Vec<plan::Gate>,
    pub(crate) deploy: Option<Deploy>,
    pub(crate) verify: Option<plan::Job>,
    /// By target.
    pub(crate) overrides: BTreeMap<String, Override>,
    pub(crate) rollback: plan::RollbackPolicy,
    pub(crate) lane: plan::LanePolicy,
    pub(crate) lane_per_stage: bool,
    pub(crate) notify: Vec<plan::Notify>,
    pub(crate) hooks: Hooks,
}

#[derive(Debug, Clone)]
pub(crate) struct Job {
    /// Positions in [`Stage::jobs`], all smaller than its own.
    pub(crate) needs: Vec<usize>,
    /// Keys of jobs that the plan has already, of what is added to one.
    pub(crate) needs_there: BTreeSet<String>,
    /// It takes the place of a job that is there.
    pub(crate) replace: bool,
    pub(crate) job: plan::Job,
}

#[derive(Debug, Clone)]
pub(crate) struct Wave {
    pub(crate) name: String,
    pub(crate) targets: Vec<Target>,
    pub(crate) max_parallel: u32,
    pub(crate) at_least: Option<u32>,
    pub(crate) gates: Vec<plan::Gate>,
    /// Without its alarms.
    pub(crate) bake: Option<plan::Bake>,
    /// Those of the stage and its own; their texts may still name the target.
    pub(crate) alarms: Vec<plan::Alarm>,
    pub(crate) hooks: Hooks,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) name: String,
    /// The key of [`Pipeline::accounts`].
    pub(crate) account: Option<String>,
}

impl Target {
    /// The part after the account: `us-east-1` of `prod/us-east-1/box-7`; empty for a plain name.
    pub(crate) fn region(&self) -> &str {
        self.name.split('/').nth(1).unwrap_or_default()
    }

    pub(crate) fn unit(&self) -> &str {
        self.name.splitn(3, '/').nth(2).unwrap_or_default()
    }
}

/// Jobs around something, in order: that of the file, and those that the owner of the server added.
#[derive(Debug, Clone, Default)]
pub(crate) struct Hooks {
    pub(crate) before: Vec<plan::Job>,
    pub(crate) after: Vec<plan::Job>,
    pub(crate) on_failure: Vec<plan::Job>,
    pub(crate) finally: Vec<plan::Job>,
}

impl Hooks {
    pub(crate) fn count(&self) -> usize {
        [&self.before, &self.after, &self.on_failure, &self.finally].into_iter().map(Vec::len).sum()
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Deploy {
    /// A target for which it is false is left out.
    pub(crate) condition: Option<String>,
    /// Everything but the steps.
    pub(crate) job: plan::Job,
    pub(crate) block: Invocation,
    /// Secrets and variables that the steps of each verb name.
    pub(crate) named: BTreeMap<Verb, Named>,
    pub(crate) strategy: Strategy,
    /// Between increments, without its alarms.
    pub(crate) between: Option<plan::Bake>,
    pub(crate) hooks: Hooks,
}

/// What one target does in another way; none: as the stage.
#[derive(Debug, Clone)]
pub(crate) struct Override {
    pub(crate) deploy: Option<Deploy>,
    pub(crate) verify: Option<plan::Job>,
    pub(crate) bake: Option<plan::Bake>,
}

/// Names of secrets and variables.
#[derive(Debug, Clone, Default)]
pub(crate) struct Named {
    pub(crate) secrets: BTreeSet<String>,
    pub(crate) vars: BTreeSet<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Strategy {
    Whole,
    /// Two at least.
    Rolling {
        batches: u32,
    },
    /// Rising, the last one 100.
    Canary {
        percents: Vec<u8>,
    },
    BlueGreen,
    /// The target's environment goes.
    Removal,
}
