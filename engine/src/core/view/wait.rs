use serde::{Deserialize, Serialize};

use crate::core::Time;
use crate::core::id::ReleaseNumber;
use crate::core::row::WaitReason;

/// A release in front of a wave's lane, with everything that it waits for (S3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Waiting {
    pub release: ReleaseNumber,
    pub change: u64,
    pub sha: String,
    pub title: String,
    /// What approvals are bound to.
    pub digest: String,
    pub arrived_at: Time,
    pub waits_for: Vec<WaitReason>,
    /// Commits that stand here because this release does: newer than what every target of the wave runs.
    pub held: u64,
}
