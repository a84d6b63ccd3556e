use serde::{Deserialize, Serialize};

use crate::core::Time;
use crate::core::id::{PipelineId, ReleaseNumber};
use crate::core::input::Revision;

/// Table `pipelines`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PipelineRow {
    pub id: PipelineId,
    /// Unique on the server.
    pub name: String,
    /// The number that the next release gets.
    pub next_release: u64,
    /// Keys of admissions and rollbacks, oldest first; the newest 256 are kept (ID2).
    #[serde(default)]
    pub keys: Vec<UsedKey>,
    /// What other pipelines have completed, oldest first; the newest 100 are kept (`depends_on`).
    #[serde(default)]
    pub upstream: Vec<UpstreamCompletion>,
    /// It is the path of one pull request, beside that of another pipeline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pull_request: Option<PullRequestOf>,
}

/// Whose pull request a pipeline is. No rule of the core asks for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PullRequestOf {
    /// The pipeline whose file says that pull requests are followed.
    pub parent: PipelineId,
    pub parent_name: String,
    pub number: u64,
}

/// A key that has had its effect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsedKey {
    pub key: String,
    /// What it stood for; the same key with other content is refused.
    pub content: String,
    /// The release that it made, if it made one.
    pub release: Option<ReleaseNumber>,
}

/// Another pipeline's release completed a stage, or its whole path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpstreamCompletion {
    pub pipeline: String,
    pub stage: Option<String>,
    pub release: ReleaseNumber,
    pub revisions: Vec<Revision>,
    pub at: Time,
}
