pub(super) mod live;
pub(super) mod metrics;
pub(super) mod openapi;
pub(super) mod problem;
pub(super) mod ready;
pub(super) mod show;
