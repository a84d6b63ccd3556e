//! The HTTP API: one endpoint per file, events, authentication, OpenAPI.
//!
//! Invariant: no route exists without a declared permission ([`route::Declared`]), and every error is
//! a [`problem::Problem`] with a stable code. This crate decides nothing about releases: it asks the
//! engine and shows what the engine answers.
//!
//! Entry points: [`router`], [`serve`], [`ApiState`].

#![expect(clippy::result_large_err, reason = "a problem is an answer to a request: made once, and never on a hot path")]

pub mod auth;
mod download;
pub mod edge;
pub mod events;
pub mod extract;
mod hook_limit;
pub mod idempotency;
pub mod openapi;
mod pack;
mod paging;
pub mod problem;
mod recorder;
pub mod route;
mod router;
mod routes;
mod runner_api;
mod serve;
mod shared;
mod state;
mod streams;
pub mod types;
pub mod ui;

pub use recorder::install_recorder;
pub use router::{router, table};
pub use serve::serve;
pub use state::{ApiSettings, ApiState, Metrics};
