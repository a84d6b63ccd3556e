use axum::extract::State;
use engine::core::Input;
use engine::core::id::ReleaseNumber;

use crate::auth::{Allowed, Developer};
use crate::extract::{Json, Path};
use crate::problem::Problem;
use crate::state::ApiState;
use crate::types::{Applied, RetryRelease};

/// Runs failed jobs, or a stage from its start, again (A6).
#[utoipa::path(post, path = "/api/v1/pipelines/{pipeline}/releases/{number}/retry", tag = "releases", params(("pipeline" = String, Path), ("number" = u64, Path)), responses((status = 200, body = Applied)))]
pub(crate) async fn handle(
    allowed: Allowed<Developer>,
    State(state): State<ApiState>,
    Path((pipeline, number)): Path<(String, u64)>,
    Json(body): Json<RetryRelease>,
) -> Result<Json<Applied>, Problem> {
    let release = ReleaseNumber(number);
    let input = Input::Retry { release, what: body.what };
    super::apply(&state, &allowed.caller, &pipeline, input).await
}
