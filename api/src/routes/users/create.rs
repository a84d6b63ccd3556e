use axum::extract::State;
use axum::http::StatusCode;
use serde_json::json;

use crate::auth::{Admin, Allowed};
use crate::extract::Json;
use crate::problem::Problem;
use crate::state::ApiState;
use crate::types::{CreateUser, User};

/// Adds a person.
#[utoipa::path(post, path = "/api/v1/users", tag = "users", responses((status = 201, body = User)))]
pub(crate) async fn handle(
    allowed: Allowed<Admin>,
    State(state): State<ApiState>,
    Json(body): Json<CreateUser>,
) -> Result<(StatusCode, Json<User>), Problem> {
    let prepared = super::prepare(&state, &body.name, &body.password, body.role, body.groups).await?;
    let detail = json!({ "name": prepared.name, "role": prepared.role });
    let note = super::super::note(&state, &allowed.caller, "user.create", prepared.id.as_str(), detail);
    let row = super::add(&state, prepared, note).await?;
    Ok((StatusCode::CREATED, Json(super::user(row)?)))
}
