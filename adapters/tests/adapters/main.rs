//! Adapters against the real thing: git, files, HTTP servers, Prometheus.

mod git;
mod repository;
