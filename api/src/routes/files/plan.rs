use axum::extract::State;
use pipelines::{ExpandInput, expand, show};

use crate::auth::{Allowed, Viewer};
use crate::extract::Json;
use crate::problem::{Code, Problem};
use crate::state::ApiState;
use crate::types::{PlanRequest, Planned};

/// The plan that a pipeline file makes, and how it differs from a connected pipeline's newest.
#[utoipa::path(post, path = "/api/v1/plan", tag = "files", responses((status = 200, body = Planned)))]
pub(crate) async fn handle(
    _: Allowed<Viewer>,
    State(state): State<ApiState>,
    Json(body): Json<PlanRequest>,
) -> Result<Json<Planned>, Problem> {
    let (pipeline, diagnostics) = super::compile(&state, body.file, body.text, body.files).await?;
    let Some(pipeline) = pipeline else {
        return Err(engine::Error::Diagnostics(diagnostics).into());
    };
    let input = ExpandInput { inputs: body.inputs, ..ExpandInput::default() };
    let plan = expand(&pipeline, &input).map_err(|error| Problem::new(Code::Invalid, error.to_string()))?;
    let difference = match &body.pipeline {
        Some(name) => super::difference(&state, name, &plan).await?,
        None => None,
    };
    let (text, mermaid, dot) = (show::text(&plan), show::mermaid(&plan), show::dot(&plan));
    Ok(Json(Planned { plan, text, mermaid, dot, difference, diagnostics }))
}
