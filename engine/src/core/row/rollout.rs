use pipelines::plan::WaveIx;
use serde::{Deserialize, Serialize};

use crate::core::Time;
use crate::core::id::{ReleaseNumber, TargetName};

/// Table `rollouts`: the deployment of one release at one target, forward or back. The target's history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RolloutRow {
    /// Counts up per target, so that the same release can come to a target twice.
    pub number: u64,
    pub target: TargetName,
    pub release: ReleaseNumber,
    /// In the plan of `release`.
    pub wave: WaveIx,
    pub direction: Direction,
    pub state: RolloutState,
    pub started_at: Time,
    /// When the target ran it.
    pub deployed_at: Option<Time>,
    pub ended_at: Option<Time>,
    pub reason: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Direction {
    Forward,
    /// Takes `from` off the target.
    Back {
        from: ReleaseNumber,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RolloutState {
    Running,
    Baking,
    /// Rolled out and baked; for a rollback: healthy.
    Succeeded,
    Failed,
    Unknown,
    Cancelled,
    /// It was good or bad, and then taken back.
    RolledBack,
}
