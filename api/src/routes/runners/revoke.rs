use axum::extract::State;
use axum::http::StatusCode;
use serde_json::json;

use crate::auth::{Allowed, Operator};
use crate::extract::Path;
use crate::problem::Problem;
use crate::state::ApiState;

/// Takes a runner's token away, for good. What it holds on targets becomes unknown (A3).
#[utoipa::path(post, path = "/api/v1/runners/{runner}/revoke", tag = "runners", params(("runner" = String, Path)), responses((status = 204)))]
pub(crate) async fn handle(
    allowed: Allowed<Operator>,
    State(state): State<ApiState>,
    Path(runner): Path<String>,
) -> Result<StatusCode, Problem> {
    let id = super::id(&runner)?;
    let note = super::super::note(&state, &allowed.caller, "runner.revoke", &runner, json!({}));
    if !state.store().revoke_runner(&id, state.now(), note).await? {
        return Err(super::unknown(&runner));
    }
    Ok(StatusCode::NO_CONTENT)
}
