use engine::core::Time;
use engine::core::id::{HoldId, ReleaseNumber, TargetName};
use engine::core::input::{HoldScope, Place, Verdict};
use engine::core::row::{PastReading, ReleaseState};
use engine::core::view::{AlarmOf, Attention, Board, Change, Front, RollbackChoice, RollbackTarget};
use serde::{Deserialize, Serialize};

use super::FeedEvent;

/// One line of the list of pipelines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PipelineSummary {
    pub name: String,
    pub created_at: Time,
    /// Why nothing happens to it until a person has looked (R11).
    pub parked: Option<String>,
    /// None while it is parked.
    pub now: Option<PipelineNow>,
}

/// How a pipeline stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PipelineNow {
    pub head: Option<ReleaseNumber>,
    pub head_sha: Option<String>,
    pub head_title: Option<String>,
    /// Releases on their way, and since when the oldest is.
    pub moving: u32,
    pub oldest_since: Option<Time>,
    /// How many things need a person, and the most urgent in words.
    pub attention: u32,
    pub worst: Option<String>,
    /// The most urgent one with where to go: its attempt's log, its gate, its hold.
    pub worst_at: Option<Attention>,
    /// Something failed, is unknown or went bad.
    pub failing: bool,
    /// Releases stand in front of a wave.
    pub waiting: bool,
    /// Why the newest of them does, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits_for: Option<String>,
    /// Gates that wait for people, alarms that keep a gate closed, and holds in force.
    pub approvals: u32,
    pub alarms: u32,
    pub holds: u32,
    /// How many approvals the caller could give.
    pub waits_for_me: u32,
    /// One per wave in the order of the path, for the small front.
    pub waves: Vec<WaveNow>,
    /// The newest 30 releases, oldest first.
    pub recent: Vec<RecentRelease>,
}

/// A release as a mark in a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RecentRelease {
    pub release: ReleaseNumber,
    pub state: ReleaseState,
    /// From its creation to its end.
    pub took_ms: Option<u64>,
}

/// Which pipelines.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct PipelinesQuery {
    /// A part of the name, or of the newest commit's title; upper and lower case are the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub q: Option<String>,
    /// `failing`, `waiting`, or `mine`: it waits for the caller, or moves a release that the caller made or started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only: Option<OnlyPipelines>,
    /// Only these, separated by commas: the ones that somebody has marked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub names: Option<String>,
    /// `next_cursor` of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// At most 200; 50 when not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnlyPipelines {
    Failing,
    Waiting,
    Mine,
}

/// One wave in short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct WaveNow {
    pub stage: String,
    pub wave: String,
    /// The worst state of its targets; none for a wave that deploys nowhere.
    pub state: Option<engine::core::view::TargetState>,
    pub targets: u32,
    /// How many of them run the newest change of the wave.
    pub newest: u32,
}

/// One pipeline with where it comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PipelineView {
    #[serde(flatten)]
    pub summary: PipelineSummary,
    pub sources: Vec<SourceView>,
    pub seq: u64,
}

/// Where revisions come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SourceView {
    pub repository: String,
    pub branch: String,
    pub file: String,
    pub poll_ms: u64,
    /// The newest commit that was dealt with.
    pub head: Option<String>,
    pub last_polled_at: Option<Time>,
    /// Why the last look failed.
    pub last_error: Option<String>,
}

/// Connects a repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Connect {
    /// None: the name in the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// A path or URL that git understands.
    pub repository: String,
    pub branch: String,
    /// Relative to the repository's root; `.tidegate/pipeline.yaml` when not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// At least 1,000; a minute when not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub poll_ms: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Connected {
    pub pipeline: String,
}

/// What asking a source showed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Checked {
    /// The branch's newest commit.
    pub head: String,
    /// The release that it became now.
    pub admitted: Option<ReleaseNumber>,
    /// Why it was not admitted although it is new.
    pub skipped: Option<String>,
    #[schema(schema_with = crate::openapi::diagnostics)]
    pub diagnostics: Vec<pipelines::Diagnostic>,
    /// Why nothing starts, source by source, where a release takes several.
    #[serde(default)]
    pub waits: Vec<String>,
}

/// Starts a release by hand.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Start {
    /// None: the branch's head.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    #[serde(default)]
    pub inputs: std::collections::BTreeMap<String, String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Started {
    pub release: ReleaseNumber,
}

/// The board with the last things that happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct BoardAnswer {
    #[serde(flatten)]
    pub board: Board,
    /// Newest first.
    pub events: Vec<FeedEvent>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ProgressQuery {
    /// Only changes before this number: the page after one whose last change has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<u64>,
    /// How many changes, at most 200; 50 when not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct CompareQuery {
    /// A stage (`gamma`), a wave (`prod/wave-1`), a target (`local/a`) or a release (`#412`).
    pub from: String,
    /// The same.
    pub to: String,
}

/// What one place has and another lacks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Compared {
    pub from: Front,
    pub to: Front,
    /// Commits that `from` has and `to` lacks, newest first.
    pub ahead: Vec<Change>,
    /// Commits that `to` has and `from` lacks, newest first.
    pub behind: Vec<Change>,
    /// Authors of both, as written in the commits.
    pub authors: Vec<String>,
    /// The difference on the source's own site, where its address is known to have one.
    pub url: Option<String>,
    /// There the page of a pull request, without its number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pull_requests_url: Option<String>,
    /// There are more commits than the 500 of each list.
    pub is_cut: bool,
    pub seq: u64,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct TargetsQuery {
    /// One target only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct TargetHistoryQuery {
    pub name: String,
    /// `next_cursor` of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// At most 200; 50 when not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// A person says what is true of a target in the state unknown (R9).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Resolve {
    pub target: TargetName,
    pub verdict: Verdict,
    pub reason: String,
}

/// Stops forward admission (L7).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlaceHold {
    pub scope: HoldScope,
    pub reason: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct HoldPlaced {
    pub id: HoldId,
}

/// Takes a place back to an earlier good release (X2, X10).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rollback {
    pub place: Place,
    /// None: the newest good release of each target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<ReleaseNumber>,
    pub reason: String,
}

/// The place and the release of a rollback that is thought about; one of `target`, `stage`, or `stage` and `wave`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct RollbackQuery {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wave: Option<String>,
    /// None: the newest good release of each target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<u64>,
}

/// What a rollback would do now, by the same rules that it would follow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RollbackPreview {
    pub place: Place,
    /// Why it would be refused; then no target has a destination.
    pub refused: Option<String>,
    /// Every target of the place with where it would go, or why it stays.
    pub targets: Vec<RollbackTarget>,
    /// Releases that may be chosen, newest first.
    pub choices: Vec<RollbackChoice>,
    /// Releases that would be quarantined (X6).
    pub quarantines: Vec<ReleaseNumber>,
    /// The lanes are held afterwards (X10).
    pub holds: bool,
    pub usually_ms: Option<u64>,
    /// Commits that leave one of the targets, newest first; `is_cut`: there are more than 500.
    pub leaves_out: Vec<Change>,
    pub is_cut: bool,
    pub seq: u64,
}

/// A monitor that a pipeline watches now, and what it blocks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct MonitorView {
    pub id: String,
    pub pipeline: String,
    /// In words: its kind and what it reads.
    pub reads: String,
    pub interval_ms: u64,
    pub since: Time,
    /// The value from which on it is bad, where it has one: `> 400`.
    pub bound: Option<String>,
    /// `http`, `command`, `prometheus`, `cloudwatch`.
    pub system: String,
    /// Where to look, when it has an address.
    pub url: Option<String>,
    /// The alarms that read it, with their places.
    pub alarms: Vec<AlarmOf>,
    /// Keys of bakes, gates and waves that depend on it.
    pub blocks: Vec<String>,
    /// Its last readings, oldest first, at most 60.
    pub recent: Vec<PastReading>,
    pub last: Option<engine::core::input::Reading>,
    pub last_at: Option<Time>,
    /// Since when every reading has been bad.
    pub bad_since: Option<Time>,
    /// Since when it could not be read or gave no data; then what depends on it stays closed (G9).
    pub dark_since: Option<Time>,
}
