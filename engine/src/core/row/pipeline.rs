use serde::{Deserialize, Serialize};

use crate::core::id::PipelineId;

/// Table `pipelines`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PipelineRow {
    pub id: PipelineId,
    /// Unique on the server.
    pub name: String,
    /// The number that the next release gets.
    pub next_release: u64,
}
