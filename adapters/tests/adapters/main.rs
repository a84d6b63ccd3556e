//! Adapters against the real thing: git, files, HTTP servers, Prometheus.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on says so by panicking")]

mod blobs;
mod command_monitor;
mod datadog;
mod email;
mod git;
mod http_monitor;
mod notify;
mod prometheus;
mod repository;
mod server;
mod wait;
