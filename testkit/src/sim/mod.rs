//! Seeded histories over the real core: a world with faults, every step checked, equal seeds equal histories.
//!
//! `play(seed)` is a pure function. The world ([`world`]) chooses what happens from the committed rows; the
//! checks ([`checks`]) and the reference model ([`reference`]) judge what the core made of it; a failing
//! history is a list of steps that [`shrink`] shortens and `sim --seed N` tells again.

pub mod campaign;
pub mod history;
pub mod mutant;
pub mod reached;
pub mod shrink;
pub mod step;

mod checks;
mod plans;
pub(crate) mod random;
mod reference;
mod rows;
mod world;

/// The sentence behind an invariant's name; empty for one that stands in the audit or the reference model.
#[must_use]
pub fn says(invariant: &str) -> &'static str {
    checks::all().iter().find(|check| check.name() == invariant).map_or("", |check| check.says())
}
