use std::sync::Arc;

use crate::file::{IdTokenForm, RetryForm, RunsOn, UsesArtifacts};
use crate::text::{Duration, Map, Node, Read, Reader, Spanned, Text, Value, record};

/// A command, or a map that says more.
#[derive(Debug, Clone, schemars::JsonSchema)]
#[schemars(untagged)]
pub(crate) enum StepForm {
    Command(Spanned<String>),
    Step(Box<Step>),
}

impl Read for StepForm {
    const WHAT: &'static str = "a step";

    fn read(node: &Arc<Node>, reader: &mut Reader) -> Option<Self> {
        match &node.value {
            Value::Mapping(_) => Read::read(node, reader).map(Self::Step),
            Value::Scalar { .. } => Spanned::read(node, reader).map(Self::Command),
            Value::Sequence(_) => {
                reader.wrong_type(node, "a command, or a map with `run` or `uses`");
                None
            }
        }
    }
}

record! {
    /// One command of a job; one of `run` and `uses`.
    Step: "a step" {
        name = "name": Option<Spanned<String>>,
        /// The command, one line or many.
        run = "run": Option<Spanned<String>>,
        /// A block whose steps stand here.
        uses = "uses": Option<Spanned<String>>,
        /// The inputs of the block.
        #[schemars(with = "Option<std::collections::BTreeMap<String, serde_json::Value>>")]
        with = "with": Option<Arc<Node>>,
        env = "env": Option<Map<Text>>,
        /// `bash` (the default), `sh`, `python`, or a program with its arguments.
        shell = "shell": Option<Spanned<Shell>>,
        /// Relative to the workspace.
        working_directory = "working_directory": Option<Spanned<String>>,
        timeout = "timeout": Option<Spanned<Duration>>,
        /// CEL, decided when the job is leased; when false the step is left out.
        condition = "if": Option<Spanned<Text>>,
    }
    later {
        "id_token": "`id_token` at a single step; a job, a task around a deployment and `deploy` may have it",
    }
}

#[derive(Debug, Clone, PartialEq, schemars::JsonSchema)]
#[schemars(untagged)]
pub(crate) enum Shell {
    Named(String),
    Program(Vec<String>),
}

impl Read for Shell {
    const WHAT: &'static str = "the name of a shell, or a list of a program and its arguments";

    fn read(node: &Arc<Node>, reader: &mut Reader) -> Option<Self> {
        match &node.value {
            Value::Scalar { .. } => String::read(node, reader).map(Self::Named),
            Value::Sequence(_) => Vec::read(node, reader).map(Self::Program),
            Value::Mapping(_) => {
                reader.wrong_type(node, Self::WHAT);
                None
            }
        }
    }
}

/// Steps alone, or a map that says how they run.
#[derive(Debug, Clone, schemars::JsonSchema)]
#[schemars(untagged)]
pub(crate) enum TaskForm {
    Steps(Spanned<Vec<StepForm>>),
    Task(Box<Task>),
}

impl Read for TaskForm {
    const WHAT: &'static str = "a list of steps, or a map with `steps`";

    fn read(node: &Arc<Node>, reader: &mut Reader) -> Option<Self> {
        match &node.value {
            Value::Mapping(_) => Read::read(node, reader).map(Self::Task),
            Value::Sequence(_) => Spanned::read(node, reader).map(Self::Steps),
            Value::Scalar { .. } => {
                reader.wrong_type(node, Self::WHAT);
                None
            }
        }
    }
}

record! {
    /// Steps that check a target or stand around a deployment, as one job.
    Task: "a job" {
        steps = "steps": Spanned<Vec<StepForm>>,
        /// CEL; when false the job is skipped and counts as done.
        condition = "if": Option<Spanned<Text>>,
        env = "env": Option<Map<Text>>,
        runs_on = "runs_on": Option<RunsOn>,
        container = "container": Option<Spanned<String>>,
        timeout = "timeout": Option<Spanned<Duration>>,
        retry = "retry": Option<RetryForm>,
        uses_artifacts = "uses_artifacts": Option<UsesArtifacts>,
        /// As in a job.
        id_token = "id_token": Option<Spanned<IdTokenForm>>,
    }
    later {
        "matrix": "one job for each combination (`matrix`)",
    }
}
