use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::core::id::{LaneKey, ReleaseNumber, SourceOrder, TargetName};

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
    /// Where a person sent it (X10); none: the newest good release of each target (X2).
    #[serde(default)]
    pub to: Option<ReleaseNumber>,
    /// Targets that have still to go back.
    #[serde(default)]
    pub waiting: BTreeSet<TargetName>,
    /// Targets on their way back.
    #[serde(default)]
    pub running: BTreeSet<TargetName>,
    /// The lane is held once all of them are back (X6 `hold`, X7, X8, X10), for this reason.
    #[serde(default)]
    pub hold_after: Option<String>,
}
