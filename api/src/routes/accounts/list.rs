use axum::extract::State;

use crate::auth::{Allowed, Viewer};
use crate::extract::Json;
use crate::problem::Problem;
use crate::state::ApiState;
use crate::types::{CloudAccount, Page};

/// Every registered account with its regions and how assuming its role went last.
#[utoipa::path(get, path = "/api/v1/accounts", tag = "accounts", responses((status = 200, body = Page<CloudAccount>)))]
pub(crate) async fn handle(_: Allowed<Viewer>, State(state): State<ApiState>) -> Result<Json<Page<CloudAccount>>, Problem> {
    let seq = state.store().last_seq().await?;
    let accounts = state.store().accounts().await?;
    Ok(Json(Page::whole(accounts.into_iter().map(|(row, health)| super::shown(row, &health)).collect(), seq)))
}
