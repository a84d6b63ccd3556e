pub(super) mod app;
pub(super) mod app_back;
pub(super) mod order_app;
pub(super) mod show;
