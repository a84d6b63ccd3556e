use std::collections::BTreeMap;

use protocol::AttemptId;
use serde::{Deserialize, Serialize};

use crate::core::Time;
use crate::core::actor::Actor;
use crate::core::id::{ReleaseNumber, SourceOrder, TargetName};
use crate::core::input::Verdict;

/// Table `targets`: one place that runs the software.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetRow {
    pub name: TargetName,
    /// Only grows; the highest grant may touch the target (A4).
    pub fence: u64,
    /// The attempt that holds the target: leased or unknown (IA1).
    pub holder: Option<AttemptId>,
    /// What runs there, as far as is known.
    pub live: Option<ReleaseNumber>,
    pub live_since: Option<Time>,
    /// A release that reached it in part (an increment) and is neither complete nor taken back.
    pub partly: Option<ReleaseNumber>,
    /// Releases that passed their bake here, oldest first (X2); at most 20 are kept.
    pub good: Vec<Good>,
    /// Releases that were rolled back here (IC3); at most 50 are kept.
    pub bad: Vec<ReleaseNumber>,
    pub unknown: Option<Unknown>,
    /// How many rollouts it has had; the next one's number is one more.
    #[serde(default)]
    pub rollouts: u64,
    /// By name: the release that first began to bring a barrier here (X11); at most 50 are kept.
    #[serde(default)]
    pub barriers: BTreeMap<String, Brought>,
    /// One person asks to take the target from an attempt that may still act; a second one decides (IA4).
    #[serde(default)]
    pub glass: Option<GlassAsked>,
    /// Why it is flagged, such as `runs #412, which is quarantined` (X4, X6).
    pub flag: Option<String>,
}

/// Who brought a barrier to a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Brought {
    pub order: SourceOrder,
    pub release: ReleaseNumber,
    /// A release that carries it was good here.
    pub proven: bool,
}

impl Brought {
    /// Where the release that brought it stands (P4).
    #[must_use]
    pub fn place(&self) -> (SourceOrder, ReleaseNumber) {
        (self.order, self.release)
    }
}

/// The first of two people who break the glass (IF12).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct GlassAsked {
    /// Of the unknown attempt that is meant.
    pub attempt: AttemptId,
    pub by: Actor,
    pub verdict: Verdict,
    pub reason: String,
    pub until: Time,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Good {
    pub release: ReleaseNumber,
    pub order: SourceOrder,
    pub at: Time,
}

/// Contact was lost while this attempt had the right to touch the target (A3, R9).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Unknown {
    pub attempt: AttemptId,
    pub since: Time,
    /// From then on `inspect` may run: the last credentials have ended and a margin has passed (IA4).
    pub inspect_after: Time,
    /// How many inspections have been tried.
    pub inspections: u32,
    /// Only a person can end it now.
    pub needs_person: bool,
    /// An alarm or failure that arrived meanwhile, acted on when the target is known again (IC10).
    pub pending_failure: Option<String>,
}
