use axum::extract::State;
use axum::http::StatusCode;

use crate::auth::{Admin, Allowed};
use crate::extract::Path;
use crate::problem::Problem;
use crate::state::ApiState;

/// Forgets an account: no job gets its credentials any more.
#[utoipa::path(delete, path = "/api/v1/accounts/{account}", tag = "accounts", params(("account" = String, Path)), responses((status = 204)))]
pub(crate) async fn handle(
    allowed: Allowed<Admin>,
    State(state): State<ApiState>,
    Path(account): Path<String>,
) -> Result<StatusCode, Problem> {
    state.engine().remove_account(&allowed.caller.actor(), &account).await?;
    Ok(StatusCode::NO_CONTENT)
}
