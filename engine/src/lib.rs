//! What happens next, and keeping it.
//!
//! Invariant: every decision is made by [`core`], a pure function of a pipeline's state, an input and
//! a time; everything else here only loads, saves, waits and wakes. A decision is acted upon after it
//! is committed, never before.
//!
//! - [`core`]: lanes, releases, nodes, gates, bakes, rollbacks, dispatch. No async, clock, SQL or randomness.
//! - `store`: the only SQL in the workspace.
//! - `engine`: load → handle → save → commit → hint; the crate's public face.
//! - `tasks`: reconcilers without input: deadlines, watches, triggers, outbox, retention.
//! - `ports`: what the engine needs from outside, as traits.

pub mod core;
#[cfg(feature = "server")]
mod engine;
#[cfg(feature = "server")]
pub mod ports;
#[cfg(feature = "server")]
pub mod store;
#[cfg(feature = "server")]
mod tasks;

#[cfg(feature = "server")]
pub use engine::{
    AUDIENCE, Applied, Checked, Connection, Engine, Error, Keys, LineTime, LogHits, LogPage, LogTimes, NewAccount, Owner, Ports, Preview,
    Registry, Retention, Settings, Start, TrustPolicy, Trusted, Use, inventory,
};
#[cfg(feature = "server")]
pub use tasks::Ailing;
