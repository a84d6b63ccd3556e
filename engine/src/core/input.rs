//! Everything that can happen to a pipeline.

use std::collections::BTreeMap;
use std::sync::Arc;

use pipelines::dynamic::Fragment;
use pipelines::plan::Plan;
use protocol::{Fences, LeaseToken, Report, RunnerId, StepReport};
use serde::{Deserialize, Serialize};

use super::id::{HoldId, MonitorId, PersonId, ReleaseNumber, SourceOrder, TargetName};
use super::time::Time;
use super::trust::Trust;
use protocol::AttemptId;

/// One thing that happened. It comes with a time and an [`super::Actor`]; see `Pipeline::handle`.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// A revision became a release (P1, P4).
    Admit(Box<Admission>),

    // Runners
    /// `dispatch::assign` chose this runner for a queued attempt.
    Lease {
        attempt: AttemptId,
        runner: RunnerId,
        token: LeaseToken,
        lease_ms: u64,
    },
    /// The lease goes on; `steps` changed since the last one.
    Heartbeat {
        fences: Fences,
        lease_ms: u64,
        steps: Vec<StepReport>,
    },
    /// An attempt ended.
    Report(Box<Report>),
    /// A running job adds to the plan of its release (D1): `text` is what it printed or uploaded, `fragment` what that says.
    Upload {
        fences: Fences,
        fragment: Box<Fragment>,
        text: String,
    },
    /// A slice of credentials for this attempt was issued and lives until then (R4, IA8).
    Issued {
        fences: Fences,
        until: Time,
    },

    // People, API
    Approve {
        release: ReleaseNumber,
        gate: String,
        digest: String,
        reason: String,
    },
    Reject {
        release: ReleaseNumber,
        gate: String,
        reason: String,
    },
    /// Break-glass for one gate (G8).
    Override {
        release: ReleaseNumber,
        gate: String,
        reason: String,
    },
    /// An outside system answers a `check` gate.
    Answer {
        release: ReleaseNumber,
        gate: String,
        passed: bool,
        detail: String,
    },
    Hold {
        id: HoldId,
        scope: HoldScope,
        reason: String,
    },
    Lift {
        id: HoldId,
        reason: String,
    },
    /// To the newest good release per target (X2), or to `to` (X10). Same `key`, one effect (ID2).
    Rollback {
        key: String,
        place: Place,
        to: Option<ReleaseNumber>,
        reason: String,
    },
    Retry {
        release: ReleaseNumber,
        what: Retry,
    },
    Cancel {
        release: ReleaseNumber,
        reason: String,
    },
    Quarantine {
        release: ReleaseNumber,
        reason: String,
    },
    LiftQuarantine {
        release: ReleaseNumber,
        reason: String,
    },
    /// A person says what is true of a target in the state unknown (R9).
    Resolve {
        target: TargetName,
        verdict: Verdict,
        reason: String,
    },

    /// The same, while the lost attempt may still act (IA4, IF12): two people must ask for it, with one verdict,
    /// within [`super::Settings::glass_ms`]. The first is remembered, the second decides.
    BreakGlass {
        target: TargetName,
        verdict: Verdict,
        reason: String,
    },

    // Monitors and other pipelines
    /// One reading, for everybody who watches that monitor.
    Observe {
        monitor: MonitorId,
        reading: Reading,
    },
    /// Another pipeline's release completed `stage` (none: its whole path).
    Upstream {
        pipeline: String,
        stage: Option<String>,
        release: ReleaseNumber,
        revisions: Vec<Revision>,
    },

    /// The data came from a backup (R12).
    Restored {
        reason: String,
    },

    /// Deadlines that have passed: leases, bakes, gates, retries, expiries. Idempotent.
    Tick,
}

/// What a release is made from.
#[derive(Debug, Clone, PartialEq)]
pub struct Admission {
    /// Newest last is not required: one revision per source.
    pub revisions: Vec<Revision>,
    pub order: SourceOrder,
    pub plan: Arc<Plan>,
    /// Digest over revisions, resolved file, block versions, inputs and plan (P1), in hexadecimal.
    pub digest: String,
    pub inputs: BTreeMap<String, String>,
    /// From where its definition comes (D6, IB8).
    pub trust: Trust,
    /// What started it, for people: `push`, `schedule`, `manual`, `upstream`, `rerun of #12`.
    pub trigger: String,
    /// Everybody who may not approve where `no_self_approval` holds: authors of the commits since the
    /// last good release, committer, pusher, merger, trigger (IF1).
    pub involved: Vec<PersonId>,
    /// The same key admits once (ID2).
    pub key: String,
}

/// One commit (or digest) of one source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Revision {
    pub source: String,
    /// The full commit id.
    pub commit: String,
    /// The branch or tag it was found on.
    pub reference: String,
    pub title: String,
    /// As written in the commit: for display only, never for a decision.
    pub author: String,
    pub committed_at: Time,
}

/// Where forward admission stops (L7).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "kind", content = "name", rename_all = "snake_case")]
pub enum HoldScope {
    Everywhere,
    Pipeline,
    Stage(String),
    Lane(String),
    Target(String),
    Account(String),
    Region(String),
}

/// What a person rolls back.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Place {
    Target { target: String },
    Wave { stage: String, wave: String },
    Stage { stage: String },
}

/// A retry by hand (A6): same release, same plan, new attempts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Retry {
    FailedJobs,
    /// From its start.
    Stage {
        stage: String,
    },
    Job {
        key: String,
    },
}

/// What a person found at an unknown target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Verdict {
    /// The attempt's work is done and good.
    Succeeded,
    /// It is not, or only half; treated as a failed job (X1).
    Failed,
    /// Run the job again.
    Again,
}

/// What a monitor said (B2, G9): kept apart, never guessed from each other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Reading {
    Ok {
        value: Option<f64>,
        detail: String,
    },
    Bad {
        value: Option<f64>,
        detail: String,
    },
    NoData {
        detail: String,
    },
    /// Could not be read.
    Unreadable {
        detail: String,
    },
}
