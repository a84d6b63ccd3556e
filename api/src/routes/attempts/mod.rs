pub(super) mod log;
pub(super) mod log_follow;
pub(super) mod log_raw;
pub(super) mod log_search;
pub(super) mod log_times;
pub(super) mod show;

use protocol::AttemptId;

use crate::problem::{Code, Problem};

fn id(text: &str) -> Result<AttemptId, Problem> {
    text.parse().map_err(|error| Problem::new(Code::InvalidPath, format!("{error}; copy it from the release")))
}

fn unknown(attempt: &str) -> Problem {
    Problem::new(Code::UnknownAttempt, format!("there is no attempt {attempt:?}"))
}

fn pairs(times: &[engine::LineTime]) -> Vec<[u64; 2]> {
    times.iter().map(|time| [time.line, time.after_ms]).collect()
}
