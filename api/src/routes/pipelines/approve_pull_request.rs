use axum::extract::State;

use crate::auth::{Allowed, Approver};
use crate::extract::{Json, Path};
use crate::problem::{Code, Problem};
use crate::state::ApiState;
use crate::types::{ApprovePullRequest, Started};

/// Lets what a fork's pull request brings at this very commit do what the repository's own may (D6).
#[utoipa::path(post, path = "/api/v1/pipelines/{pipeline}/approve_pull_request", tag = "pipelines", params(("pipeline" = String, Path)), responses((status = 200, body = Started)))]
pub(crate) async fn handle(
    allowed: Allowed<Approver>,
    State(state): State<ApiState>,
    Path(pipeline): Path<String>,
    Json(body): Json<ApprovePullRequest>,
) -> Result<Json<Started>, Problem> {
    if body.reason.trim().is_empty() {
        return Err(Problem::new(Code::ReasonNeeded, "say why: it is kept with the approval"));
    }
    let id = state.engine().pipeline_id(&pipeline).await?;
    let release = state.engine().approve_pull_request(&allowed.caller.actor(), &id, &body.commit, &body.reason).await?;
    Ok(Json(Started { release }))
}
