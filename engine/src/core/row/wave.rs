use pipelines::plan::WaveIx;
use serde::{Deserialize, Serialize};

use crate::core::Time;
use crate::core::id::{ReleaseNumber, TargetName};

/// Table `waves`: one release at one wave. Absent until the release comes to the wave's door.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaveRow {
    pub release: ReleaseNumber,
    pub wave: WaveIx,
    pub state: WaveState,
    pub arrived_at: Time,
    pub entered_at: Option<Time>,
    pub ended_at: Option<Time>,
    /// Why it stands in front of the lane (S3); empty once it is in.
    pub waits_for: Vec<WaitReason>,
    /// Why it is failing or failed; kept for its history.
    #[serde(default)]
    pub failure: Option<WaveFailure>,
}

/// What went wrong first in a wave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaveFailure {
    pub since: Time,
    pub cause: FailureCause,
    /// In words.
    pub reason: String,
    pub target: Option<TargetName>,
}

/// What may trigger a rollback, each by its own switch (X1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureCause {
    Alarm,
    Job,
    /// A bake that could not be read or saw too little (B2).
    Unclear,
    Person,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WaveState {
    /// In front of the lane; holds nothing (L2).
    Waiting,
    Entered,
    /// All its targets (or `at_least`) are rolled out and baked.
    Completed,
    /// Something failed; other rollouts of the wave may still be under way.
    Failing,
    Failed,
    RolledBack,
    Cancelled,
    /// Left the queue here: superseded, outdated or quarantined (L4).
    Left,
}

/// One thing that a release waits for: what, since when, and until when if known (S3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct WaitReason {
    /// `lane`, `hold`, `quarantine`, `max_parallel`, or the kind of a gate (`approval`, `window`, …).
    pub kind: String,
    /// In words: `window opens Monday 09:00 Europe/Athens`.
    pub detail: String,
    pub since: Time,
    pub until: Option<Time>,
    /// The gate's name, the hold's id, the release inside the lane.
    pub subject: Option<String>,
}
