//! The built binary as people and scripts use it: exit codes, stdout and stderr.
#![expect(clippy::expect_used, clippy::panic, reason = "a test that cannot be set up has failed")]

mod blocks;
mod client;
mod data;
mod demo;
mod doctor;
mod growing;
mod offline;
mod people;
mod program;
mod site;
