use axum::extract::State;
use axum::http::StatusCode;
use serde_json::json;

use crate::auth::{Allowed, Viewer};
use crate::extract::Path;
use crate::problem::{Code, Problem};
use crate::state::ApiState;

/// Ends a token: one's own, or for an admin anybody's.
#[utoipa::path(delete, path = "/api/v1/tokens/{id}", tag = "tokens", params(("id" = String, Path)), responses((status = 204)))]
pub(crate) async fn handle(allowed: Allowed<Viewer>, State(state): State<ApiState>, Path(id): Path<String>) -> Result<StatusCode, Problem> {
    let unknown = || Problem::new(Code::UnknownToken, format!("there is no token {id:?} in force that is yours to revoke"));
    let rows = state.store().tokens().await?;
    let row = rows
        .iter()
        .find(|row| row.id == id)
        .filter(|row| super::is_api_token(row) && super::may_see(&allowed.caller, row))
        .ok_or_else(unknown)?;
    let note = super::super::note(&state, &allowed.caller, "token.revoke", &row.id, json!({ "name": row.name }));
    if !state.store().revoke_token(&row.id, state.now(), note).await? {
        return Err(unknown());
    }
    Ok(StatusCode::NO_CONTENT)
}
