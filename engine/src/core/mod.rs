//! The rules of model.md as values: `Pipeline::handle(input, now) → Changes`.
//!
//! Invariant: nothing here reads a clock, a file, a socket or randomness, and nothing iterates in an
//! order that depends on a hash. The same inputs at the same times give the same rows, events and
//! effects on every machine (R1).

pub mod actor;
pub mod audit;
pub mod changes;
pub mod dispatch;
pub mod effect;
pub mod event;
pub mod id;
pub mod input;
pub mod rejected;
pub mod row;
pub mod settings;
pub mod time;
pub mod view;

mod admit;
mod aggregate;
mod attempt;
mod bake;
mod barrier;
mod by_hand;
mod cancel;
mod condition;
mod door;
mod first;
mod gate;
mod handle;
mod hold;
mod index;
mod job;
mod lane;
mod load;
mod node;
mod notify;
mod pipeline;
mod quarantine;
mod release;
mod restored;
mod retry;
mod rollback;
mod shape;
mod splice;
mod table;
mod together;
mod trust;
mod turn;
mod unknown;
mod watch;
mod wave;

#[cfg(test)]
mod tests;

pub use actor::Actor;
pub use changes::Changes;
pub use effect::Effect;
pub use event::{Event, EventKind};
pub use input::Input;
pub use load::{KEPT_ENDED_BADLY, LoadError, Loaded};
pub use pipeline::Pipeline;
pub use rejected::Rejected;
pub use release::Release;
pub use settings::Settings;
pub use shape::monitor_id;
pub use splice::replay;
pub use time::Time;
pub use together::{Choice, Offer, Unsatisfied, together};
pub use trust::Trust;

pub(crate) use actor::person;
pub(crate) use rejected::needs_reason;
