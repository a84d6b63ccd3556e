//! Runs a server in this process.

pub(crate) mod logging;
pub(crate) mod signals;
