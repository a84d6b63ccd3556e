use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use protocol::ArtifactDigest;

use crate::auth::{Allowed, Runner};
use crate::download;
use crate::extract::Path;
use crate::problem::{Code, Problem};
use crate::state::ApiState;

/// An artifact that the attempt's job was given.
#[utoipa::path(get, path = "/runner/v1/attempts/{attempt}/inputs/{digest}", tag = "runner", params(("attempt" = String, Path)), responses((status = 200, body = Vec<u8>, content_type = "application/octet-stream")))]
pub(crate) async fn handle(
    allowed: Allowed<Runner>,
    State(state): State<ApiState>,
    Path((attempt, digest)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let runner = super::runner(&allowed.caller)?;
    let fences = super::fences(&attempt, &headers)?;
    let digest: ArtifactDigest = digest.parse().map_err(|error| Problem::new(Code::InvalidPath, format!("{error}")))?;
    let bytes = state.engine().artifact_input(runner, &fences, &digest).await?;
    Ok(download::untrusted(bytes, "application/octet-stream", digest.as_str()))
}
