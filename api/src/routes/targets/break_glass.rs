use axum::extract::State;
use engine::core::Input;

use crate::auth::{Admin, Allowed};
use crate::extract::{Json, Path};
use crate::problem::Problem;
use crate::state::ApiState;
use crate::types::{Applied, Resolve};

/// Takes a target from an attempt that may still act. The first of two people asks; the second, who says the same within
/// 15 minutes, decides (IA4).
#[utoipa::path(post, path = "/api/v1/pipelines/{pipeline}/targets/break-glass", tag = "targets", params(("pipeline" = String, Path)), responses((status = 200, body = Applied)))]
pub(crate) async fn handle(
    allowed: Allowed<Admin>,
    State(state): State<ApiState>,
    Path(pipeline): Path<String>,
    Json(body): Json<Resolve>,
) -> Result<Json<Applied>, Problem> {
    let Resolve { target, verdict, reason } = body;
    super::super::releases::apply(&state, &allowed.caller, &pipeline, Input::BreakGlass { target, verdict, reason }).await
}
