use std::sync::Arc;

use crate::file::{BakeForm, IdTokenForm, RunsOn, TaskForm, Unclear, UsesArtifacts};
use crate::text::{Duration, Map, Node, Percent, Read, Reader, Spanned, Text, Value, record};

record! {
    /// How one target is changed.
    Deploy: "a deployment" {
        /// A built-in block (`process/in-place`) or one of the repository (`./blocks/mine`).
        uses = "uses": Spanned<String>,
        /// The inputs of the block.
        #[schemars(with = "Option<std::collections::BTreeMap<String, serde_json::Value>>")]
        with = "with": Option<Arc<Node>>,
        /// In which increments; without it, all at once.
        strategy = "strategy": Option<Spanned<StrategyForm>>,
        /// CEL over `target`, `stage` and `inputs`, decided when the plan is made; a target for which it is false is left out.
        condition = "if": Option<Spanned<Text>>,
        env = "env": Option<Map<Text>>,
        runs_on = "runs_on": Option<RunsOn>,
        container = "container": Option<Spanned<String>>,
        /// Of each job of the deployment.
        timeout = "timeout": Option<Spanned<Duration>>,
        /// As in a job, for each job of the deployment.
        id_token = "id_token": Option<Spanned<IdTokenForm>>,
        /// What the jobs start with, besides the artifacts that `with` names.
        uses_artifacts = "uses_artifacts": Option<UsesArtifacts>,
        /// At each target, before it is changed.
        before = "before": Option<TaskForm>,
        /// At each target, after its bake.
        after = "after": Option<TaskForm>,
        on_failure = "on_failure": Option<TaskForm>,
        finally = "finally": Option<TaskForm>,
    }
}

record! {
    /// What is different at a target: each key stands in place of that of `deploy` or of the stage.
    Override: "an override" {
        /// Key by key over the `with` of `deploy`.
        #[schemars(with = "Option<std::collections::BTreeMap<String, serde_json::Value>>")]
        with = "with": Option<Arc<Node>>,
        strategy = "strategy": Option<Spanned<StrategyForm>>,
        /// Key by key over the `env` of `deploy`.
        env = "env": Option<Map<Text>>,
        runs_on = "runs_on": Option<RunsOn>,
        container = "container": Option<Spanned<String>>,
        timeout = "timeout": Option<Spanned<Duration>>,
        bake = "bake": Option<BakeForm>,
        verify = "verify": Option<TaskForm>,
        before = "before": Option<TaskForm>,
        after = "after": Option<TaskForm>,
        on_failure = "on_failure": Option<TaskForm>,
        finally = "finally": Option<TaskForm>,
    }
}

/// A name, or a map with its settings.
#[derive(Debug, Clone, schemars::JsonSchema)]
#[schemars(untagged)]
pub(crate) enum StrategyForm {
    Named(crate::file::StrategyName),
    Strategy(Box<Strategy>),
}

impl Read for StrategyForm {
    const WHAT: &'static str = "a strategy";

    fn read(node: &Arc<Node>, reader: &mut Reader) -> Option<Self> {
        match &node.value {
            Value::Mapping(_) => Read::read(node, reader).map(Self::Strategy),
            Value::Scalar { .. } => Read::read(node, reader).map(Self::Named),
            Value::Sequence(_) => {
                reader.wrong_type(node, Self::WHAT);
                None
            }
        }
    }
}

record! {
    /// In which increments a target is changed; one of the first five.
    Strategy: "a strategy" {
        all_at_once = "all_at_once": Option<Spanned<Nothing>>,
        in_place = "in_place": Option<Spanned<Nothing>>,
        /// In equal batches.
        rolling = "rolling": Option<Spanned<RollingForm>>,
        /// In steps: `[10%, 50%]`; the last step, 100 %, may be left out.
        canary = "canary": Option<Spanned<Vec<Spanned<Percent>>>>,
        /// Beside the old one, then at once.
        blue_green = "blue_green": Option<Spanned<Nothing>>,
        /// The watched time after each increment but the last.
        bake = "bake": Option<BakeForm>,
        min_data_points = "min_data_points": Option<Spanned<u32>>,
        tolerance = "tolerance": Option<Spanned<Duration>>,
        patience = "patience": Option<Spanned<Duration>>,
        on_error = "on_error": Option<Unclear>,
        on_inconclusive = "on_inconclusive": Option<Unclear>,
    }
}

/// `true`, `{}` or no value at all: the strategy has no settings.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Nothing(());

impl schemars::JsonSchema for Nothing {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Nothing".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "enum": [true, null, {}] })
    }
}

impl Read for Nothing {
    const WHAT: &'static str = "`true`";

    fn read(node: &Arc<Node>, reader: &mut Reader) -> Option<Self> {
        match &node.value {
            Value::Scalar { text, .. } if node.is_null() || text == "true" => Some(Self(())),
            Value::Mapping(entries) if entries.is_empty() => Some(Self(())),
            _ => {
                reader.wrong_type(node, Self::WHAT);
                None
            }
        }
    }
}

record! {
    /// Equal batches; one of `max_parallel` and `batches`, and without both at most 33 % in a batch.
    RollingForm: "the settings of `rolling`" {
        /// The largest part of a target that changes at once.
        max_parallel = "max_parallel": Option<Spanned<Percent>>,
        batches = "batches": Option<Spanned<u32>>,
    }
}
