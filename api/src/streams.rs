//! Room for streams.

use std::sync::Arc;

use tokio::sync::OwnedSemaphorePermit;

use crate::problem::{Code, Problem};
use crate::state::ApiState;

/// A place for one more stream, held for as long as it lasts.
pub(crate) fn permit(state: &ApiState) -> Result<OwnedSemaphorePermit, Problem> {
    let full =
        |_| Problem::new(Code::Overloaded, "too many streams are open on this server; close some or try again").retry_after_ms(10_000);
    Arc::clone(state.streams()).try_acquire_owned().map_err(full)
}
