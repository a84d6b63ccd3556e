//! Pipeline-as-code: the text of a pipeline file becomes a model, the model becomes a plan.
//!
//! Invariant: everything here is a pure function of its arguments. Equal input, equal plan, on every
//! machine. This crate does not know files, networks, clocks, databases or which release is where.
//!
//! Entry points: [`compile`] (text → pipeline and diagnostics, never fails), [`expand`] (pipeline →
//! [`plan::Plan`]).

pub mod expression;
pub mod graph;
pub mod plan;
pub mod schedule;
pub mod show;
pub mod window;
