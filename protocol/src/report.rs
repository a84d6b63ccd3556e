use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{ArtifactDigest, Fences, LogTime};

/// `POST /runner/v1/attempts/{attempt}/complete`: how an attempt ended. Answered the same way when repeated (IA7).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Report {
    pub fences: Fences,
    pub outcome: Outcome,
    /// What the steps wrote to `$TIDEGATE_OUTPUT`, masked; at most 64 keys of 16 KiB.
    pub outputs: BTreeMap<String, String>,
    /// What the steps wrote to `$TIDEGATE_SUMMARY` (Markdown), masked; at most 256 KiB.
    pub summary: String,
    pub artifacts: Vec<Artifact>,
    pub steps: Vec<StepReport>,
    /// The length of the whole log and the SHA-256 over it (R10).
    pub log_bytes: u64,
    pub log_digest: String,
    /// The whole log, when nothing of it was sent before and it is text of at most [`MAX_WHOLE_LOG_BYTES`](crate::MAX_WHOLE_LOG_BYTES):
    /// most jobs are short, and need no other call for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<String>,
    /// When the lines of `log` were written, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub log_times: Vec<LogTime>,
}

/// The end of an attempt as its runner saw it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema, schemars::JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Outcome {
    Succeeded,
    /// A step ended with a code other than 0.
    Failed {
        exit_code: i32,
        step: String,
    },
    /// A step was ended by a signal that the runner did not send.
    Signalled {
        signal: i32,
        step: String,
    },
    TimedOut {
        step: String,
        timeout_ms: u64,
    },
    /// The runner was told to stop it and the process tree is gone.
    Cancelled {
        reason: String,
    },
    /// The job could not be prepared or finished: checkout, artifact, disk. `detail` says what to mend.
    Error {
        detail: String,
    },
    /// The runner itself was restarted under the job and its process tree is gone.
    RunnerRestarted,
}

/// Bytes that a job left behind, stored by their digest (P2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema, schemars::JsonSchema)]
pub struct Artifact {
    pub name: String,
    pub digest: ArtifactDigest,
    pub size_bytes: u64,
    pub is_folder: bool,
    /// The Unix mode of a file.
    pub mode: u32,
}

/// Where one step stands. Durations are the runner's own; dates never travel (R5).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema, schemars::JsonSchema)]
pub struct StepReport {
    /// Position in `steps`, followed by `on_failure`, followed by `finally`.
    pub index: u32,
    pub name: String,
    /// Since the attempt began on the runner.
    pub started_after_ms: u64,
    /// None while it runs.
    pub took_ms: Option<u64>,
    /// None while it runs, or when it was ended by a signal.
    pub exit_code: Option<i32>,
    /// Where its output starts in the attempt's log, in bytes.
    pub log_offset: u64,
}
