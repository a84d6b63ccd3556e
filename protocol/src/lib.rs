//! The words between server and runner: ids, leases, reports and log chunks.
//!
//! Invariant: this crate is a leaf. It holds values and their JSON shape, no logic beyond
//! checking that an id is well formed. It does not know pipelines, releases' rules, HTTP or files.
//!
//! Every message of a runner carries [`Fences`] (reliability.md, R2); durations are sent, never
//! dates, because nobody compares two machines' clocks (R5).

mod credentials;
mod id;
mod id_token;
mod job;
mod lease;
mod log;
mod path;
mod register;
mod report;
mod upload;

pub use credentials::{Credentials, CredentialsRequest, Identity};
pub use id::{ArtifactDigest, AttemptId, Generation, InvalidId, LeaseToken, RunnerId, TargetFence};
pub use id_token::{IdToken, IdTokenRequest};
pub use job::{ArtifactInput, ArtifactOutput, Checkout, Job, Secret, Step};
pub use lease::{Fences, Heartbeat, HeartbeatAnswer, Lease, LeaseAnswer, LeaseRequest, Refusal, Stop};
pub use log::{LogAck, LogChunk, LogTime, MAX_LOG_CHUNK_BYTES, MAX_LOG_TIMES, MAX_WHOLE_LOG_BYTES};
pub use path::{headers, paths};
pub use register::{Register, Registered, RenewToken};
pub use report::{Artifact, Outcome, Report, StepReport};
pub use upload::{MAX_UPLOAD_BYTES, Upload, UploadAnswer};
