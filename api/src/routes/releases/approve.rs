use axum::extract::State;
use engine::core::Input;
use engine::core::id::ReleaseNumber;

use crate::auth::{Allowed, Approver};
use crate::extract::{Json, Path};
use crate::problem::Problem;
use crate::state::ApiState;
use crate::types::{Applied, Approve};

/// Says yes to exactly this content of a release at a gate (G5).
#[utoipa::path(post, path = "/api/v1/pipelines/{pipeline}/releases/{number}/approve", tag = "releases", params(("pipeline" = String, Path), ("number" = u64, Path)), responses((status = 200, body = Applied)))]
pub(crate) async fn handle(
    allowed: Allowed<Approver>,
    State(state): State<ApiState>,
    Path((pipeline, number)): Path<(String, u64)>,
    Json(body): Json<Approve>,
) -> Result<Json<Applied>, Problem> {
    let release = ReleaseNumber(number);
    let input = Input::Approve { release, gate: body.gate, digest: body.digest, reason: body.reason };
    super::apply(&state, &allowed.caller, &pipeline, input).await
}
