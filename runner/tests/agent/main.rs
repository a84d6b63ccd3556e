//! The runner as its users meet it: a real agent, real jobs, a server that fails in all the usual ways.

#![expect(clippy::expect_used, reason = "in a test, what is not as expected is a failure, and says so")]

mod carrying;
mod ending;
mod executing;
mod in_place;
mod machine;
/// The testkit's own, without all that it depends on.
#[expect(unreachable_pub, clippy::panic, reason = "it is public in the testkit, and a test without a port has failed")]
#[path = "../../../testkit/src/port.rs"]
mod port;
mod server;
mod supervising;
mod surviving;
