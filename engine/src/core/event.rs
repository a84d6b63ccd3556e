use std::collections::BTreeMap;

use protocol::AttemptId;
use serde::{Deserialize, Serialize};

use super::actor::Actor;
use super::id::{ReleaseNumber, TargetName};
use super::time::Time;

/// One fact. Rows are the truth; events are the audit trail, the timeline and the feed of the screens (S4).
///
/// The store gives it a sequence number; the core knows none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Event {
    pub at: Time,
    pub kind: EventKind,
    pub actor: Actor,
    /// Why, in words that read alone.
    pub reason: String,
    pub release: Option<ReleaseNumber>,
    /// The key of a stage, wave or lane: `prod`, `prod/wave-1`.
    pub place: Option<String>,
    pub target: Option<TargetName>,
    /// The key of a node.
    pub node: Option<String>,
    pub attempt: Option<AttemptId>,
    /// Facts of the kind: `by`, `until`, `to`, `value`, `exit_code`.
    pub data: BTreeMap<String, serde_json::Value>,
}

/// Every kind of fact. Names are stable: they are what `notify.on`, the API and the screens use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    // Releases
    ReleaseCreated,
    /// Came to a lane's door; `data.for` lists what it waits for.
    ReleaseWaiting,
    ReleaseEntered,
    ReleaseSuperseded,
    ReleaseOutdated,
    WaveCompleted,
    StageCompleted,
    ReleaseCompleted,
    ReleaseFailed,
    ReleaseCancelled,
    ReleaseRetried,
    ReleaseQuarantined,
    QuarantineLifted,
    /// A target elsewhere runs a quarantined release, or a newer one that carries its commits (X4, X6).
    TargetFlagged,

    // Gates
    GateClosed,
    GateOpened,
    ApprovalAsked,
    ApprovalGiven,
    ApprovalRejected,
    ApprovalExpired,
    ApprovalVoided,
    GateOverridden,
    CheckAnswered,

    // Jobs
    JobQueued,
    JobStarted,
    JobSucceeded,
    JobFailed,
    JobSkipped,
    JobCancelled,
    /// Contact lost; for whatever touches a target this is not an end (A3).
    JobUnknown,
    JobLost,
    JobRetried,
    /// A job added to the plan of its release (D1); `data.added`, `replaced`, `withdrawn` and `stages` name what.
    PlanGrown,

    // Rollouts and bakes
    RolloutStarted,
    RolloutSucceeded,
    RolloutFailed,
    BakeStarted,
    BakePassed,
    BakeFailed,
    BakeErrored,
    BakeInconclusive,
    AlarmFired,
    AlarmCleared,
    MonitorUnreadable,
    MonitorReadable,

    // Rollbacks
    RollbackStarted,
    RollbackSucceeded,
    RollbackFailed,
    /// Nothing to go back to (X8).
    RollbackImpossible,

    // Holds and unknown targets
    HoldPlaced,
    HoldLifted,
    TargetUnknown,
    TargetResolved,
}
