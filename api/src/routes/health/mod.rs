pub(super) mod live;
