use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use futures::TryStreamExt as _;
use protocol::{ArtifactDigest, headers};

use crate::auth::{Allowed, Runner};
use crate::extract::Path;
use crate::problem::Problem;
use crate::state::ApiState;

/// An artifact, streamed. Fences and digest come in headers.
#[utoipa::path(put, path = "/runner/v1/attempts/{attempt}/artifacts/{name}", tag = "runner", request_body(content = Vec<u8>, content_type = "application/octet-stream"), params(("attempt" = String, Path)), responses((status = 204)))]
pub(crate) async fn handle(
    allowed: Allowed<Runner>,
    State(state): State<ApiState>,
    Path((attempt, _name)): Path<(String, String)>,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, Problem> {
    let runner = super::runner(&allowed.caller)?;
    let fences = super::fences(&attempt, &headers)?;
    let digest: ArtifactDigest =
        super::text(&headers, headers::DIGEST)?.parse().map_err(|error| super::bad_header(headers::DIGEST, &error))?;
    let bytes = Box::pin(body.into_data_stream().map_err(std::io::Error::other));
    state.engine().put_artifact(runner, &fences, &digest, bytes).await?;
    Ok(StatusCode::NO_CONTENT)
}
