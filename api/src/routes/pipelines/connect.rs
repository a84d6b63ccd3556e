use axum::extract::State;
use axum::http::StatusCode;
use engine::Connection;

use crate::auth::{Allowed, Operator};
use crate::extract::Json;
use crate::problem::{Code, Problem};
use crate::state::ApiState;
use crate::types::{Connect, Connected};

const POLL_MS: u64 = 60_000;
const MIN_POLL_MS: u64 = 1_000;

/// Connects a repository: reads its pipeline file, makes the pipeline and admits the head.
#[utoipa::path(post, path = "/api/v1/pipelines", tag = "pipelines", responses((status = 201, body = Connected)))]
pub(crate) async fn handle(
    allowed: Allowed<Operator>,
    State(state): State<ApiState>,
    Json(body): Json<Connect>,
) -> Result<(StatusCode, Json<Connected>), Problem> {
    let connection = Connection {
        name: body.name,
        repository: body.repository,
        branch: body.branch,
        file: body.file.unwrap_or_else(|| ".tidegate/pipeline.yaml".to_owned()),
        poll_ms: body.poll_ms.unwrap_or(POLL_MS),
    };
    if connection.poll_ms < MIN_POLL_MS {
        return Err(Problem::new(Code::Invalid, format!("poll_ms must be at least {MIN_POLL_MS}")));
    }
    let id = state.engine().connect(allowed.caller.actor(), connection).await?;
    let pipeline = state.engine().view(&id, |pipeline| pipeline.row().name.clone()).await?;
    Ok((StatusCode::CREATED, Json(Connected { pipeline })))
}
