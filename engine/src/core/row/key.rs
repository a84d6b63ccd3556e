use pipelines::plan::{NodeIx, WaveIx};
use protocol::AttemptId;

use super::Row;
use crate::core::id::{HoldId, LaneKey, MonitorId, ReleaseNumber, TargetName};

/// Which row of a pipeline it is: two rows with one key are two states of the same thing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RowKey {
    Pipeline,
    Release(ReleaseNumber),
    Plan(ReleaseNumber),
    Addition(ReleaseNumber, u32),
    Wave(ReleaseNumber, WaveIx),
    Node(ReleaseNumber, NodeIx),
    Attempt(AttemptId),
    Gate(ReleaseNumber, NodeIx),
    Lane(LaneKey),
    Target(TargetName),
    Rollout(TargetName, u64),
    Watch(MonitorId),
    Hold(HoldId),
}

impl Row {
    #[must_use]
    pub fn key(&self) -> RowKey {
        match self {
            Self::Pipeline(_) => RowKey::Pipeline,
            Self::Release(row) => RowKey::Release(row.number),
            Self::Plan(number, _) => RowKey::Plan(*number),
            Self::Addition(row) => RowKey::Addition(row.release, row.number),
            Self::Wave(row) => RowKey::Wave(row.release, row.wave),
            Self::Node(row) => RowKey::Node(row.release, row.node),
            Self::Attempt(row) => RowKey::Attempt(row.id.clone()),
            Self::Gate(row) => RowKey::Gate(row.release, row.node),
            Self::Lane(row) => RowKey::Lane(row.key.clone()),
            Self::Target(row) => RowKey::Target(row.name.clone()),
            Self::Rollout(row) => RowKey::Rollout(row.target.clone(), row.number),
            Self::Watch(row) => RowKey::Watch(row.id.clone()),
            Self::WatchEnded(id) => RowKey::Watch(id.clone()),
            Self::Hold(row) => RowKey::Hold(row.id.clone()),
        }
    }
}
