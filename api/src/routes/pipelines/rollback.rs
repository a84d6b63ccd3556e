use axum::extract::State;
use engine::core::Input;

use crate::auth::{Allowed, Operator};
use crate::extract::{Json, Path};
use crate::idempotency::EffectKey;
use crate::problem::Problem;
use crate::state::ApiState;
use crate::types::{Applied, Rollback};

/// Takes a target, wave or stage back to an earlier good release (X2, X10).
#[utoipa::path(post, path = "/api/v1/pipelines/{pipeline}/rollback", tag = "pipelines", params(("pipeline" = String, Path)), responses((status = 200, body = Applied)))]
pub(crate) async fn handle(
    allowed: Allowed<Operator>,
    State(state): State<ApiState>,
    Path(pipeline): Path<String>,
    effect: EffectKey,
    Json(body): Json<Rollback>,
) -> Result<Json<Applied>, Problem> {
    let input = Input::Rollback { key: format!("api:{}", effect.0), place: body.place, to: body.to, reason: body.reason };
    super::super::releases::apply(&state, &allowed.caller, &pipeline, input).await
}
