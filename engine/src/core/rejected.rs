use pipelines::dynamic::SpliceError;
use thiserror::Error;

use super::id::{ReleaseNumber, TargetName};

/// Why an input changed nothing: the closed list of what a caller may be told.
///
/// A stale message of a runner is one of these too, and is answered definitively (IA6).
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Rejected {
    #[error("there is no release {0} in this pipeline")]
    UnknownRelease(ReleaseNumber),
    #[error("release {release} has no gate {gate:?}")]
    UnknownGate { release: ReleaseNumber, gate: String },
    #[error("there is no stage, wave or target {0:?} in this pipeline")]
    UnknownPlace(String),
    #[error("there is no job {0:?} in this release")]
    UnknownJob(String),
    #[error("there is no such hold, or it was lifted already")]
    UnknownHold,
    #[error("there is no such attempt")]
    UnknownAttempt,
    #[error("the message belongs to a lease that is not current")]
    StaleLease,
    #[error("the message carries an old fence of target {target}; the current one is {current}")]
    StaleFence { target: TargetName, current: u64 },
    #[error("the attempt has ended already")]
    AttemptEnded,
    #[error("the attempt was told to stop")]
    AttemptStopped,
    #[error("the attempt is not waiting for a runner")]
    NotQueued,
    #[error("gate {gate:?} does not wait for an answer now")]
    NotWaiting { gate: String },
    #[error("gate {gate:?} was decided already by {by}")]
    AlreadyDecided { gate: String, by: String },
    #[error("the approval names digest {given}, but the release is {actual}")]
    DigestMismatch { given: String, actual: String },
    #[error("who triggered or authored the release cannot approve it here")]
    SelfApproval,
    #[error("only members of {0:?} may approve here")]
    NotAnApprover(Vec<String>),
    #[error("release {release} was superseded by {by}")]
    Superseded { release: ReleaseNumber, by: ReleaseNumber },
    #[error("newer release {by} has entered; this one can only be rolled back to")]
    Outdated { by: ReleaseNumber },
    #[error("release {0} is quarantined; lift the quarantine with a reason first")]
    Quarantined(ReleaseNumber),
    #[error("release {0} is not quarantined")]
    NotQuarantined(ReleaseNumber),
    #[error("release {0} has ended")]
    ReleaseEnded(ReleaseNumber),
    #[error("nothing of release {0} can be retried now: {1}")]
    NothingToRetry(ReleaseNumber, String),
    #[error("there is no good earlier release to go back to on {0}")]
    NoDestination(TargetName),
    #[error("release {release} never ran well on {target}, so it cannot be rolled back to")]
    NotADestination { release: ReleaseNumber, target: TargetName },
    #[error("a rollback is under way in {0}; it waits for nobody and is not interrupted")]
    RollbackUnderWay(String),
    #[error("target {0} is not in the state unknown")]
    NotUnknown(TargetName),
    #[error("target {target} has an attempt that may still act until {until}; wait, or break the glass with two people")]
    StillFenced { target: TargetName, until: String },
    #[error("{0} asked for this already; a second person must ask for the same")]
    SecondPersonNeeded(String),
    #[error("release {release} lies before barrier {barrier} of {target}: nothing older than {by} may run there")]
    BeforeBarrier { release: ReleaseNumber, target: TargetName, barrier: String, by: ReleaseNumber },
    #[error("the server was restored from a backup, and a person has to look at this pipeline and lift its hold first")]
    Restored,
    #[error("a reason is needed")]
    ReasonNeeded,
    #[error("a person is needed for this; {0} cannot do it")]
    PersonNeeded(String),
    #[error("the same key was used before with a different content")]
    KeyReused,
    #[error("the release may not do what its plan says: {0}")]
    Untrusted(String),
    #[error("the plan cannot be followed: {0}")]
    InvalidPlan(String),
    #[error(transparent)]
    Splice(Box<SpliceError>),
    #[error("the limit of {limit} {what} is reached")]
    Limit { what: &'static str, limit: u64 },
}

/// What people do by hand carries a reason (L7, G8, X6).
///
/// # Errors
/// [`Rejected::ReasonNeeded`] when there is none.
pub(crate) fn needs_reason(reason: &str) -> Result<(), Rejected> {
    if reason.trim().is_empty() { Err(Rejected::ReasonNeeded) } else { Ok(()) }
}
