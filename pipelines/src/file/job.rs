use std::sync::Arc;

use crate::file::{MatrixForm, StepForm, words};
use crate::text::{Duration, Map, Node, Read, Reader, Spanned, Text, Value, record};

record! {
    /// What one runner executes: steps in order, in one workspace.
    Job: "a job" {
        /// Unique in its stage; without it, `job-1`, `job-2`, ….
        name = "name": Option<Spanned<String>>,
        runs_on = "runs_on": Option<RunsOn>,
        /// An image that the steps run in.
        container = "container": Option<Spanned<String>>,
        /// Jobs of this stage that must have ended well; without it, jobs run side by side.
        needs = "needs": Option<Vec<Spanned<String>>>,
        env = "env": Option<Map<Text>>,
        /// CEL; when false the job is skipped and counts as done.
        condition = "if": Option<Spanned<Text>>,
        steps = "steps": Spanned<Vec<StepForm>>,
        /// Steps before `steps`.
        before = "before": Option<Vec<StepForm>>,
        /// Steps after `steps`, when those ended well.
        after = "after": Option<Vec<StepForm>>,
        /// Steps that run however the job ends.
        finally = "finally": Option<Vec<StepForm>>,
        timeout = "timeout": Option<Spanned<Duration>>,
        /// Between the signal to stop and the kill.
        grace = "grace": Option<Spanned<Duration>>,
        retry = "retry": Option<RetryForm>,
        /// One job for each combination of values: `{os: [linux, macos]}`.
        matrix = "matrix": Option<Spanned<MatrixForm>>,
        /// `region`: one job for each region that the pipeline deploys to, as `matrix.region`.
        per = "per": Option<Spanned<JobPer>>,
        /// How many of the combinations run at once; without it, all.
        max_parallel = "max_parallel": Option<Spanned<u32>>,
        /// What the job leaves: a name, unique in the pipeline, and the path of a file or folder.
        artifacts = "artifacts": Option<Map<Spanned<String>>>,
        /// What the job starts with, of earlier jobs.
        uses_artifacts = "uses_artifacts": Option<UsesArtifacts>,
        /// `false`: the job starts in an empty workspace.
        checkout = "checkout": Option<bool>,
    }
    later {
        "generate": "generated stages, jobs and targets (`generate`)",
        "upload": "uploading a piece of pipeline (`upload`)",
        "id_token": "an OIDC token for a step (`id_token`)",
        "on_failure": "`on_failure` of a single job; a stage, a wave and `deploy` may have it",
    }
}

words! { JobPer: "what a job belongs to" { Region = "region", } }

/// A pool, or labels that a runner must carry (`pool` among them).
#[derive(Debug, Clone, schemars::JsonSchema)]
#[schemars(untagged)]
pub(crate) enum RunsOn {
    Pool(Spanned<String>),
    Labels(Map<Spanned<Text>>),
}

impl Read for RunsOn {
    const WHAT: &'static str = "the name of a pool, or a map of labels";

    fn read(node: &Arc<Node>, reader: &mut Reader) -> Option<Self> {
        match &node.value {
            Value::Mapping(_) => Map::read(node, reader).map(Self::Labels),
            Value::Scalar { .. } => Spanned::read(node, reader).map(Self::Pool),
            Value::Sequence(_) => {
                reader.wrong_type(node, Self::WHAT);
                None
            }
        }
    }
}

/// Names, or a map from a name to the path where it is laid.
#[derive(Debug, Clone, schemars::JsonSchema)]
#[schemars(untagged)]
pub(crate) enum UsesArtifacts {
    Names(Vec<Spanned<String>>),
    Paths(Map<Spanned<String>>),
}

impl Read for UsesArtifacts {
    const WHAT: &'static str = "a list of artifacts, or a map from an artifact to a path";

    fn read(node: &Arc<Node>, reader: &mut Reader) -> Option<Self> {
        match &node.value {
            Value::Mapping(_) => Map::read(node, reader).map(Self::Paths),
            Value::Sequence(_) => Vec::read(node, reader).map(Self::Names),
            Value::Scalar { .. } => {
                reader.wrong_type(node, Self::WHAT);
                None
            }
        }
    }
}

/// How often to try again: a number, a rule, or several rules of which the first match wins.
#[derive(Debug, Clone, schemars::JsonSchema)]
#[schemars(untagged)]
pub(crate) enum RetryForm {
    Limit(Spanned<u32>),
    Rule(Retry),
    Rules(Vec<Retry>),
}

impl Read for RetryForm {
    const WHAT: &'static str = "a number of attempts, a rule, or a list of rules";

    fn read(node: &Arc<Node>, reader: &mut Reader) -> Option<Self> {
        match &node.value {
            Value::Mapping(_) => Retry::read(node, reader).map(Self::Rule),
            Value::Sequence(_) => Vec::read(node, reader).map(Self::Rules),
            Value::Scalar { text, .. } if text.starts_with(|first: char| first.is_ascii_digit()) => {
                Spanned::read(node, reader).map(Self::Limit)
            }
            Value::Scalar { .. } => {
                reader.wrong_type(node, Self::WHAT);
                None
            }
        }
    }
}

record! {
    /// When to try again; at most one of `on`, `exit_codes` and `signals`.
    Retry: "a retry rule" {
        on = "on": Option<RetryEvent>,
        exit_codes = "exit_codes": Option<Vec<i32>>,
        signals = "signals": Option<Vec<i32>>,
        /// How many more attempts.
        limit = "limit": Option<Spanned<u32>>,
        /// The pause before the first, doubled for each further one.
        backoff = "backoff": Option<Spanned<Duration>>,
    }
}

words! {
    RetryEvent: "a reason to try again" {
        /// Any end but success and cancel.
        Any = "any",
        Timeout = "timeout",
        RunnerLost = "runner_lost",
    }
}
