pub(super) mod export;
pub(super) mod list;
pub(super) mod server;
pub(super) mod verify;

use engine::core::id::PipelineId;

use crate::problem::{Code, Problem};
use crate::state::ApiState;

/// The pipeline that a filter names; a release counts within one.
async fn pipeline(state: &ApiState, name: Option<&str>, release: Option<u64>) -> Result<Option<PipelineId>, Problem> {
    match name {
        Some(name) => Ok(Some(state.engine().pipeline_id(name).await?)),
        None if release.is_some() => Err(Problem::new(Code::InvalidQuery, "release counts within one pipeline: give `pipeline` too")),
        None => Ok(None),
    }
}
