use serde::{Deserialize, Serialize};

use crate::{AttemptId, Generation, Job, LeaseToken, StepReport, TargetFence};

/// The proof that a runner's message is current (R2). All four are checked in the transaction that writes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Fences {
    pub generation: Generation,
    pub attempt: AttemptId,
    pub lease_token: LeaseToken,
    /// Present for whatever touches a target.
    pub fence: Option<TargetFence>,
}

/// `POST /runner/v1/lease`: asks for work and waits up to `wait_ms` for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LeaseRequest {
    /// How many jobs the runner could start now, 1 to 64.
    pub slots: u32,
    /// Extra slots that are free and kept for rollbacks and inspections alone (R13), 0 or 1.
    #[serde(default)]
    pub reserved: u32,
    /// How long the server may hold the request open, at most 30,000.
    pub wait_ms: u64,
    /// What the runner still holds from before; the server answers what it should stop.
    pub holding: Vec<AttemptId>,
    /// A draining runner keeps what it has and takes nothing new.
    pub draining: bool,
}

/// The answer to [`LeaseRequest`]: 200 also when there is nothing to do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaseAnswer {
    /// At most as many as the request had slots.
    pub leases: Vec<Lease>,
    /// Of what the runner said it holds: attempts that are no longer its own. It stops its copies and forgets them.
    pub stop: Vec<AttemptId>,
    /// More than half of the time of the runner's token is over; it asks for another ([`crate::RenewToken`]).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub renew_token: bool,
}

/// The right to execute one attempt until `lease_ms` after the request that renewed it was *sent* (R5).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    pub fences: Fences,
    pub job: Job,
    pub lease_ms: u64,
    pub heartbeat_ms: u64,
    /// A short log may come with the report ([`Report::log`](crate::Report)). A server from before that says nothing, and would lose it.
    #[serde(default)]
    pub takes_log_with_report: bool,
}

/// `POST /runner/v1/attempts/{attempt}/heartbeat`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Heartbeat {
    pub fences: Fences,
    /// Steps whose state changed since the last heartbeat that was answered.
    pub steps: Vec<StepReport>,
}

/// The lease was renewed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct HeartbeatAnswer {
    pub lease_ms: u64,
    pub stop: Option<Stop>,
}

/// The server wants the attempt to end (A7).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Stop {
    /// In words, for the log.
    pub reason: String,
    pub grace_ms: u64,
}

/// The body of a 409 or 410 to a runner: definitive, the runner stops its copy and does not ask again (IA6).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Refusal {
    /// A stable code, such as `stale_generation`, `stale_lease`, `stale_fence`, `attempt_ended`.
    pub code: String,
    pub detail: String,
}
