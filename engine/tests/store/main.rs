//! One conformance suite for both databases, and what is particular to each.
//!
//! PostgreSQL has to be there: `scripts/with-postgres cargo test -p tidegate-engine --test store`.
#![expect(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail like tests")]

mod support;

mod accounts;
mod attempts;
mod claims;
mod events;
mod logs;
mod migrations;
mod people;
mod postgres_only;
mod requests;
mod retention;
mod saves;
mod sqlite_only;
mod statements;
