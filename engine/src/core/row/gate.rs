use pipelines::plan::NodeIx;
use serde::{Deserialize, Serialize};

use crate::core::Time;
use crate::core::actor::Actor;
use crate::core::id::ReleaseNumber;

/// Table `gates`: one gate of one release. Absent until it is first evaluated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GateRow {
    pub release: ReleaseNumber,
    pub node: NodeIx,
    pub state: GateState,
    pub since: Time,
    /// In words, for S3.
    pub reason: String,
    /// When it opens next, where known (G4).
    pub opens_at: Option<Time>,
    /// Window: when it closes next, while it is open.
    #[serde(default)]
    pub closes_at: Option<Time>,
    /// Approval: when it was asked, and when the question or the answer gets old.
    pub asked_at: Option<Time>,
    pub expires_at: Option<Time>,
    pub approvals: Vec<ApprovalGiven>,
    pub rejected: Option<ApprovalGiven>,
    /// Check: the outside system's last answer.
    pub answered_at: Option<Time>,
    pub overridden: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum GateState {
    /// A gate of lower cost is closed: not asked yet (G2).
    Idle,
    Closed,
    Open,
    /// Approval: a person said no. Waits for an approval, an override or a newer release.
    Rejected,
    /// Approval: ask again (G5).
    Expired,
    /// Could not be read: stays closed and says so (G9).
    Unreadable,
}

/// Who said what, and what it is bound to (G5, IF2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ApprovalGiven {
    pub by: Actor,
    pub at: Time,
    pub reason: String,
    /// The release's digest that they saw.
    pub digest: String,
}
