pub(super) mod follow;
