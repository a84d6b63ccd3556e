use axum::extract::State;

use crate::auth::{Allowed, Anyone};
use crate::extract::Json;
use crate::problem::Problem;
use crate::state::ApiState;
use crate::types::ServerView;

/// Version, time, and whether anybody can sign in yet.
#[utoipa::path(get, path = "/api/v1/server", tag = "server", responses((status = 200, body = ServerView)))]
pub(crate) async fn handle(_: Allowed<Anyone>, State(state): State<ApiState>) -> Result<Json<ServerView>, Problem> {
    let needs_first_start = state.store().count_users().await? == 0;
    let sign_in = state.settings().sign_in.iter().map(|_| "github".to_owned()).collect();
    Ok(Json(ServerView { version: env!("CARGO_PKG_VERSION").to_owned(), now: state.now(), needs_first_start, sign_in }))
}
