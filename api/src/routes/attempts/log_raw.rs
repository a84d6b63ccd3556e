use axum::extract::State;
use axum::response::Response;

use crate::auth::{Allowed, Viewer};
use crate::download;
use crate::extract::Path;
use crate::problem::Problem;
use crate::state::ApiState;

/// The whole log as its runner sent it.
#[utoipa::path(get, path = "/api/v1/attempts/{attempt}/log/raw", tag = "attempts", params(("attempt" = String, Path)), responses((status = 200, body = String, content_type = "text/plain")))]
pub(crate) async fn handle(_: Allowed<Viewer>, State(state): State<ApiState>, Path(attempt): Path<String>) -> Result<Response, Problem> {
    let id = super::id(&attempt)?;
    let bytes = state.engine().log_raw(&id).await?;
    Ok(download::untrusted(bytes, "text/plain; charset=utf-8", &format!("{}.log", id.as_str().replace('/', "-"))))
}
