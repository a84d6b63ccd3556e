use axum::extract::State;
use axum::response::Response;
use protocol::ArtifactDigest;

use crate::auth::{Allowed, Viewer};
use crate::download;
use crate::extract::Path;
use crate::problem::{Code, Problem};
use crate::state::ApiState;

/// The bytes of an artifact, by their SHA-256.
#[utoipa::path(get, path = "/api/v1/artifacts/{digest}", tag = "artifacts", params(("digest" = String, Path)), responses((status = 200, body = Vec<u8>, content_type = "application/octet-stream")))]
pub(crate) async fn handle(_: Allowed<Viewer>, State(state): State<ApiState>, Path(digest): Path<String>) -> Result<Response, Problem> {
    let digest: ArtifactDigest =
        digest.parse().map_err(|error| Problem::new(Code::InvalidPath, format!("{error}; expected 64 hexadecimal digits")))?;
    let bytes = state.engine().artifact(&digest).await?;
    Ok(download::untrusted(bytes, "application/octet-stream", digest.as_str()))
}
