use axum::extract::State;
use axum::response::IntoResponse;
use serde_json::json;

use crate::auth::{Allowed, Anyone};
use crate::extract::Json;
use crate::problem::Problem;
use crate::state::ApiState;

/// The public keys of identity tokens that may still be valid (RFC 7517).
#[utoipa::path(get, path = "/.well-known/jwks.json", tag = "server", responses((status = 200, body = Object)))]
pub(crate) async fn handle(_: Allowed<Anyone>, State(state): State<ApiState>) -> Result<impl IntoResponse, Problem> {
    Ok((super::FOR_FIVE_MINUTES, Json(json!({"keys": state.engine().public_keys().await?}))))
}
