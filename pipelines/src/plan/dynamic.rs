//! How a plan grows while its release is on its way (D1 to D4), and why its targets stand where they do (W4).

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Job, NodeIx, StageIx};

/// What a job adds to the plan of its own release, right after itself (D1).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Adds {
    /// The artifact of this name, which the job leaves, is a piece of pipeline file: see [`crate::dynamic::compile_fragment`].
    Generated { artifact: String },
    /// The job itself runs nowhere: once what it needs has ended, there is one job for each combination. See
    /// [`crate::dynamic::expand_matrix`].
    Matrix(Box<DeferredMatrix>),
}

/// A matrix of which some values are only known when earlier jobs have ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DeferredMatrix {
    /// The job of each combination; its texts still hold `${{ matrix.… }}`.
    pub job: Job,
    /// In the order of the file; empty where `whole` says all.
    pub axes: Vec<MatrixAxis>,
    /// A text whose value is the whole matrix as JSON: a map from an axis to its values, `include` and `exclude` among them.
    pub whole: Option<String>,
    pub include: Vec<BTreeMap<String, String>>,
    pub exclude: Vec<BTreeMap<String, String>>,
    /// 0: all at once.
    pub max_parallel: u32,
}

/// One axis of a matrix.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MatrixAxis {
    pub name: String,
    pub values: AxisValues,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AxisValues {
    Listed(Vec<String>),
    /// A text whose value is a JSON list.
    From(String),
}

/// At most `limit` jobs of one group of one release run at once.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Parallel {
    /// Unique in the plan: `build/test`.
    pub group: String,
    pub limit: u32,
}

/// What one upload changed in a plan, in the order of the splices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Addition {
    /// The job that printed or uploaded it.
    pub by: NodeIx,
    /// Of that job: a later attempt takes back what an earlier one added and nobody has begun.
    pub attempt: u32,
    /// 1 for what a job of the file added, 2 for what such a job added (D4).
    pub depth: u32,
    /// `sha256:…` of the text.
    pub digest: String,
    /// Jobs that it made or that it gave to a node which was there, and the digest of what it said of each.
    pub jobs: BTreeMap<NodeIx, String>,
    /// Those of them that were there before.
    pub replaced: BTreeSet<NodeIx>,
    /// Jobs of an earlier attempt's addition that it took back: they are skipped and count as satisfied (D5).
    pub withdrawn: BTreeSet<NodeIx>,
    /// Stages that it made, and the digest of what it said of each.
    pub stages: BTreeMap<StageIx, String>,
}

/// Why the targets of a stage stand in the waves that they stand in (W4).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Derivation {
    /// For people: `amazon, scale large, from targets.yaml where tier == 'prod'`.
    pub rule: String,
    /// By target.
    pub reasons: BTreeMap<String, String>,
    /// Targets that a condition left out, and the condition.
    pub left_out: BTreeMap<String, String>,
}

/// What the owner of the server added to a stage; the file cannot take it away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AppliedAspect {
    pub description: String,
    /// `sha256:…` of its text.
    pub digest: String,
    /// Stages that it was applied to.
    pub stages: Vec<String>,
}
