pub(super) mod break_glass;
pub(super) mod history;
pub(super) mod list;
pub(super) mod resolve;
