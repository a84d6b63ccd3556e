use axum::extract::State;

use crate::auth::{Allowed, Operator};
use crate::extract::Json;
use crate::problem::Problem;
use crate::state::ApiState;
use crate::types::Verified;

/// Walks along the chains of events and of the server's audit trail: is every row what was once written?
#[utoipa::path(get, path = "/api/v1/audit/verify", tag = "audit", responses((status = 200, body = Verified)))]
pub(crate) async fn handle(_: Allowed<Operator>, State(state): State<ApiState>) -> Result<Json<Verified>, Problem> {
    let mut first_bad = None;
    for listed in super::super::all_pipelines(&state).await? {
        if let Err(bad) = state.store().verify_chain(&listed.id).await? {
            first_bad = Some(format!("pipeline {}, event {}: {:?}", listed.name, bad.number, bad.broken));
            break;
        }
    }
    if first_bad.is_none()
        && let Err(row) = state.store().verify_audit().await?
    {
        first_bad = Some(format!("the server's audit trail, entry {row}"));
    }
    Ok(Json(Verified { is_whole: first_bad.is_none(), first_bad }))
}
