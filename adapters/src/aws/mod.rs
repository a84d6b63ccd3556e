//! The cloud's own interfaces: roles through STS, alarms through CloudWatch, and what it pushes about them.
//!
//! Invariant: whatever leaves this module is either a value of the engine's ports or an error in words; no secret is
//! in an error, a log line or a `Debug`.

mod cloudwatch;
mod failure;
mod guard;
mod identity;
mod metrics;
mod push;
mod sdk;
mod web_identity;

pub use cloudwatch::{CloudWatch, Usage};
pub use identity::AwsIdentity;
pub use push::AwsPush;
pub use sdk::Settings;
