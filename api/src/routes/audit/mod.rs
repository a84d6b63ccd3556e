pub(super) mod list;
pub(super) mod server;
pub(super) mod verify;
