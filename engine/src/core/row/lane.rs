use serde::{Deserialize, Serialize};

use crate::core::id::{LaneKey, ReleaseNumber, SourceOrder};

/// Table `lanes`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LaneRow {
    pub key: LaneKey,
    /// Who is in, in order of entry. At most one unless the policy is `parallel` (L1).
    pub inside: Vec<ReleaseNumber>,
    /// The newest that ever entered forward (L5).
    pub newest_entered: Option<(SourceOrder, ReleaseNumber)>,
    /// The lane belongs to a rollback: nothing else is admitted (L6).
    pub rollback: Option<RollbackInLane>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RollbackInLane {
    /// The release that is taken off.
    pub of: ReleaseNumber,
    pub reason: String,
    /// A person's click, by its key; none when the engine did it.
    pub key: Option<String>,
}
