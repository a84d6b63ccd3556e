//! The harness: a server's engine with real parts around it, scripted runners, and the simulator of the core.
//!
//! Invariant: production code knows nothing of this crate. What a test needs to move (time, runners, the
//! answers of monitors) goes in through ports and the runner protocol, like everybody else's.
#![cfg_attr(feature = "server", expect(clippy::expect_used, clippy::panic, reason = "what cannot be set up here has failed its test"))]

#[cfg(feature = "server")]
pub mod aws;
#[cfg(feature = "server")]
pub mod bench;
#[cfg(feature = "server")]
pub mod blocks;
#[cfg(feature = "server")]
pub mod clock;
#[cfg(feature = "server")]
pub mod forge;
#[cfg(feature = "server")]
pub mod port;
#[cfg(feature = "server")]
pub mod postgres;
#[cfg(feature = "server")]
pub mod repository;
#[cfg(feature = "server")]
pub mod seed;
pub mod sim;
#[cfg(feature = "server")]
pub mod sshd;
#[cfg(feature = "server")]
pub mod world;
