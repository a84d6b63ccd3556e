use axum::extract::State;

use crate::auth::{Allowed, Developer};
use crate::extract::{Json, Path};
use crate::problem::Problem;
use crate::state::ApiState;
use crate::types::Checked;

/// Asks the source for its head now and admits what is new.
#[utoipa::path(post, path = "/api/v1/pipelines/{pipeline}/check", tag = "pipelines", params(("pipeline" = String, Path)), responses((status = 200, body = Checked)))]
pub(crate) async fn handle(
    _: Allowed<Developer>,
    State(state): State<ApiState>,
    Path(pipeline): Path<String>,
) -> Result<Json<Checked>, Problem> {
    let id = state.engine().pipeline_id(&pipeline).await?;
    let found = state.engine().check_source(&id).await?;
    let waits = found.waits.iter().map(ToString::to_string).collect();
    Ok(Json(Checked { head: found.head, admitted: found.admitted, skipped: found.skipped, diagnostics: found.diagnostics, waits }))
}
