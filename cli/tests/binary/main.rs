//! The built binary as people and scripts use it: exit codes, stdout and stderr.
#![expect(clippy::expect_used, clippy::panic, reason = "a test that cannot be set up has failed")]

mod blocks;
mod bucket;
mod client;
mod clocks;
mod data;
mod demo;
mod disk;
mod doctor;
mod growing;
mod local;
mod offline;
mod pages;
mod people;
/// The testkit's own, without all that it depends on.
#[expect(unreachable_pub, reason = "it is public in the testkit")]
#[path = "../../../testkit/src/port.rs"]
mod port;
mod program;
mod site;
