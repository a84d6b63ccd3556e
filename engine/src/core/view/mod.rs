//! What people see (S1 to S3), computed from a pipeline's rows.
//!
//! Invariant: pure, and linear in stages and targets; nothing here looks at every commit of every
//! target. Change numbers order commits: a target that runs change *n* contains every change up to *n*.

mod addition;
mod approval;
mod attention;
mod board;
mod compare;
mod front;
mod gate;
mod metrics;
mod monitor;
mod origin;
mod progress;
mod release;
mod rollback;
mod target;
mod wait;

pub use addition::{AdditionView, all as additions};
pub use approval::{ApprovalView, Evidence, approvals, may_act};
pub use attention::{Attention, AttentionKind, attention};
pub use board::{Board, BoardStage, BoardWave, Held, JobCounts, LaneView, board};
pub use compare::{Front, Fronts, compare, release_named};
pub use front::{TargetFront, TargetState};
pub use gate::{GateKind, GateView};
pub use metrics::{DayCount, DeploymentMeasure, DurationMeasure, LeadSplit, Measured, Metrics, Point, ShareMeasure, StepMeasure, metrics};
pub use monitor::{AlarmOf, alarms_by_monitor};
pub use progress::{Change, CommitLine, Known, Progress, ProgressGate, ProgressStage, ProgressWave, change, change_of_release, progress};
pub use release::{ArtifactView, AttemptView, NodeView, ReleaseParts, ReleaseSummary, ReleaseView, WaveView, release, summary};
pub use rollback::{PlannedRollback, RollbackChoice, RollbackPlan, RollbackTarget, rollback};
pub use target::{RolloutView, TargetView, targets};
pub use wait::Waiting;

use super::id::{PersonId, SourceOrder};

/// Who looks, for what they can do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Viewer {
    /// None for a token that acts for itself.
    pub person: Option<PersonId>,
    /// Groups and roles, as they count for approvals.
    pub groups: Vec<String>,
    /// Their role lets them say yes or no at gates.
    pub may_approve: bool,
}

/// One number per place in the source's order (P4); equals the commit's position as long as history was never rewritten.
#[must_use]
pub fn change_number(order: SourceOrder) -> u64 {
    // 2^53 bounds what a browser can count: 2^21 rewrites of 2^32 commits.
    (order.epoch << 32).saturating_add(order.position)
}
