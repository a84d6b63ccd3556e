use crate::auth::{Allowed, Viewer};
use crate::extract::Json;
use crate::types::{PipelineFile, Validated};

/// Everything that is wrong with a pipeline file, at once.
#[utoipa::path(post, path = "/api/v1/validate", tag = "files", responses((status = 200, body = Validated)))]
pub(crate) async fn handle(_: Allowed<Viewer>, Json(body): Json<PipelineFile>) -> Json<Validated> {
    let (pipeline, diagnostics) = super::compile(body.file, body.text, body.files).await;
    Json(Validated { is_valid: pipeline.is_some(), diagnostics })
}
