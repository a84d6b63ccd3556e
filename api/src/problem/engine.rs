//! What the engine answers, as problems.

use engine::Error;
use engine::core::Rejected;
use engine::ports::{BlobError, SecretError, SourceError};
use engine::store;
use protocol::Refusal;

use super::{Code, Problem};

const SOON_MS: u64 = 1_000;

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let detail = error.to_string();
        match error {
            Error::Rejected(rejected) => Self::from(rejected),
            Error::UnknownPipeline(name) => {
                Self::new(Code::UnknownPipeline, format!("there is no pipeline {name:?}; GET /api/v1/pipelines lists them"))
            }
            Error::UnknownAttempt(_) => Self::new(Code::UnknownAttempt, detail),
            Error::UnknownAccount(_) => Self::new(Code::UnknownAccount, detail),
            Error::Identity(error) if error.may_pass() => Self::new(Code::IdentityUnavailable, detail).retry_after_ms(5 * SOON_MS),
            Error::Identity(_) => Self::new(Code::IdentityRefused, detail),
            Error::UnknownArtifact(_) => Self::new(Code::UnknownArtifact, detail),
            Error::NotYours => Self::new(Code::Forbidden, detail),
            Error::BadToken | Error::TokenExpired(_) => Self::new(Code::NotSignedIn, detail),
            Error::Refused(refusal) => Self::from(refusal),
            Error::Invalid { .. } => Self::new(Code::Invalid, detail),
            Error::NameTaken(_) => Self::new(Code::AlreadyExists, detail),
            Error::Diagnostics(found) => {
                let mut problem = Self::new(Code::InvalidPipelineFile, detail);
                problem.diagnostics = found.iter().filter_map(|diagnostic| serde_json::to_value(diagnostic).ok()).collect();
                problem
            }
            Error::Parked { .. } => Self::new(Code::Parked, format!("{detail}; `tidegate doctor` says more")),
            Error::Conflict => Self::new(Code::Conflict, detail).retry_after_ms(SOON_MS),
            Error::Overloaded { retry_after_ms } => Self::new(Code::Overloaded, detail).retry_after_ms(retry_after_ms),
            Error::ShuttingDown => Self::new(Code::Draining, detail).retry_after_ms(5 * SOON_MS),
            Error::Source(error) => Self::from(error),
            Error::Blob(BlobError::NotFound(_)) => Self::new(Code::Gone, detail),
            Error::Blob(BlobError::Unavailable(_)) => Self::new(Code::BlobsUnavailable, detail).retry_after_ms(5 * SOON_MS),
            Error::Secret(SecretError::Missing(_)) => Self::new(Code::Invalid, detail),
            Error::Secret(SecretError::Unavailable(_)) => Self::new(Code::StoreUnavailable, detail).retry_after_ms(5 * SOON_MS),
            Error::Store(error) => Self::from(error),
        }
    }
}

impl From<SourceError> for Problem {
    fn from(error: SourceError) -> Self {
        let detail = error.to_string();
        match error {
            SourceError::Refused { .. } | SourceError::NoBranch { .. } => Self::new(Code::Invalid, detail),
            SourceError::NoCommit { .. } => Self::new(Code::UnknownCommit, detail),
            SourceError::Unreachable { .. } => Self::new(Code::SourceUnreachable, detail).retry_after_ms(10 * SOON_MS),
            SourceError::Malformed { .. } => Self::new(Code::SourceUnreachable, detail),
        }
    }
}

impl From<store::Error> for Problem {
    fn from(error: store::Error) -> Self {
        let detail = error.to_string();
        match error {
            store::Error::Conflict | store::Error::Contended(_) | store::Error::CommitUnknown(_) => {
                Self::new(Code::Conflict, detail).retry_after_ms(SOON_MS)
            }
            store::Error::Exists(_) => Self::new(Code::AlreadyExists, detail),
            store::Error::NotFound { what: "pipeline", .. } => Self::new(Code::UnknownPipeline, detail),
            store::Error::NotFound { .. } => Self::new(Code::Gone, detail),
            store::Error::Full(_) | store::Error::Unavailable(_) | store::Error::Refused(_) | store::Error::Fatal(_) => {
                Self::new(Code::StoreUnavailable, detail).retry_after_ms(5 * SOON_MS)
            }
            store::Error::Malformed { .. } | store::Error::Statement(_) => Self::new(Code::Internal, detail),
        }
    }
}

/// A definitive answer to a runner keeps its own code (IA6).
impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let known = Code::ALL.iter().copied().find(|code| code.name() == refusal.code && [409, 410].contains(&code.status().as_u16()));
        Self::new(known.unwrap_or(Code::StaleLease), refusal.detail)
    }
}

impl From<Rejected> for Problem {
    fn from(rejected: Rejected) -> Self {
        let detail = rejected.to_string();
        let problem = Self::new(code(&rejected), detail);
        match rejected {
            Rejected::AlreadyDecided { by, .. } => problem.by(by),
            Rejected::Superseded { by, .. } | Rejected::Outdated { by } => problem.by(by.to_string()),
            _ => problem,
        }
    }
}

fn code(rejected: &Rejected) -> Code {
    match rejected {
        Rejected::UnknownRelease(_) => Code::UnknownRelease,
        Rejected::UnknownGate { .. } => Code::UnknownGate,
        Rejected::UnknownPlace(_) => Code::UnknownPlace,
        Rejected::UnknownJob(_) => Code::UnknownJob,
        Rejected::UnknownHold => Code::UnknownHold,
        Rejected::UnknownAttempt => Code::UnknownAttempt,
        Rejected::StaleLease => Code::StaleLease,
        Rejected::StaleFence { .. } => Code::StaleFence,
        Rejected::AttemptEnded => Code::AttemptEnded,
        Rejected::AttemptStopped => Code::AttemptStopped,
        Rejected::InvalidPlan(_) | Rejected::Untrusted(_) => Code::Invalid,
        Rejected::NotQueued => Code::NotQueued,
        Rejected::NotWaiting { .. } => Code::NotWaiting,
        Rejected::AlreadyDecided { .. } => Code::AlreadyDecided,
        Rejected::DigestMismatch { .. } => Code::DigestMismatch,
        Rejected::SelfApproval => Code::SelfApproval,
        Rejected::NotAnApprover(_) => Code::NotAnApprover,
        Rejected::Superseded { .. } => Code::Superseded,
        Rejected::Outdated { .. } => Code::Outdated,
        Rejected::Quarantined(_) => Code::Quarantined,
        Rejected::NotQuarantined(_) => Code::NotQuarantined,
        Rejected::ReleaseEnded(_) => Code::ReleaseEnded,
        Rejected::NothingToRetry(..) => Code::NothingToRetry,
        Rejected::NoDestination(_) => Code::NoDestination,
        Rejected::NotADestination { .. } | Rejected::BeforeBarrier { .. } => Code::NotADestination,
        Rejected::RollbackUnderWay(_) => Code::RollbackUnderWay,
        Rejected::NotUnknown(_) => Code::NotUnknown,
        Rejected::StillFenced { .. } => Code::StillFenced,
        Rejected::SecondPersonNeeded(_) => Code::SecondPersonNeeded,
        Rejected::Restored => Code::StaleGeneration,
        Rejected::ReasonNeeded => Code::ReasonNeeded,
        Rejected::PersonNeeded(_) => Code::PersonNeeded,
        Rejected::KeyReused => Code::KeyReused,
        Rejected::Splice(_) => Code::Conflict,
        Rejected::Limit { .. } => Code::Limit,
    }
}
