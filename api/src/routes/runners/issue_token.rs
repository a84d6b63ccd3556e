use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;

use crate::auth::{Allowed, Operator};
use crate::extract::Json;
use crate::idempotency::ShownOnce;
use crate::problem::{Code, Problem};
use crate::state::ApiState;
use crate::types::{IssueRunnerToken, RunnerTokenIssued};

const VALID_MS: u64 = 15 * 60 * 1_000;
const MOST_VALID_MS: u64 = 24 * 3_600 * 1_000;

/// Makes a one-time token with which a runner may join a pool. It is shown once.
#[utoipa::path(post, path = "/api/v1/runners/tokens", tag = "runners", responses((status = 201, body = RunnerTokenIssued)))]
pub(crate) async fn handle(
    allowed: Allowed<Operator>,
    State(state): State<ApiState>,
    Json(body): Json<IssueRunnerToken>,
) -> Result<(StatusCode, Extension<ShownOnce>, Json<RunnerTokenIssued>), Problem> {
    let is_name = (1..=64).contains(&body.pool.len())
        && body.pool.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if !is_name {
        return Err(Problem::new(Code::Invalid, format!("pool must be 1 to 64 characters of a-z, 0-9 and -, not {:?}", body.pool)));
    }
    let valid_ms = body.valid_ms.unwrap_or(VALID_MS);
    if valid_ms == 0 || valid_ms > MOST_VALID_MS {
        return Err(Problem::new(Code::Invalid, format!("valid_ms must be 1 to {MOST_VALID_MS} (a day)")));
    }
    let token = state.engine().issue_runner_token(&allowed.caller.actor(), &body.pool, valid_ms).await?;
    let expires_at = state.now() + valid_ms;
    Ok((StatusCode::CREATED, Extension(ShownOnce), Json(RunnerTokenIssued { token, expires_at })))
}
