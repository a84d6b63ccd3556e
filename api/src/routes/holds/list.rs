use axum::extract::State;
use engine::core::row::HoldRow;

use crate::auth::{Allowed, Viewer};
use crate::extract::{Json, Path};
use crate::problem::Problem;
use crate::state::ApiState;
use crate::types::Page;

const MOST: u32 = 200;

/// Holds, those in force first (L7).
#[utoipa::path(get, path = "/api/v1/pipelines/{pipeline}/holds", tag = "holds", params(("pipeline" = String, Path)), responses((status = 200, body = Page<HoldRow>)))]
pub(crate) async fn handle(
    _: Allowed<Viewer>,
    State(state): State<ApiState>,
    Path(pipeline): Path<String>,
) -> Result<Json<Page<HoldRow>>, Problem> {
    let seq = state.store().last_seq().await?;
    let id = state.engine().pipeline_id(&pipeline).await?;
    Ok(Json(Page::whole(state.store().holds(&id, MOST).await?, seq)))
}
