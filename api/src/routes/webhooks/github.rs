use axum::extract::{Request, State};
use axum::http::StatusCode;

use crate::auth::{Allowed, Anyone};
use crate::extract::{Address, Json};
use crate::problem::Problem;
use crate::state::ApiState;
use crate::types::HookTaken;

/// A web hook of GitHub: a hint that a repository has news.
#[utoipa::path(post, path = "/webhooks/github", tag = "webhooks", responses((status = 202, body = HookTaken)))]
pub(crate) async fn handle(
    _: Allowed<Anyone>,
    State(state): State<ApiState>,
    Address(address): Address,
    request: Request,
) -> Result<(StatusCode, Json<HookTaken>), Problem> {
    super::take(&state, &address, "github", request).await
}
