//! AWS over real HTTP: roles, alarms and deployments against the emulator behind its front.
#![cfg(feature = "server")]
#![expect(clippy::expect_used, clippy::panic, reason = "helpers of tests fail like tests")]

mod alarms;
mod gates;
mod guards;
mod id_tokens;
mod identity;
mod killed;
mod lost;
mod metrics;
mod push;
mod region_down;
mod scene;
mod stage;
mod steps;
mod throttled;
mod waves;
mod web_identity;
