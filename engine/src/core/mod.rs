//! The rules of model.md as values: `Pipeline::handle(input, now) → Changes`.
//!
//! Invariant: nothing here reads a clock, a file, a socket or randomness, and nothing iterates in an
//! order that depends on a hash. The same inputs at the same times give the same rows, events and
//! effects on every machine (R1).

pub mod actor;
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

pub use actor::Actor;
pub use changes::Changes;
pub use effect::Effect;
pub use event::{Event, EventKind};
pub use input::Input;
pub use rejected::Rejected;
pub use settings::Settings;
pub use time::Time;
