//! Pipeline-as-code: the text of a pipeline file becomes a model, the model becomes a plan.
//!
//! Invariant: everything here is a pure function of its arguments. Equal input, equal plan, on every
//! machine. This crate does not know files, networks, clocks, databases or which release is where.
//!
//! Entry points: [`compile_in`] (text → pipeline and diagnostics, never fails), [`expand`] (pipeline →
//! [`plan::Plan`]), [`dynamic`] (what a plan becomes while its release is on its way).

mod aspect;
pub mod blocks;
mod compile;
mod decode;
pub mod diagnostic;
pub mod dynamic;
mod environment;
pub(crate) mod expand;
pub mod expression;
mod fetching;
mod file;
pub mod graph;
pub mod inventory;
pub mod lock;
mod lower;
mod model;
pub mod plan;
pub mod policy;
pub mod pull_request;
pub mod schedule;
pub mod schema;
pub mod show;
mod source;
mod text;
pub mod window;

pub use aspect::Aspect;
pub use blocks::Blocks;
pub use compile::{compile, compile_in, names_files, names_shared};
pub use diagnostic::Diagnostic;
pub use environment::{Environment, Pin};
pub use expand::{ExpandError, ExpandInput, MAX_NODES, expand};
pub use fetching::{Fetching, Wanted};
pub use lower::{Described, describe};
pub use model::Pipeline;
pub use source::SourceFile;
