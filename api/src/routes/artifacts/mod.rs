pub(super) mod download;
