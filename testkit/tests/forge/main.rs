//! Forges: what they send, against a real server over HTTP with real git repositories.
#![expect(clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod abuse;
mod app;
mod at_forge;
mod buttons;
mod client;
mod connecting;
mod hooks;
mod paths;
mod protected;
mod pulls;
mod pushes;
mod showing;
mod signing_in;
mod support;
