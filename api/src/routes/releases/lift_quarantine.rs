use axum::extract::State;
use engine::core::Input;
use engine::core::id::ReleaseNumber;

use crate::auth::{Allowed, Operator};
use crate::extract::{Json, Path};
use crate::problem::Problem;
use crate::state::ApiState;
use crate::types::{Applied, Reason};

/// Lets a quarantined release move again.
#[utoipa::path(post, path = "/api/v1/pipelines/{pipeline}/releases/{number}/lift-quarantine", tag = "releases", params(("pipeline" = String, Path), ("number" = u64, Path)), responses((status = 200, body = Applied)))]
pub(crate) async fn handle(
    allowed: Allowed<Operator>,
    State(state): State<ApiState>,
    Path((pipeline, number)): Path<(String, u64)>,
    Json(body): Json<Reason>,
) -> Result<Json<Applied>, Problem> {
    let release = ReleaseNumber(number);
    let input = Input::LiftQuarantine { release, reason: body.reason };
    super::apply(&state, &allowed.caller, &pipeline, input).await
}
