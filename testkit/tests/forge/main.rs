//! Forges: what they send, against a real server over HTTP with real git repositories.
#![expect(clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod abuse;
mod connecting;
mod hooks;
mod pushes;
mod showing;
mod support;
