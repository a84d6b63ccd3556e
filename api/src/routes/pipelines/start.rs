use axum::extract::State;
use axum::http::StatusCode;

use crate::auth::{Allowed, Developer};
use crate::extract::{Json, Path};
use crate::idempotency::EffectKey;
use crate::problem::Problem;
use crate::state::ApiState;
use crate::types::{Start, Started};

/// Starts a release by hand, of the head or of a commit.
#[utoipa::path(post, path = "/api/v1/pipelines/{pipeline}/start", tag = "pipelines", params(("pipeline" = String, Path)), responses((status = 201, body = Started)))]
pub(crate) async fn handle(
    allowed: Allowed<Developer>,
    State(state): State<ApiState>,
    Path(pipeline): Path<String>,
    effect: EffectKey,
    Json(body): Json<Start>,
) -> Result<(StatusCode, Json<Started>), Problem> {
    let id = state.engine().pipeline_id(&pipeline).await?;
    let start = engine::Start { key: format!("api:{}", effect.0), commit: body.commit, inputs: body.inputs, trigger: "manual".to_owned() };
    let release = state.engine().start(&id, allowed.caller.actor(), start).await?;
    Ok((StatusCode::CREATED, Json(Started { release })))
}
