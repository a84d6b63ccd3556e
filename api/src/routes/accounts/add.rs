use axum::extract::State;
use axum::http::StatusCode;
use engine::NewAccount;
use engine::store::AccountHealth;

use crate::auth::{Admin, Allowed};
use crate::extract::Json;
use crate::problem::Problem;
use crate::state::ApiState;
use crate::types::{AddCloudAccount, CloudAccount};

const USUAL_ROLE: &str = "tidegate-deploy";

/// Registers an account. Then its owner applies what `policy` prints, and `check` says whether it works.
#[utoipa::path(post, path = "/api/v1/accounts", tag = "accounts", responses((status = 201, body = CloudAccount)))]
pub(crate) async fn handle(
    allowed: Allowed<Admin>,
    State(state): State<ApiState>,
    Json(body): Json<AddCloudAccount>,
) -> Result<(StatusCode, Json<CloudAccount>), Problem> {
    let roles = if body.roles.is_empty() { vec![USUAL_ROLE.to_owned()] } else { body.roles };
    let new = NewAccount { id: body.id, name: body.name, roles, labels: body.labels, regions: body.regions, entered_by: body.entered_by };
    let row = state.engine().add_account(&allowed.caller.actor(), new).await?;
    Ok((StatusCode::CREATED, Json(super::shown(row, &AccountHealth::default()))))
}
