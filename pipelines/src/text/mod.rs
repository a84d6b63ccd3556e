//! YAML as a tree in which every node knows its place, and the reading of typed values from it.
//!
//! A reader reports and goes on: one wrong value never hides another.

mod read;
mod scalars;
mod span;
mod tree;

pub(crate) use read::{Fields, Later, Map, Placed, Problem, Read, Reader, Spanned, nearest, one_of, record, shortened};
pub(crate) use scalars::{Bare, Duration, Percent, Text};
pub(crate) use span::Span;
pub(crate) use tree::{BYTES as MOST_BYTES, Key, Node, Value, parse, parse_unless_empty};
