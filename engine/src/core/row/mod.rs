//! The state of a pipeline, row by row, exactly as it is stored: one struct, one table.
//!
//! Rows are the truth (architecture.md). A plan is no row: it is written once with its release and
//! never changes (P1). What jobs add to it are rows of their own.

mod addition;
mod attempt;
mod gate;
mod hold;
mod key;
mod lane;
mod node;
mod pipeline;
mod release;
mod rollout;
mod target;
mod watch;
mod wave;

pub use addition::AdditionRow;
pub use attempt::{AttemptKind, AttemptRow, AttemptState, StopOrder};
pub use gate::{ApprovalGiven, GateRow, GateState};
pub use hold::{HoldRow, Lifted};
pub use key::RowKey;
pub use lane::{LaneRow, RollbackInLane};
pub use node::{BakeRecord, NodeRow, NodeState};
pub use pipeline::{PipelineRow, PullRequestOf, UpstreamCompletion, UsedKey};
pub use release::{OverrideRecord, Quarantine, ReleaseRow, ReleaseState};
pub use rollout::{Direction, RolloutRow, RolloutState};
pub use target::{Brought, GlassAsked, Good, TargetRow, Unknown};
pub use watch::{PastReading, ReadingKind, WatchRow};
pub use wave::{FailureCause, WaitReason, WaveFailure, WaveRow, WaveState};

use super::id::ReleaseNumber;

/// One changed row, whole.
#[derive(Debug, Clone, PartialEq)]
pub enum Row {
    Pipeline(PipelineRow),
    Release(Box<ReleaseRow>),
    /// Written once, beside the release's first row.
    Plan(ReleaseNumber, std::sync::Arc<pipelines::plan::Plan>),
    /// Written once.
    Addition(Box<AdditionRow>),
    Wave(WaveRow),
    Node(NodeRow),
    Attempt(Box<AttemptRow>),
    Gate(GateRow),
    Lane(LaneRow),
    Target(TargetRow),
    Rollout(RolloutRow),
    Watch(Box<WatchRow>),
    /// Nobody watches it any more: the row goes.
    WatchEnded(super::id::MonitorId),
    Hold(HoldRow),
}
