use std::collections::BTreeMap;

use pipelines::plan::{Class, NodeIx, RunsOn};
use protocol::{Artifact, AttemptId, LeaseToken, Outcome, RunnerId, StepReport, TargetFence};
use serde::{Deserialize, Serialize};

use crate::core::Time;
use crate::core::id::{ReleaseNumber, TargetName};

/// Table `attempts`: one try of a job. Immutable once it has ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AttemptRow {
    pub id: AttemptId,
    /// The release whose plan holds the job. For a rollback: the destination (X3).
    pub release: ReleaseNumber,
    pub node: NodeIx,
    /// 1 for the first.
    pub number: u32,
    pub kind: AttemptKind,
    pub class: Class,
    pub target: Option<TargetName>,
    /// Granted when it is leased (A4); present for whatever touches a target.
    pub fence: Option<TargetFence>,
    pub runs_on: RunsOn,
    pub state: AttemptState,
    /// Rollbacks and inspections go before everything else (R13, IC8).
    pub urgent: bool,
    pub queued_at: Time,
    pub runner: Option<RunnerId>,
    pub token: Option<LeaseToken>,
    pub leased_at: Option<Time>,
    /// Moved by heartbeats.
    pub lease_until: Option<Time>,
    /// The end of the last slice of credentials (R4).
    pub credentials_until: Option<Time>,
    pub stop: Option<StopOrder>,
    pub ended_at: Option<Time>,
    pub outcome: Option<Outcome>,
    pub steps: Vec<StepReport>,
    pub outputs: BTreeMap<String, String>,
    pub summary: String,
    pub artifacts: Vec<Artifact>,
    pub log_bytes: u64,
    pub log_digest: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum AttemptKind {
    Forward,
    /// Part of taking this release off the target.
    Rollback {
        of: ReleaseNumber,
    },
    /// Asks what runs at the target, for the unknown attempt named.
    Inspect {
        unknown: AttemptId,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AttemptState {
    Queued,
    /// A runner holds the lease.
    Leased,
    /// Contact lost; a late report counts while the fence is current (A3).
    Unknown,
    Ended,
}

/// The server wants it to end (A7).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct StopOrder {
    pub reason: String,
    pub since: Time,
    pub grace_ms: u64,
}
