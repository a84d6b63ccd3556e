use axum::extract::State;
use engine::core::id::ReleaseNumber;
use engine::core::view;

use crate::auth::{Allowed, Viewer};
use crate::extract::{Json, Path, Query};
use crate::paging;
use crate::problem::Problem;
use crate::state::ApiState;
use crate::types::{Page, PageQuery, ReleaseSummary};

/// Releases, newest first.
#[utoipa::path(get, path = "/api/v1/pipelines/{pipeline}/releases", tag = "releases", params(("pipeline" = String, Path), PageQuery), responses((status = 200, body = Page<ReleaseSummary>)))]
pub(crate) async fn handle(
    _: Allowed<Viewer>,
    State(state): State<ApiState>,
    Path(pipeline): Path<String>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<ReleaseSummary>>, Problem> {
    let id = state.engine().pipeline_id(&pipeline).await?;
    let seq = state.store().last_seq().await?;
    let (limit, before) = (paging::limit(page.limit), paging::cursor(page.cursor.as_deref())?);
    let rows = state.store().releases(&id, before.map(ReleaseNumber), limit + 1).await?;
    let items: Vec<ReleaseSummary> = rows.iter().map(view::summary).collect();
    Ok(Json(paging::page(items, limit, seq, |last| last.number.0)))
}
