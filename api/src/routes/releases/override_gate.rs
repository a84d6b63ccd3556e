use axum::extract::State;
use engine::core::Input;
use engine::core::id::ReleaseNumber;

use crate::auth::{Allowed, Operator};
use crate::extract::{Json, Path};
use crate::problem::Problem;
use crate::state::ApiState;
use crate::types::{Applied, GateReason};

/// Opens a gate by force. It shows on the release for ever (G8).
#[utoipa::path(post, path = "/api/v1/pipelines/{pipeline}/releases/{number}/override", tag = "releases", params(("pipeline" = String, Path), ("number" = u64, Path)), responses((status = 200, body = Applied)))]
pub(crate) async fn handle(
    allowed: Allowed<Operator>,
    State(state): State<ApiState>,
    Path((pipeline, number)): Path<(String, u64)>,
    Json(body): Json<GateReason>,
) -> Result<Json<Applied>, Problem> {
    let release = ReleaseNumber(number);
    let input = Input::Override { release, gate: body.gate, reason: body.reason };
    super::apply(&state, &allowed.caller, &pipeline, input).await
}
