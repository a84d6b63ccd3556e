//! What travels: the bodies of requests and answers. The command line uses them as a client.
//!
//! Requests refuse unknown fields, so that a misspelt one is an error and not ignored; answers may grow.

mod account;
mod attempt;
mod cloud_account;
mod event;
mod file;
mod fleet;
mod forge;
mod metrics;
mod pipeline;
mod progress;
mod release;
mod runner;
mod server;
mod webhook;

pub use account::*;
pub use attempt::*;
pub use cloud_account::*;
pub use event::*;
pub use file::*;
pub use fleet::*;
pub use forge::*;
pub use metrics::*;
pub use pipeline::*;
pub use progress::*;
pub use release::*;
pub use runner::*;
pub use server::*;
pub use webhook::*;

pub use engine::core::id::{HoldId, ReleaseNumber, TargetName};
pub use engine::core::input::{HoldScope, Place, Reading, Retry, Verdict};
pub use engine::core::view::{
    ApprovalView, ArtifactView, AttemptView, Attention, AttentionKind, Board, BoardStage, BoardWave, Change, Evidence, Front, GateKind,
    GateView, Held, NodeView, ProgressGate, ReleaseSummary, ReleaseView, RollbackChoice, RollbackTarget, RolloutView, TargetFront,
    TargetState, TargetView, Waiting, WaveView,
};
pub use engine::core::{Actor, Event, EventKind, Time};

use serde::{Deserialize, Serialize};

/// A part of a collection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// Send it as `cursor` for what follows; none: this was all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
    /// Every event up to this one is in here.
    pub seq: u64,
}

impl<T> Page<T> {
    /// A collection that came whole.
    pub fn whole(items: Vec<T>, seq: u64) -> Self {
        Self { items, next_cursor: None, seq }
    }
}

/// How much of a collection is wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct PageQuery {
    /// `next_cursor` of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// At most 200; 50 when not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// A reason, in a person's words.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    #[serde(default)]
    pub reason: String,
}

/// What an input did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Applied {
    /// The pipeline's version that holds it.
    pub version: u64,
    /// The facts that it made true, in their order; empty when it had been done already.
    pub events: Vec<Event>,
}

impl From<engine::Applied> for Applied {
    fn from(applied: engine::Applied) -> Self {
        Self { version: applied.version, events: applied.events }
    }
}
