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
        /// Steps that run when one has failed or taken too long, before `finally`; not after a cancel.
        on_failure = "on_failure": Option<Vec<StepForm>>,
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
        /// Lets the job ask for a token that says what it is to a cloud or another service (OpenID Connect).
        id_token = "id_token": Option<Spanned<IdTokenForm>>,
        /// In what a job prints or uploads: it takes the place of the job of this name, if that is not queued yet.
        replace = "replace": Option<Spanned<bool>>,
    }
}

record! {
    /// Whom a job may show who it is.
    IdTokenForm: "an identity token" {
        /// Who shall accept it, as that service wants it: `sts.amazonaws.com`, or the address of a Vault.
        audience = "audience": Spanned<String>,
    }
}

record! {
    /// A job that prints a piece of pipeline file, which is added right after it.
    Generate: "a generator" {
        /// Unique among the jobs of its stage; without it, `generate`.
        name = "name": Option<Spanned<String>>,
        /// What prints jobs or stages, as YAML or JSON; one of `run` and `steps`.
        run = "run": Option<Spanned<StepForm>>,
        /// The last step prints.
        steps = "steps": Option<Spanned<Vec<StepForm>>>,
        needs = "needs": Option<Vec<Spanned<String>>>,
        condition = "if": Option<Spanned<Text>>,
        env = "env": Option<Map<Text>>,
        runs_on = "runs_on": Option<RunsOn>,
        container = "container": Option<Spanned<String>>,
        timeout = "timeout": Option<Spanned<Duration>>,
        retry = "retry": Option<RetryForm>,
        uses_artifacts = "uses_artifacts": Option<UsesArtifacts>,
        checkout = "checkout": Option<bool>,
    }
}

/// One generator or several.
#[derive(Debug, Clone, schemars::JsonSchema)]
#[schemars(untagged)]
pub(crate) enum GenerateForm {
    One(Box<Generate>),
    Many(Vec<Generate>),
}

impl Read for GenerateForm {
    const WHAT: &'static str = "a generator such as `{run: ./pipeline.py}`, or a list of those";

    fn read(node: &Arc<Node>, reader: &mut Reader) -> Option<Self> {
        match &node.value {
            Value::Sequence(_) => Vec::read(node, reader).map(Self::Many),
            Value::Mapping(_) => Read::read(node, reader).map(Self::One),
            Value::Scalar { .. } => {
                reader.wrong_type(node, Self::WHAT);
                None
            }
        }
    }
}

impl GenerateForm {
    pub(crate) fn list(&self) -> &[Generate] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many,
        }
    }
}

impl Generate {
    /// The job that it is, beside that it prints.
    pub(crate) fn job(&self) -> Job {
        let steps = match (&self.run, &self.steps) {
            (Some(run), _) => Spanned { value: vec![run.value.clone()], span: run.span },
            (None, Some(steps)) => steps.clone(),
            (None, None) => Spanned { value: Vec::new(), span: self.span.part(0, 1) },
        };
        Job {
            span: self.span,
            whole: self.whole,
            name: Some(self.name.clone().unwrap_or_else(|| Spanned { value: "generate".to_owned(), span: self.span.part(0, 1) })),
            runs_on: self.runs_on.clone(),
            container: self.container.clone(),
            needs: self.needs.clone(),
            env: self.env.clone(),
            condition: self.condition.clone(),
            steps,
            before: None,
            after: None,
            on_failure: None,
            finally: None,
            timeout: self.timeout.clone(),
            grace: None,
            retry: self.retry.clone(),
            matrix: None,
            per: None,
            max_parallel: None,
            artifacts: None,
            uses_artifacts: self.uses_artifacts.clone(),
            checkout: self.checkout,
            id_token: None,
            replace: None,
        }
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
