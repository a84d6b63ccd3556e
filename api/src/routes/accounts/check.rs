use axum::extract::State;

use crate::auth::{Allowed, Operator};
use crate::extract::Json;
use crate::extract::Path;
use crate::problem::Problem;
use crate::state::ApiState;
use crate::types::CloudAccount;

/// Assumes the account's role in each of its regions, and once with a wrong external id or as a stranger, which must be refused.
#[utoipa::path(post, path = "/api/v1/accounts/{account}/check", tag = "accounts", params(("account" = String, Path)), responses((status = 200, body = CloudAccount)))]
pub(crate) async fn handle(
    _: Allowed<Operator>,
    State(state): State<ApiState>,
    Path(account): Path<String>,
) -> Result<Json<CloudAccount>, Problem> {
    let (row, health) = state.engine().check_account(&account).await?;
    Ok(Json(super::shown(row, &health)))
}
