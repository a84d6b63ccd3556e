use std::collections::BTreeMap;

use engine::core::Time;
use engine::core::id::ReleaseNumber;
use protocol::{AttemptId, RunnerId};
use serde::{Deserialize, Serialize};

/// One registered runner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RunnerView {
    pub id: RunnerId,
    pub name: String,
    pub pool: String,
    pub labels: BTreeMap<String, String>,
    pub slots: u32,
    pub version: String,
    pub registered_at: Time,
    pub last_seen_at: Time,
    pub state: RunnerState,
    /// What it executes now.
    pub busy: u32,
    pub jobs: Vec<RunnerJob>,
}

/// What a runner is busy with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RunnerJob {
    pub attempt: AttemptId,
    pub pipeline: String,
    pub release: ReleaseNumber,
    /// The key of the job.
    pub node: String,
    pub since: Option<Time>,
    /// Contact was lost (A3).
    pub unknown: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RunnerState {
    Online,
    /// Nothing was heard of it for a minute.
    Lost,
    /// It keeps what it has and takes nothing new.
    Draining,
    Revoked,
}

/// Asks for a one-time token with which a runner may join.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct IssueRunnerToken {
    /// 1 to 64 characters of `a-z`, `0-9` and `-`.
    pub pool: String,
    /// At most a day; 15 minutes when not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_ms: Option<u64>,
}

/// Shown once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RunnerTokenIssued {
    pub token: String,
    pub expires_at: Time,
}

impl std::fmt::Debug for RunnerTokenIssued {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RunnerTokenIssued").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

/// An attempt that waits for a runner, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct QueuedView {
    pub attempt: AttemptId,
    pub pipeline: String,
    /// The release and the key of the job; none when it has gone on meanwhile.
    pub release: Option<ReleaseNumber>,
    pub node: Option<String>,
    pub pool: String,
    pub labels: BTreeMap<String, String>,
    /// Rollbacks and inspections go first (R13).
    pub urgent: bool,
    pub queued_at: Time,
    /// `needs arch=arm64: 2 runners match, both busy`.
    pub reason: String,
}
