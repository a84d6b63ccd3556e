use axum::extract::State;

use crate::auth::{Admin, Allowed};
use crate::extract::Json;
use crate::problem::Problem;
use crate::state::ApiState;
use crate::types::{Page, User};

/// Everybody who can sign in.
#[utoipa::path(get, path = "/api/v1/users", tag = "users", responses((status = 200, body = Page<User>)))]
pub(crate) async fn handle(_: Allowed<Admin>, State(state): State<ApiState>) -> Result<Json<Page<User>>, Problem> {
    let seq = state.store().last_seq().await?;
    let items = state.store().users().await?.into_iter().map(super::user).collect::<Result<_, _>>()?;
    Ok(Json(Page::whole(items, seq)))
}
