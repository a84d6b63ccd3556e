//! A forge as this server sees it: web hooks that it sends, signed as it would sign them, and an API that it answers.

mod api;
mod app;
mod fake;
mod git;
mod hooks;
mod openapi;
mod people;
mod pulls;
mod served;

pub use fake::{APP_ID, FakeForge, ForgeRepository, ForgeState, Mood};
pub use hooks::{Recorded, Sender, Sent, recorded};
pub use people::{CLIENT_ID, CLIENT_SECRET, Person};
pub use pulls::NewPull;
pub use served::Served;
