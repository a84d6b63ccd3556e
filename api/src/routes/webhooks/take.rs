use axum::extract::{Request, State};
use axum::http::StatusCode;

use crate::auth::{Allowed, Anyone};
use crate::extract::{Address, Json, Path};
use crate::problem::Problem;
use crate::state::ApiState;
use crate::types::HookTaken;

/// A web hook: a hint that a repository has news. `forge` is `github`, `gitea`, `gitlab` or `signed` (Standard Webhooks).
#[utoipa::path(post, path = "/webhooks/{forge}", tag = "webhooks", params(("forge" = String, Path)), responses((status = 202, body = HookTaken)))]
pub(crate) async fn handle(
    _: Allowed<Anyone>,
    State(state): State<ApiState>,
    Address(address): Address,
    Path(forge): Path<String>,
    request: Request,
) -> Result<(StatusCode, Json<HookTaken>), Problem> {
    super::take(&state, &address, &forge, request).await
}
