use axum::extract::State;
use engine::core::Input;
use engine::core::id::HoldId;

use crate::auth::{Allowed, Operator};
use crate::extract::{Json, Path};
use crate::problem::Problem;
use crate::state::ApiState;
use crate::types::{Applied, Reason};

/// Lifts a hold.
#[utoipa::path(post, path = "/api/v1/pipelines/{pipeline}/holds/{id}/lift", tag = "holds", params(("pipeline" = String, Path), ("id" = String, Path)), responses((status = 200, body = Applied)))]
pub(crate) async fn handle(
    allowed: Allowed<Operator>,
    State(state): State<ApiState>,
    Path((pipeline, id)): Path<(String, String)>,
    Json(body): Json<Reason>,
) -> Result<Json<Applied>, Problem> {
    let input = Input::Lift { id: HoldId(id), reason: body.reason };
    super::super::releases::apply(&state, &allowed.caller, &pipeline, input).await
}
