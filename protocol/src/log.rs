use serde::{Deserialize, Serialize};

use crate::Fences;

/// The largest piece of log in one request.
pub const MAX_LOG_CHUNK_BYTES: usize = 1024 * 1024;

/// The longest log that may come with its attempt's report.
pub const MAX_WHOLE_LOG_BYTES: usize = 8 * 1024;

/// When lines of a log were written: the line that starts at this byte, and those after it up to the next mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LogTime {
    /// From the log's beginning.
    pub byte: u64,
    /// Since the attempt began on the runner.
    pub after_ms: u64,
}

/// The most marks that come with one piece of log, or with a report: of more, some are left out.
pub const MAX_LOG_TIMES: usize = 400;

/// Describes the bytes in the body of `POST /runner/v1/attempts/{attempt}/log` (R10); sent in headers.
///
/// A chunk that begins before the stored end (it, or a part of it, was stored already) changes nothing and is
/// answered with the stored end, from where the runner goes on; one beyond the stored end makes a
/// recorded gap only when `gap` says that the runner lost the bytes between.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogChunk {
    pub fences: Fences,
    /// Where the body starts, in bytes from the log's beginning.
    pub offset: u64,
    /// SHA-256 of the body in hexadecimal.
    pub digest: String,
    /// The bytes from the stored end up to `offset` are lost for good on the runner's side.
    pub gap: bool,
    /// When its lines were written, in order; the first mark stands at `offset` and says so of the line that goes on there. Empty
    /// from a runner that does not note it.
    #[serde(default)]
    pub times: Vec<LogTime>,
}

/// Everything before `stored_bytes` is stored; the runner may forget it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LogAck {
    pub stored_bytes: u64,
}
