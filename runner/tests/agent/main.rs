//! The runner as its users meet it: a real agent, real jobs, a server that fails in all the usual ways.

mod carrying;
mod ending;
mod executing;
mod machine;
mod server;
mod surviving;
