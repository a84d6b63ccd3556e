use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::plan::{Account, Job, Node, Stage};

/// What a job adds to the plan of its own release: compiled, checked, and not yet in it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Fragment {
    /// `sha256:…` of what it was made from.
    pub digest: String,
    /// Jobs of the stage of the job that adds them, each after those of the fragment that it needs.
    pub jobs: Vec<FragmentJob>,
    /// Stages right after the stage of the job that adds them, in the order of the path. Positions count inside of the fragment.
    pub stages: Vec<Stage>,
    /// The nodes of `stages`. A node of the first stage that needs nothing there needs what stands before it.
    pub nodes: Vec<Node>,
    /// Accounts that its stages name and the plan has.
    pub accounts: BTreeMap<String, Account>,
    /// Digests of the blocks that it uses, by the name in `uses`.
    pub blocks: BTreeMap<String, String>,
}

/// A job that a fragment adds, or puts in the place of one that is there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FragmentJob {
    /// The node's key in the plan: `build/test-linux` (D2).
    pub key: String,
    /// What it needs besides the job that adds it.
    pub needs: Vec<Need>,
    pub job: Job,
    /// It takes the place of a job that has this key and is not queued (D3).
    pub replace: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Need {
    /// A position in [`Fragment::jobs`], smaller than its own.
    Added(u32),
    /// The key of a node that is there.
    There(String),
}
