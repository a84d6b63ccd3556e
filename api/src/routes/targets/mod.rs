pub(super) mod history;
pub(super) mod list;
pub(super) mod resolve;
