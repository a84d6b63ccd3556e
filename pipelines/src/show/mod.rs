//! A plan for people and for other programs: as text, JSON, DOT and Mermaid, and as the difference from another plan.
//!
//! Invariant: equal plans give equal output; nothing here depends on [`crate::plan::NodeIx`] as a number, so
//! the same pipeline shows the same after nodes have moved.

mod describe;
mod difference;
mod drawing;
mod outline;
#[cfg(test)]
mod sample;
#[cfg(test)]
mod tests;
mod text;

pub use difference::{Change, Difference, FieldChange, Kind, Risk, Subject};
pub use drawing::{dot, mermaid};
pub use text::text;

use crate::plan::Plan;

/// The plan as indented JSON with its keys in a fixed order, ending in a line break.
#[must_use]
pub fn json(plan: &Plan) -> String {
    let mut json = serde_json::to_value(plan).map(|value| format!("{value:#}")).unwrap_or_default();
    json.push('\n');
    json
}
