use protocol::Refusal;
use thiserror::Error;

use crate::core::Rejected;
use crate::ports::{BlobError, IdentityError, SecretError, SourceError};
use crate::store;

/// What a caller of the engine may have to act upon.
#[derive(Debug, Error)]
pub enum Error {
    /// The rules say no.
    #[error(transparent)]
    Rejected(#[from] Rejected),
    #[error("there is no pipeline {0:?}")]
    UnknownPipeline(String),
    #[error("there is no attempt {0:?}")]
    UnknownAttempt(String),
    #[error("there is no artifact {0:?}")]
    UnknownArtifact(String),
    #[error("there is no account {0:?} on this server; `tidegate accounts add` registers one")]
    UnknownAccount(String),
    /// The runner asks for something that is not its own (IF9).
    #[error("this belongs to another runner")]
    NotYours,
    #[error("the token is not known, was used, has expired or was revoked")]
    BadToken,
    #[error("the token expired at {0}; make a new one")]
    TokenExpired(crate::core::Time),
    /// A definitive answer to a runner (IA6).
    #[error("{}: {}", .0.code, .0.detail)]
    Refused(Refusal),
    #[error("{what}: {detail}")]
    Invalid { what: &'static str, detail: String },
    #[error("the name {0:?} is taken by another pipeline")]
    NameTaken(String),
    /// The pipeline file has errors.
    #[error("the pipeline file has {}", errors(.0))]
    Diagnostics(Vec<pipelines::Diagnostic>),
    /// A stored row cannot be read or handling an input failed; all other pipelines go on (R11).
    #[error("pipeline {pipeline} is parked: {reason}")]
    Parked { pipeline: String, reason: String },
    /// Too many conflicts with another server; nothing was done.
    #[error("another server was faster several times; try again")]
    Conflict,
    #[error("too much at once; try again in {retry_after_ms} ms")]
    Overloaded { retry_after_ms: u64 },
    #[error("the server is shutting down; nothing was done")]
    ShuttingDown,
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error(transparent)]
    Blob(#[from] BlobError),
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error(transparent)]
    Identity(#[from] IdentityError),
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl Error {
    pub(crate) fn refused(code: &str, detail: impl Into<String>) -> Self {
        Self::Refused(Refusal { code: code.to_owned(), detail: detail.into() })
    }
}

/// How many errors there are: `1 error`, `2 errors`. Warnings are none.
pub(crate) fn errors(found: &[pipelines::Diagnostic]) -> String {
    match found.iter().filter(|found| found.severity == pipelines::diagnostic::Severity::Error).count() {
        1 => "1 error".to_owned(),
        count => format!("{count} errors"),
    }
}
