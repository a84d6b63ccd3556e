use axum::extract::State;
use engine::core::Input;
use engine::core::id::ReleaseNumber;

use crate::auth::{Allowed, Developer};
use crate::extract::{Json, Path};
use crate::problem::Problem;
use crate::state::ApiState;
use crate::types::{Applied, Reason};

/// Marks a release as bad: it enters no further target (X6).
#[utoipa::path(post, path = "/api/v1/pipelines/{pipeline}/releases/{number}/quarantine", tag = "releases", params(("pipeline" = String, Path), ("number" = u64, Path)), responses((status = 200, body = Applied)))]
pub(crate) async fn handle(
    allowed: Allowed<Developer>,
    State(state): State<ApiState>,
    Path((pipeline, number)): Path<(String, u64)>,
    Json(body): Json<Reason>,
) -> Result<Json<Applied>, Problem> {
    let release = ReleaseNumber(number);
    let input = Input::Quarantine { release, reason: body.reason };
    super::apply(&state, &allowed.caller, &pipeline, input).await
}
