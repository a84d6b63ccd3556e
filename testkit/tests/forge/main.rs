//! Forges: what they send, against a real server over HTTP with real git repositories.

mod abuse;
mod connecting;
mod hooks;
mod pushes;
mod showing;
mod support;
