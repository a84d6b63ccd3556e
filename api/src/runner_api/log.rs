use axum::extract::State;
use axum::http::HeaderMap;
use protocol::{LogAck, LogChunk, headers};

use crate::auth::{Allowed, Runner};
use crate::extract::{Json, Path, Raw};
use crate::problem::Problem;
use crate::state::ApiState;

/// A piece of log (R10). Fences, offset and digest come in headers.
#[utoipa::path(post, path = "/runner/v1/attempts/{attempt}/log", tag = "runner", request_body(content = Vec<u8>, content_type = "application/octet-stream"), params(("attempt" = String, Path)), responses((status = 200, body = LogAck)))]
pub(crate) async fn handle(
    allowed: Allowed<Runner>,
    State(state): State<ApiState>,
    Path(attempt): Path<String>,
    headers: HeaderMap,
    Raw(bytes): Raw,
) -> Result<Json<LogAck>, Problem> {
    let runner = super::runner(&allowed.caller)?;
    let chunk = LogChunk {
        fences: super::fences(&attempt, &headers)?,
        offset: super::number(&headers, headers::OFFSET)?,
        digest: super::text(&headers, headers::DIGEST)?.to_owned(),
        gap: headers.get(headers::GAP).is_some_and(|value| value == "1"),
    };
    Ok(Json(state.engine().append_log(runner, chunk, bytes).await?))
}
