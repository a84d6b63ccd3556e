//! The HTTP API: one endpoint per file, events, authentication, OpenAPI.
//!
//! Invariant: no route exists without a declared permission ([`route::Declared`]), and every error is
//! a [`problem::Problem`] with a stable code. This crate decides nothing about releases: it asks the
//! engine and shows what the engine answers.
//!
//! Entry points: [`router`], [`serve`], [`ApiState`].

pub mod auth;
pub mod edge;
pub mod extract;
pub mod problem;
pub mod route;
mod router;
mod routes;
mod serve;
mod state;
pub mod ui;

pub use router::{router, table};
pub use serve::serve;
pub use state::{ApiSettings, ApiState};
