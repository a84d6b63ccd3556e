use engine::core::Time;
use engine::core::id::ReleaseNumber;
use engine::core::input::Retry;
use engine::core::view::{AdditionView, ApprovalView, Change, ReleaseView};
use serde::{Deserialize, Serialize};

use super::FeedEvent;

/// A release with its timeline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ReleaseAnswer {
    #[serde(flatten)]
    pub release: ReleaseView,
    /// Oldest first; the newest 500.
    pub events: Vec<FeedEvent>,
    pub seq: u64,
}

/// A person says yes to exactly this content (G5).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Approve {
    /// The gate's key.
    pub gate: String,
    /// The release's digest, as it was seen.
    pub digest: String,
    #[serde(default)]
    pub reason: String,
}

/// A person says no, or opens a gate by force (G8).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GateReason {
    /// The gate's key.
    pub gate: String,
    pub reason: String,
}

/// An outside system answers a `check` gate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// The gate's key.
    pub gate: String,
    pub passed: bool,
    #[serde(default)]
    pub detail: String,
}

/// New attempts of the same plan (A6).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RetryRelease {
    pub what: Retry,
}

/// What a job added to the plan of its release (D1), and how that differs from what it added last time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AdditionAnswer {
    #[serde(flatten)]
    pub addition: AdditionView,
    pub at: Time,
    /// What was printed or uploaded, as it came; empty for a matrix.
    pub text: String,
    /// None: the job has added nothing in the releases before.
    pub last_time: Option<LastTime>,
}

/// What the same job added in an earlier release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LastTime {
    pub release: ReleaseNumber,
    pub is_same: bool,
    /// For people.
    pub difference: String,
}

/// A stored plan, as data and for people.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PlanAnswer {
    #[schema(schema_with = crate::openapi::plan)]
    pub plan: pipelines::plan::Plan,
    pub text: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct EvidenceQuery {
    /// The gate's key.
    pub gate: String,
}

/// What somebody needs to know before they answer at a gate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct EvidenceAnswer {
    pub approval: ApprovalView,
    /// Commits that go out: newer than what every target of the wave runs, newest first; `is_cut`: there are more than 500.
    pub commits: Vec<Change>,
    pub is_cut: bool,
    /// As written in the commits.
    pub authors: Vec<String>,
    /// The difference on the source's own site, where its address is known to have one.
    pub url: Option<String>,
    /// Names of the people who could answer now.
    pub may_act: Vec<String>,
    /// The caller made or started one of the commits.
    pub involved_yourself: bool,
    pub now: Time,
    pub seq: u64,
}
