//! The engine with real parts around it: both databases, real git, scripted runners.
#![cfg(feature = "server")]
#![expect(clippy::expect_used, clippy::unwrap_used, reason = "helpers of tests fail like tests")]

mod beside;
mod fleet;
mod gates;
mod growing;
mod id_tokens;
mod logs;
mod names;
mod owner;
mod path;
mod retention;
mod rollback;
mod runners;
mod together;
