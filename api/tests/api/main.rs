//! The API through its real router, on a real engine with a real SQLite store.
#![expect(clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod accounts;
mod authorisation;
mod cloud_accounts;
mod cross_site;
mod documents;
mod errors;
mod events;
mod fleet;
mod growing;
mod health;
mod idempotency;
mod operating;
mod pipelines;
mod support;
