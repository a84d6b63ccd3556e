use axum::extract::State;
use axum::http::StatusCode;

use crate::auth::{Admin, Allowed};
use crate::extract::Path;
use crate::problem::Problem;
use crate::state::ApiState;

/// Takes a pipeline off the list. Its history stays.
#[utoipa::path(delete, path = "/api/v1/pipelines/{pipeline}", tag = "pipelines", params(("pipeline" = String, Path)), responses((status = 204)))]
pub(crate) async fn handle(
    allowed: Allowed<Admin>,
    State(state): State<ApiState>,
    Path(pipeline): Path<String>,
) -> Result<StatusCode, Problem> {
    let id = state.engine().pipeline_id(&pipeline).await?;
    state.engine().disconnect(&allowed.caller.actor(), &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
