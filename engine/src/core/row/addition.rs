use std::collections::BTreeSet;

use pipelines::dynamic::Fragment;
use pipelines::plan::NodeIx;
use protocol::AttemptId;
use serde::{Deserialize, Serialize};

use crate::core::Time;
use crate::core::id::ReleaseNumber;

/// Table `additions`: what one upload added to the plan of its release (D1). Written once; spliced in again, in order, whenever the
/// release is loaded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AdditionRow {
    pub release: ReleaseNumber,
    /// Counts the additions of the release, from 1.
    pub number: u32,
    /// The job that printed or uploaded it, or the matrix whose values became known.
    pub node: NodeIx,
    /// The attempt of that job, from 1.
    pub attempt: u32,
    /// None for a matrix, which runs nowhere.
    pub attempt_id: Option<AttemptId>,
    pub at: Time,
    /// What had begun at that moment, as far as the splice asked: the same answers give the same plan again.
    pub begun: BTreeSet<NodeIx>,
    pub fragment: Fragment,
    /// What was printed or uploaded, as it came; empty for a matrix, and where it was read from the store, which keeps it beside.
    #[serde(skip)]
    pub text: String,
}
