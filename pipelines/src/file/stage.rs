use std::borrow::Cow;
use std::sync::Arc;

use crate::diagnostic::Code;
use crate::file::{Alarm, BakeForm, Deploy, Gate, Generate, GenerateForm, Job, Notify, Override, RunsOn, TaskForm, words};
use crate::text::{Duration, Map, Node, Problem, Read, Reader, Spanned, Text, Value, record};

record! {
    /// A step on the path: jobs, or targets and how to deploy to them, or both.
    Stage: "a stage" {
        name = "name": Spanned<String>,
        /// Nobody approves their own release here, unless the gate says otherwise.
        production = "production": Option<bool>,
        /// Run once, before any target.
        jobs = "jobs": Option<Vec<Job>>,
        /// Programs that print jobs and stages, which are added right after them.
        generate = "generate": Option<GenerateForm>,
        /// Where it deploys, all in one wave; `waves` instead for several.
        targets = "targets": Option<Spanned<Targets>>,
        /// How one target is changed.
        deploy = "deploy": Option<Deploy>,
        /// Run at each target once it is deployed.
        verify = "verify": Option<TaskForm>,
        /// Conditions in front of every wave.
        gates = "gates": Option<Vec<Gate>>,
        /// Watched while a target is deployed and bakes.
        alarms = "alarms": Option<Vec<Alarm>>,
        /// `false`: targets are not watched against the time before. Without it they are, where the block says by which metrics.
        guard = "guard": Option<bool>,
        /// Groups of targets, one after the other.
        waves = "waves": Option<Spanned<Waves>>,
        /// The watched time after each target, for waves that do not say so themselves.
        bake = "bake": Option<BakeForm>,
        /// How many targets at once; without it, all of a wave.
        max_parallel = "max_parallel": Option<Spanned<u32>>,
        rollback = "rollback": Option<Rollback>,
        lane = "lane": Option<LaneForm>,
        notify = "notify": Option<Vec<Notify>>,
        env = "env": Option<Map<Text>>,
        runs_on = "runs_on": Option<RunsOn>,
        /// What single targets do in another way, by target or by a pattern such as `prod/*`.
        overrides = "overrides": Option<Map<Override>>,
        before = "before": Option<TaskForm>,
        after = "after": Option<TaskForm>,
        on_failure = "on_failure": Option<TaskForm>,
        finally = "finally": Option<TaskForm>,
    }
    later {
        "preview": "an environment for each pull request (`preview`)",
        "extends": "stages and defaults from a shared shape (`extends`)",
    }
}

impl Stage {
    /// The jobs, then the generators as jobs.
    pub(crate) fn all_jobs(&self) -> Cow<'_, [Job]> {
        let jobs = self.jobs.as_deref().unwrap_or_default();
        match &self.generate {
            None => Cow::Borrowed(jobs),
            Some(generate) => jobs.iter().cloned().chain(generate.list().iter().map(Generate::job)).collect(),
        }
    }

    /// Whether a position in [`Self::all_jobs`] is that of a generator.
    pub(crate) fn is_generator(&self, job: usize) -> bool {
        job >= self.jobs.as_ref().map_or(0, Vec::len)
    }
}

record! {
    /// A piece of pipeline file, which a job prints or uploads.
    Fragment: "what a job adds" {
        /// Jobs of the stage of the job that adds them, right after it.
        jobs = "jobs": Option<Vec<Job>>,
        generate = "generate": Option<GenerateForm>,
        /// Stages right after the stage of the job that adds them.
        stages = "stages": Option<Vec<Stage>>,
    }
    later {
        "x-*": "the writer's own keys, for anchors",
    }
}

impl Fragment {
    /// The jobs as those of the stage that they join, then the stages.
    pub(crate) fn joined(&self, stage: &str) -> Vec<Stage> {
        let at = self.span.part(0, 1);
        let joined = Stage {
            span: self.span,
            whole: self.whole,
            name: Spanned { value: stage.to_owned(), span: at },
            production: None,
            jobs: self.jobs.clone(),
            generate: self.generate.clone(),
            targets: None,
            deploy: None,
            verify: None,
            gates: None,
            alarms: None,
            guard: None,
            waves: None,
            bake: None,
            max_parallel: None,
            rollback: None,
            lane: None,
            notify: None,
            env: None,
            runs_on: None,
            overrides: None,
            before: None,
            after: None,
            on_failure: None,
            finally: None,
        };
        std::iter::once(joined).chain(self.stages.iter().flatten().cloned()).collect()
    }
}

/// Names of targets, or what picks them from an inventory.
#[derive(Debug, Clone, schemars::JsonSchema)]
#[schemars(untagged)]
pub(crate) enum Targets {
    Listed(Vec<Spanned<String>>),
    Picked(Picked),
}

impl Read for Targets {
    const WHAT: &'static str = "a list of targets such as `[prod/eu-west-1]`, or a map with `inventory` and `where`";

    fn read(node: &Arc<Node>, reader: &mut Reader) -> Option<Self> {
        match &node.value {
            Value::Sequence(_) => Vec::read(node, reader).map(Self::Listed),
            Value::Mapping(_) => Picked::read(node, reader).map(Self::Picked),
            Value::Scalar { text, plain: true } if !text.is_empty() => {
                reader.report(
                    Problem::error(Code::WrongType, node.span, format!("this is {}", node.describe()))
                        .expected(Self::WHAT)
                        .help(format!("write it as a list: [{}]", crate::text::shortened(text))),
                );
                None
            }
            Value::Scalar { .. } => {
                reader.wrong_type(node, Self::WHAT);
                None
            }
        }
    }
}

record! {
    /// Targets from an inventory.
    Picked: "targets from an inventory" {
        /// A file of the repository, or `registry` for that of the server; without it, the `inventory` of the pipeline.
        inventory = "inventory": Option<Spanned<String>>,
        /// CEL over the labels of a target: `tier == 'prod'`; without it, all of them.
        condition = "where": Option<Spanned<Text>>,
    }
}

/// Waves in order, or how they are made of the targets of the stage.
#[derive(Debug, Clone, schemars::JsonSchema)]
#[schemars(untagged)]
pub(crate) enum Waves {
    Listed(Vec<Wave>),
    Derived(Box<DerivedWaves>),
}

impl Read for Waves {
    const WHAT: &'static str = "a list of waves, or a map with `by`";

    fn read(node: &Arc<Node>, reader: &mut Reader) -> Option<Self> {
        match &node.value {
            Value::Mapping(_) => Read::read(node, reader).map(Self::Derived),
            Value::Sequence(_) => Vec::read(node, reader).map(Self::Listed),
            Value::Scalar { .. } => {
                reader.wrong_type(node, Self::WHAT);
                None
            }
        }
    }
}

record! {
    /// Waves that are made of the targets of the stage; never two targets of a region at once.
    DerivedWaves: "derived waves" {
        by = "by": Spanned<WavesBy>,
        /// How long each wave bakes; without it, as the stage says.
        scale = "scale": Option<Spanned<Scale>>,
        /// `amazon`: the label that says how busy a target is, without it `traffic`. `labels`: the label that groups.
        label = "label": Option<Spanned<String>>,
        /// `labels`: the values of the label, in order; other values follow.
        order = "order": Option<Vec<Spanned<Text>>>,
        /// `sizes`: how many targets each wave has, as numbers or percentages; the last one repeats.
        sizes = "sizes": Option<Spanned<Vec<Spanned<Text>>>>,
    }
}

words! {
    WavesBy: "how waves are made" {
        /// One box, one quiet region, one busy region, then growing groups.
        Amazon = "amazon",
        /// One wave for each value of a label.
        Labels = "labels",
        /// So many targets in each.
        Sizes = "sizes",
    }
}

words! {
    Scale: "a scale" {
        /// Minutes.
        Small = "small",
        /// One box 1 hour and 100 data points, the first wave 12 hours, later ones 4 and 2 hours.
        Large = "large",
    }
}

record! {
    /// A group of targets.
    Wave: "a wave" {
        /// Without it, `wave-1`, `wave-2`, ….
        name = "name": Option<Spanned<String>>,
        targets = "targets": Spanned<Targets>,
        bake = "bake": Option<BakeForm>,
        /// How many targets at once; without it, all.
        max_parallel = "max_parallel": Option<Spanned<u32>>,
        /// How many targets must be complete before the next wave; without it, all.
        at_least = "at_least": Option<Spanned<u32>>,
        /// Conditions in front of this wave, besides those of the stage.
        gates = "gates": Option<Vec<Gate>>,
        /// Watched besides those of the stage.
        alarms = "alarms": Option<Vec<Alarm>>,
        before = "before": Option<TaskForm>,
        after = "after": Option<TaskForm>,
        on_failure = "on_failure": Option<TaskForm>,
        finally = "finally": Option<TaskForm>,
    }
}

record! {
    /// What goes back, and when by itself.
    Rollback: "a rollback" {
        /// How far: the target, its wave (default) or the stage.
        scope = "scope": Option<RollbackScope>,
        /// What makes it go back by itself; without it, both. `[]`: only people do.
        on = "on": Option<Vec<RollbackCause>>,
        /// Whether newer releases go on or wait for a person.
        after = "after": Option<AfterRollback>,
        /// A failure later than this after the stage ended no longer acts by itself; without it, 20 minutes.
        within = "within": Option<Spanned<Duration>>,
    }
}

words! { RollbackScope: "a scope of a rollback" { Target = "target", Wave = "wave", Stage = "stage", } }
words! { RollbackCause: "a cause of a rollback" { Alarm = "alarm", Failure = "failure", } }
words! { AfterRollback: "what follows a rollback" { Next = "next", Hold = "hold", } }
words! { LanePolicy: "a lane" { Supersede = "supersede", Queue = "queue", Parallel = "parallel", } }
words! { LanePer: "what a lane belongs to" { Wave = "wave", Stage = "stage", } }

/// Which release goes in next.
#[derive(Debug, Clone, schemars::JsonSchema)]
#[schemars(untagged)]
pub(crate) enum LaneForm {
    Policy(Spanned<LanePolicy>),
    Lane(Lane),
}

impl Read for LaneForm {
    const WHAT: &'static str = "`supersede`, `queue`, `parallel`, or a map with `policy` and `per`";

    fn read(node: &Arc<Node>, reader: &mut Reader) -> Option<Self> {
        match &node.value {
            Value::Mapping(_) => Lane::read(node, reader).map(Self::Lane),
            Value::Scalar { .. } => Spanned::read(node, reader).map(Self::Policy),
            Value::Sequence(_) => {
                reader.wrong_type(node, Self::WHAT);
                None
            }
        }
    }
}

record! {
    /// The serialised entry to a wave, or to the whole stage.
    Lane: "a lane" {
        policy = "policy": Option<Spanned<LanePolicy>>,
        per = "per": Option<LanePer>,
    }
}
