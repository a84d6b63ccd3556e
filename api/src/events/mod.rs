//! The stream of events: replay from the store, then live, in the order of their numbers.
//!
//! What has happened is gathered and written once for everybody who asks for the same topics (`hub`).
//! The stream is pulled: nothing is kept per client but where it stands. A client that reads slowly
//! falls behind in the store, which is bounded by [`crate::ApiSettings::replay_events`]; beyond that it is told to start anew.

mod feed;
mod frame;
mod hub;
mod names;
mod stream;
mod topics;

pub(crate) use feed::feed_event;
pub(crate) use frame::{comment, frame, response};
pub(crate) use hub::Hub;
pub use names::Names;
pub(crate) use stream::{HEARTBEAT_MS, follow};
pub(crate) use topics::Topics;
