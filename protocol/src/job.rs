use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{ArtifactDigest, AttemptId, Identity};

/// What one runner executes: steps in order, in one workspace, with one identity.
///
/// Every `${{ … }}` has been inserted by the server; the runner evaluates nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    pub attempt: AttemptId,
    /// The node's key within its release, such as `prod/wave-1/local/a/deploy`.
    pub key: String,
    pub pipeline: String,
    /// The release's number within its pipeline.
    pub release: u64,
    pub stage: String,
    /// The target that this job may change; none for build and test jobs.
    pub target: Option<String>,
    /// The commit that the workspace starts from; none for jobs that need no source.
    pub checkout: Option<Checkout>,
    /// The account whose credentials the job may ask its runner for (A8); none: it has no identity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<Identity>,
    /// The job may ask its runner for an identity token.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub id_token: bool,
    pub env: BTreeMap<String, String>,
    /// Values that are added to the environment and masked in logs, outputs and summaries (A9).
    pub secrets: Vec<Secret>,
    pub artifacts_in: Vec<ArtifactInput>,
    pub steps: Vec<Step>,
    /// Steps that run after failure and timeout, before `finally`; a runner that does not know them leaves them out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub on_failure: Vec<Step>,
    /// Steps that always run, after success, failure, timeout and cancel (A7).
    pub finally: Vec<Step>,
    pub artifacts_out: Vec<ArtifactOutput>,
    /// The container image that the steps run in; none for the plain process executor.
    pub container: Option<String>,
    pub timeout_ms: u64,
    /// Between the polite signal and the kill of the whole process tree (A7).
    pub grace_ms: u64,
}

/// One command of a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    pub name: String,
    /// The shell text.
    pub run: String,
    /// The program and arguments that the text is handed to, such as `["bash", "-eu", "-o", "pipefail", "-c"]`.
    pub shell: Vec<String>,
    pub env: BTreeMap<String, String>,
    /// Relative to the workspace; empty for its root.
    pub working_directory: String,
    /// None: bounded by the job's timeout only.
    pub timeout_ms: Option<u64>,
    /// Files that the server lays into the workspace before this step, by relative path (a block's own scripts).
    pub files: BTreeMap<String, String>,
}

/// The exact commit of a source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkout {
    /// A path or URL that `git fetch` understands.
    pub url: String,
    /// The full commit id.
    pub commit: String,
    /// The branch or tag that led there; for display.
    pub reference: String,
}

/// An artifact that the job starts with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArtifactInput {
    pub name: String,
    pub digest: ArtifactDigest,
    pub size_bytes: u64,
    /// Where it goes, relative to the workspace.
    pub path: String,
    /// A folder, sent as a tar archive; otherwise one file.
    pub is_folder: bool,
    /// The Unix mode of a file, so that what was executable stays so.
    pub mode: u32,
}

/// What the job must leave behind; a missing one fails the job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArtifactOutput {
    pub name: String,
    /// A file or folder relative to the workspace.
    pub path: String,
}

/// A named value that must never be seen. Its `Debug` shows the name only.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Secret {
    pub name: String,
    pub value: String,
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secret").field("name", &self.name).finish_non_exhaustive()
    }
}
