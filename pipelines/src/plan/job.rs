use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Adds, Parallel};

/// What one runner executes. Texts may still hold `${{ … }}`; they are inserted when the job is leased.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Job {
    /// For people: `package`, `deploy`, `shift 10%`.
    pub name: String,
    pub purpose: Purpose,
    pub class: Class,
    pub steps: Vec<Step>,
    /// Run after failure and timeout, before `finally`; they change nothing about how the job ended.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub on_failure: Vec<Step>,
    /// Always run, also after failure, timeout and cancel (A7).
    pub finally: Vec<Step>,
    pub env: BTreeMap<String, String>,
    /// CEL; false: the job is skipped and counts as satisfied (D5).
    pub condition: Option<String>,
    pub runs_on: RunsOn,
    pub container: Option<String>,
    pub timeout_ms: u64,
    pub grace_ms: u64,
    /// First match wins (A5).
    pub retry: Vec<RetryRule>,
    pub artifacts_in: Vec<ArtifactIn>,
    pub artifacts_out: Vec<ArtifactOut>,
    /// Names of secrets that reach this job; it gets only those it names.
    pub secrets: Vec<String>,
    pub vars: Vec<String>,
    /// The key of [`super::Plan::accounts`] whose credentials the job gets (A8).
    pub account: Option<String>,
    /// Start from a checkout of the release's commit.
    pub checkout: bool,
    /// Whom the job may show who it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id_token: Option<IdToken>,
    /// The jobs that it shares a limit with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parallel: Option<Parallel>,
    /// What it adds to the plan (D1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adds: Option<Adds>,
}

/// An identity token that a job may ask for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct IdToken {
    /// The `aud` of the token: who shall accept it.
    pub audience: String,
}

/// A job without steps that starts from a checkout, in the pool `default`, for an hour at most.
impl Default for Job {
    fn default() -> Self {
        Self {
            name: String::new(),
            purpose: Purpose::Job,
            class: Class::BuildTest,
            steps: Vec::new(),
            on_failure: Vec::new(),
            finally: Vec::new(),
            env: BTreeMap::new(),
            condition: None,
            runs_on: RunsOn { pool: "default".to_owned(), labels: BTreeMap::new() },
            container: None,
            timeout_ms: 60 * 60 * 1000,
            grace_ms: 10_000,
            retry: Vec::new(),
            artifacts_in: Vec::new(),
            artifacts_out: Vec::new(),
            secrets: Vec::new(),
            vars: Vec::new(),
            account: None,
            checkout: true,
            id_token: None,
            parallel: None,
            adds: None,
        }
    }
}

/// The two classes of job (A2, R3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Goes out again when its lease ends.
    BuildTest,
    /// Touches a target: never goes out again by itself.
    Target,
}

/// What a job is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Declared under `jobs:`.
    Job,
    Before,
    /// `prepare`, `shift`, `health` and `finish` of the block, or the part of them that one increment needs.
    Deploy {
        /// How much of the target runs the release after this job; 0 while the new side of `blue_green` serves nobody.
        percent: u8,
    },
    Verify,
    After,
    OnFailure,
    Finally,
    /// Makes the target run this release again (X3).
    Rollback,
    /// Says what runs at the target (A3).
    Inspect,
}

/// One command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Step {
    pub name: String,
    pub run: String,
    /// Program and arguments before the text, such as `["bash", "-eu", "-o", "pipefail", "-c"]`.
    pub shell: Vec<String>,
    pub env: BTreeMap<String, String>,
    pub working_directory: String,
    pub timeout_ms: Option<u64>,
    /// Files of a block that this step needs, by path in the workspace: `.tidegate/blocks/<block>/tool.sh`.
    pub files: BTreeMap<String, String>,
    /// CEL; false: the step is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
}

/// Where a job may run.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct RunsOn {
    /// `default` when the file names none.
    pub pool: String,
    /// All must match the runner's.
    pub labels: BTreeMap<String, String>,
}

/// A retry by the engine (A5).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RetryRule {
    pub on: RetryOn,
    /// How many more attempts this rule grants.
    pub limit: u32,
    /// Doubled for each further attempt under the same rule, up to an hour.
    pub backoff_ms: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RetryOn {
    /// Any end but success and cancel.
    Any,
    ExitCodes(Vec<i32>),
    Signals(Vec<i32>),
    Timeout,
    /// The runner was lost or restarted, or could not prepare the job.
    RunnerLost,
}

/// An artifact of this release that a job starts with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ArtifactIn {
    pub name: String,
    /// Relative to the workspace; empty: `artifacts/<name>`.
    pub path: String,
}

/// What a job leaves behind; the name is unique in the plan (P2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ArtifactOut {
    pub name: String,
    pub path: String,
}
