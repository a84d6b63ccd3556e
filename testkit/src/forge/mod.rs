//! A forge as this server sees it: web hooks that it sends, signed as it would sign them, and an API that it answers.

mod api;
mod fake;
mod hooks;
mod served;

pub use fake::{APP_ID, FakeForge, ForgeRepository, ForgeState, Mood};
pub use hooks::{Recorded, Sender, recorded};
pub use served::Served;
