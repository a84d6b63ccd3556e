//! The runner as its users meet it: a real agent, real jobs, a server that fails in all the usual ways.

#![expect(clippy::expect_used, reason = "in a test, what is not as expected is a failure, and says so")]

mod carrying;
mod ending;
mod executing;
mod in_place;
mod machine;
mod server;
mod supervising;
mod surviving;
