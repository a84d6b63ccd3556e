use axum::extract::State;
use engine::core::Input;

use crate::auth::{Allowed, Operator};
use crate::extract::{Json, Path};
use crate::problem::Problem;
use crate::state::ApiState;
use crate::types::{Applied, Resolve};

/// Says what is true of a target in the state unknown (R9).
#[utoipa::path(post, path = "/api/v1/pipelines/{pipeline}/targets/resolve", tag = "targets", params(("pipeline" = String, Path)), responses((status = 200, body = Applied)))]
pub(crate) async fn handle(
    allowed: Allowed<Operator>,
    State(state): State<ApiState>,
    Path(pipeline): Path<String>,
    Json(body): Json<Resolve>,
) -> Result<Json<Applied>, Problem> {
    let Resolve { target, verdict, reason } = body;
    super::super::releases::apply(&state, &allowed.caller, &pipeline, Input::Resolve { target, verdict, reason }).await
}
