use axum::extract::State;

use crate::auth::{Allowed, Viewer};
use crate::extract::Json;
use crate::problem::Problem;
use crate::state::ApiState;
use crate::types::{PipelineFile, Validated};

/// Everything that is wrong with a pipeline file, at once.
#[utoipa::path(post, path = "/api/v1/validate", tag = "files", responses((status = 200, body = Validated)))]
pub(crate) async fn handle(
    _: Allowed<Viewer>,
    State(state): State<ApiState>,
    Json(body): Json<PipelineFile>,
) -> Result<Json<Validated>, Problem> {
    let (pipeline, diagnostics) = super::compile(&state, body.file, body.text, body.files).await?;
    Ok(Json(Validated { is_valid: pipeline.is_some(), diagnostics }))
}
