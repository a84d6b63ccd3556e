use axum::extract::State;
use engine::core::Input;
use engine::core::id::ReleaseNumber;

use crate::auth::{Allowed, Approver};
use crate::extract::{Json, Path};
use crate::problem::Problem;
use crate::state::ApiState;
use crate::types::{Answer, Applied};

/// Answers a `check` gate for an outside system.
#[utoipa::path(post, path = "/api/v1/pipelines/{pipeline}/releases/{number}/answer", tag = "releases", params(("pipeline" = String, Path), ("number" = u64, Path)), responses((status = 200, body = Applied)))]
pub(crate) async fn handle(
    allowed: Allowed<Approver>,
    State(state): State<ApiState>,
    Path((pipeline, number)): Path<(String, u64)>,
    Json(body): Json<Answer>,
) -> Result<Json<Applied>, Problem> {
    let release = ReleaseNumber(number);
    let input = Input::Answer { release, gate: body.gate, passed: body.passed, detail: body.detail };
    super::apply(&state, &allowed.caller, &pipeline, input).await
}
