//! Expressions in the Common Expression Language (CEL), and texts that hold them as `${{ … }}`.
//!
//! Invariant: parsing and evaluating end soon and never panic, whatever the text and the values.
//! Text, nesting and the work that an evaluation may do are bounded before it starts, and an error
//! message never holds a value: it may be a secret.

mod budget;
mod context;
mod evaluate;
mod parse;
mod references;
mod template;
#[cfg(test)]
mod tests;

pub use context::Context;
pub use parse::{Expression, MAX_DEPTH, MAX_TEXT_BYTES};
pub use template::{Part, Template};

/// What is wrong with an expression or a template, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    pub message: String,
    /// In bytes from the start of the text that was given to `parse`.
    pub offset: usize,
}

impl Error {
    pub(crate) fn new(offset: usize, message: impl Into<String>) -> Self {
        Self { message: message.into(), offset }
    }
}
