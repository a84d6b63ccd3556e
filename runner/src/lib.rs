//! The agent of Tidegate: leases attempts from a server, executes them, delivers what came of them.
//!
//! Invariant: what a runner accepted is on its disk before it acts on it, and what an attempt produced is
//! on its disk until the server has it; either may be killed at any moment (R2, R3, R5, R10). It knows
//! the server by its protocol only: no database, no plan, no rules. Three processes share the work:
//! the *agent* ([`run`]), *supervisors* that each execute one attempt at a time ([`attempt`]), and one *keeper* per service that a
//! deployment left running ([`in_place`]).

mod agent;
mod archive;
pub mod attempt;
mod backoff;
mod client;
mod clock;
mod config;
pub mod doctor;
mod encoding;
mod error;
mod files;
pub mod id_token;
mod identity;
pub mod in_place;
mod isolation;
mod journal;
mod line;
pub mod mask;
mod programs;
mod tree;
pub mod upload;

pub use agent::run;
pub use config::{Config, Isolation, Token, default_labels};
pub use error::Error;
pub use isolation::Mechanism;
