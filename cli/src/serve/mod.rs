//! Runs a server in this process: store, adapters, engine, API and, where it is wanted, a runner.

pub(crate) mod built_in_runner;
mod forges;
pub(crate) mod local;
pub(crate) mod logging;
pub(crate) mod owner;
mod ports;
mod server;
pub(crate) mod signals;

pub(crate) use forges::Forges;
pub(crate) use ports::{bucket, make_folder};
pub(crate) use server::{Server, open_engine};
