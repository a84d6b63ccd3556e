use axum::extract::State;

use crate::auth::{Allowed, Viewer};
use crate::extract::{Json, Path};
use crate::problem::Problem;
use crate::state::ApiState;
use crate::types::PlanAnswer;

/// The plan of a release, fixed when it was created (P1).
#[utoipa::path(get, path = "/api/v1/pipelines/{pipeline}/releases/{number}/plan", tag = "releases", params(("pipeline" = String, Path), ("number" = u64, Path)), responses((status = 200, body = PlanAnswer)))]
pub(crate) async fn handle(
    _: Allowed<Viewer>,
    State(state): State<ApiState>,
    Path((pipeline, number)): Path<(String, u64)>,
) -> Result<Json<PlanAnswer>, Problem> {
    let detail = super::detail(&state, &pipeline, number).await?;
    Ok(Json(PlanAnswer { text: pipelines::show::text(&detail.plan), plan: pipelines::plan::Plan::clone(&detail.plan) }))
}
