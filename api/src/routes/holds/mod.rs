pub(super) mod lift;
pub(super) mod list;
pub(super) mod place;
