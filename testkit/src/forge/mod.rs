//! A forge as this server sees it: web hooks that it sends, signed as it would sign them.

mod hooks;
mod served;

pub use hooks::{Recorded, Sender, recorded};
pub use served::Served;
