use axum::extract::State;
use axum::http::StatusCode;

use crate::auth::{Admin, Allowed};
use crate::extract::Json;
use crate::problem::Problem;
use crate::state::ApiState;
use crate::types::{BeginUpgrade, Upgrade};

/// Begins to bring a version to every pipeline that uses another one, wave after wave.
#[utoipa::path(post, path = "/api/v1/fleet/upgrades", tag = "fleet", responses((status = 201, body = Upgrade)))]
pub(crate) async fn handle(
    allowed: Allowed<Admin>,
    State(state): State<ApiState>,
    Json(body): Json<BeginUpgrade>,
) -> Result<(StatusCode, Json<Upgrade>), Problem> {
    let begun = state.engine().begin_upgrade(&allowed.caller.actor(), super::pin(body.to)?, &body.sizes).await?;
    Ok((StatusCode::CREATED, Json(super::shown(begun))))
}
