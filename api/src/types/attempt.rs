use engine::core::id::ReleaseNumber;
use engine::core::view::AttemptView;
use serde::{Deserialize, Serialize};

/// One try of a job, with where it belongs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AttemptAnswer {
    #[serde(flatten)]
    pub attempt: AttemptView,
    pub pipeline: String,
    pub release: ReleaseNumber,
    /// The node's key.
    pub node: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct LogQuery {
    /// The first line, counted from 0.
    #[serde(default)]
    pub from: u64,
    /// At most 5,000; 2,000 when not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
}

/// Some lines of a log: hostile text, to be shown as text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LogPage {
    /// Counted from 0.
    pub first_line: u64,
    pub lines: Vec<String>,
    pub total_lines: u64,
    /// The attempt has ended and everything that its runner had is here.
    pub complete: bool,
    /// Bytes that its runner lost (R10).
    pub lost_bytes: u64,
    /// When these lines were written, as in `LogTimes`; empty where that is not known.
    pub times: Vec<[u64; 2]>,
}

/// When lines of a log were written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LogTimes {
    /// A line, counted from 0, and milliseconds since the attempt began on its runner: it was written then, and so were the lines after it up
    /// to the next mark. Empty where the runner did not note it.
    pub times: Vec<[u64; 2]>,
    /// More are known: ask from this line on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct LogTimesQuery {
    /// The first line, counted from 0.
    #[serde(default)]
    pub from: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct LogSearch {
    /// What to look for, letter by letter, 1 to 200 characters.
    pub q: String,
}

/// Where a text stands in a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LogHits {
    /// All of them, also beyond `lines`.
    pub total: u64,
    /// The first ones, counted from 0.
    pub lines: Vec<u64>,
}

/// One piece of a followed log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LogTail {
    /// The number of the first line, counted from 0.
    pub from: u64,
    pub lines: Vec<String>,
    /// When these lines were written, as in `LogTimes`.
    pub times: Vec<[u64; 2]>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct LogFollow {
    /// The first line, counted from 0.
    #[serde(default)]
    pub from: u64,
}
