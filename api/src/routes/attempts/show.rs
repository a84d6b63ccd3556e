use axum::extract::State;

use crate::auth::{Allowed, Viewer};
use crate::extract::{Json, Path};
use crate::problem::Problem;
use crate::state::ApiState;
use crate::types::{AttemptAnswer, AttemptView};

/// One try of a job.
#[utoipa::path(get, path = "/api/v1/attempts/{attempt}", tag = "attempts", params(("attempt" = String, Path)), responses((status = 200, body = AttemptAnswer)))]
pub(crate) async fn handle(
    _: Allowed<Viewer>,
    State(state): State<ApiState>,
    Path(attempt): Path<String>,
) -> Result<Json<AttemptAnswer>, Problem> {
    let id = super::id(&attempt)?;
    let found = state.store().attempt(&id).await?.ok_or_else(|| super::unknown(&attempt))?;
    let pipeline = state.names().of(state.store(), &found.pipeline).await?;
    let release = found.attempt.release;
    let detail = state.store().release(&found.pipeline, release).await?.ok_or_else(|| super::unknown(&attempt))?;
    let node = detail.plan.node(found.attempt.node).map(|node| node.key.clone()).unwrap_or_default();
    Ok(Json(AttemptAnswer { attempt: AttemptView::from(&found.attempt), pipeline, release, node }))
}
