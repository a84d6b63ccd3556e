use axum::extract::State;
use axum::http::StatusCode;
use engine::core::Input;
use engine::core::id::HoldId;

use crate::auth::{Allowed, Developer};
use crate::extract::{Json, Path};
use crate::idempotency::EffectKey;
use crate::problem::Problem;
use crate::state::ApiState;
use crate::types::{HoldPlaced, PlaceHold};

/// Stops forward admission; rollbacks pass.
#[utoipa::path(post, path = "/api/v1/pipelines/{pipeline}/holds", tag = "holds", params(("pipeline" = String, Path)), responses((status = 201, body = HoldPlaced)))]
pub(crate) async fn handle(
    allowed: Allowed<Developer>,
    State(state): State<ApiState>,
    Path(pipeline): Path<String>,
    effect: EffectKey,
    Json(body): Json<PlaceHold>,
) -> Result<(StatusCode, Json<HoldPlaced>), Problem> {
    // From the key of the request, so that the same request places one hold.
    let id = HoldId(effect.0);
    let input = Input::Hold { id: id.clone(), scope: body.scope, reason: body.reason };
    super::super::releases::apply(&state, &allowed.caller, &pipeline, input).await?;
    Ok((StatusCode::CREATED, Json(HoldPlaced { id })))
}
