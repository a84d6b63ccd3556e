use axum::extract::State;
use engine::core::Input;
use engine::core::id::ReleaseNumber;

use crate::auth::{Allowed, Developer};
use crate::extract::{Json, Path};
use crate::problem::Problem;
use crate::state::ApiState;
use crate::types::{Applied, Reason};

/// Cancels a release. A developer cancels what they made or started; an operator any.
#[utoipa::path(post, path = "/api/v1/pipelines/{pipeline}/releases/{number}/cancel", tag = "releases", params(("pipeline" = String, Path), ("number" = u64, Path)), responses((status = 200, body = Applied)))]
pub(crate) async fn handle(
    allowed: Allowed<Developer>,
    State(state): State<ApiState>,
    Path((pipeline, number)): Path<(String, u64)>,
    Json(body): Json<Reason>,
) -> Result<Json<Applied>, Problem> {
    let release = ReleaseNumber(number);
    super::may_cancel(&state, &allowed.caller, &pipeline, release).await?;
    let input = Input::Cancel { release, reason: body.reason };
    super::apply(&state, &allowed.caller, &pipeline, input).await
}
