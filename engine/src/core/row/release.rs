use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::core::actor::Actor;
use crate::core::id::{PersonId, ReleaseNumber, SourceOrder};
use crate::core::input::Revision;
use crate::core::{Time, Trust};

/// Table `releases`: the immutable thing that moves, and how its way ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReleaseRow {
    pub number: ReleaseNumber,
    pub digest: String,
    pub order: SourceOrder,
    pub revisions: Vec<Revision>,
    pub inputs: BTreeMap<String, String>,
    /// Releases from before there were others are of the branch that is followed.
    #[serde(default)]
    pub trust: Trust,
    pub trigger: String,
    pub involved: Vec<PersonId>,
    /// The admission's key (ID2).
    pub key: String,
    pub created_at: Time,
    pub created_by: Actor,

    pub state: ReleaseState,
    /// Why it is in that state, in words.
    pub reason: String,
    pub ended_at: Option<Time>,
    /// The release that carries its commits (L3).
    pub superseded_by: Option<ReleaseNumber>,
    pub quarantine: Option<Quarantine>,
    /// Shown for ever (G8).
    pub overrides: Vec<OverrideRecord>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReleaseState {
    /// On its way: running, baking or waiting somewhere.
    Moving,
    Completed,
    Failed,
    Cancelled,
    /// A newer release carries its commits (L3).
    Superseded,
    /// A newer release has entered before it (L5).
    Outdated,
}

impl ReleaseState {
    /// No forward step follows, except by a retry of a failed release (L8).
    #[must_use]
    pub fn is_end(self) -> bool {
        self != Self::Moving
    }
}

/// It went bad; it may enter no further target (X6).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Quarantine {
    pub since: Time,
    pub by: Actor,
    pub reason: String,
}

/// A gate that a person opened by force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct OverrideRecord {
    pub gate: String,
    pub at: Time,
    pub by: Actor,
    pub reason: String,
}
