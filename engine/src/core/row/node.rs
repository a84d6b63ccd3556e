use std::collections::BTreeMap;

use pipelines::plan::NodeIx;
use serde::{Deserialize, Serialize};

use crate::core::Time;
use crate::core::id::{MonitorId, ReleaseNumber};

/// Table `nodes`. Absent while nothing has happened to the node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NodeRow {
    pub release: ReleaseNumber,
    pub node: NodeIx,
    pub state: NodeState,
    /// When it came into that state.
    pub since: Time,
    /// How many attempts it has had.
    pub attempts: u32,
    /// How many attempts each retry rule of the job has granted, by its position.
    pub retries_used: Vec<u32>,
    /// A retry waits until then.
    pub not_before: Option<Time>,
    /// Of the attempt that succeeded.
    pub outputs: BTreeMap<String, String>,
    /// Why it failed or was skipped.
    pub reason: String,
    pub bake: Option<BakeRecord>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NodeState {
    /// Put back by a retry: as if nothing had happened to it yet.
    Pending,
    /// Its needs are met, but a hold, a limit or a retry's backoff stands before it.
    Ready,
    Queued,
    Running,
    /// Contact with the runner is lost; see the target (A3).
    Unknown,
    Baking,
    Succeeded,
    /// Its condition was false; counts as satisfied (D5).
    Skipped,
    Failed,
    /// A bake that could not be read, or saw too little (B2).
    Unclear,
    Cancelled,
}

impl NodeState {
    /// Whoever needs this node may go on.
    #[must_use]
    pub fn satisfies(self) -> bool {
        matches!(self, Self::Succeeded | Self::Skipped)
    }

    /// A job that waits for a runner, or may run: it counts against `max_parallel`.
    #[must_use]
    pub fn is_busy(self) -> bool {
        matches!(self, Self::Queued | Self::Running | Self::Unknown)
    }

    /// Nothing of this node runs or will run by itself.
    #[must_use]
    pub fn is_settled(self) -> bool {
        matches!(self, Self::Succeeded | Self::Skipped | Self::Failed | Self::Unclear | Self::Cancelled)
    }
}

/// What a bake has seen. Survives a restart (B3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BakeRecord {
    /// When the rollout ended.
    pub started_at: Time,
    /// When its time is over.
    pub ends_at: Time,
    /// Per monitor: how many readings had data.
    pub data_points: BTreeMap<MonitorId, u32>,
    /// Per monitor: the last moment at which it could be read.
    pub last_read_at: BTreeMap<MonitorId, Time>,
    /// Its time is over, and it waits for data or for an alarm that is bad but has not fired.
    #[serde(default)]
    pub overdue: bool,
}
