use axum::extract::State;
use axum::http::StatusCode;
use serde_json::json;

use crate::auth::{Allowed, Operator};
use crate::extract::Path;
use crate::problem::Problem;
use crate::state::ApiState;

/// Lets a runner keep what it has and take nothing new.
#[utoipa::path(post, path = "/api/v1/runners/{runner}/drain", tag = "runners", params(("runner" = String, Path)), responses((status = 204)))]
pub(crate) async fn handle(
    allowed: Allowed<Operator>,
    State(state): State<ApiState>,
    Path(runner): Path<String>,
) -> Result<StatusCode, Problem> {
    let id = super::id(&runner)?;
    let note = super::super::note(&state, &allowed.caller, "runner.drain", &runner, json!({}));
    if !state.store().set_draining(&id, true, note).await? {
        return Err(super::unknown(&runner));
    }
    Ok(StatusCode::NO_CONTENT)
}
