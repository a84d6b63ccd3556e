use axum::extract::State;

use crate::auth::{Allowed, Viewer};
use crate::extract::{Json, Query};
use crate::paging;
use crate::problem::Problem;
use crate::state::ApiState;
use crate::types::{Page, PageQuery, PipelineSummary};

/// Every connected pipeline with how it stands, by name.
#[utoipa::path(get, path = "/api/v1/pipelines", tag = "pipelines", params(PageQuery), responses((status = 200, body = Page<PipelineSummary>)))]
pub(crate) async fn handle(
    allowed: Allowed<Viewer>,
    State(state): State<ApiState>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<PipelineSummary>>, Problem> {
    let seq = state.store().last_seq().await?;
    let limit = paging::limit(page.limit);
    let mut rows = state.store().pipelines(page.cursor.as_deref().unwrap_or_default(), limit + 1).await?;
    let more = rows.len() > usize::try_from(limit).unwrap_or(usize::MAX);
    rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let next_cursor = rows.last().filter(|_| more).map(|last| last.name.clone());
    let viewer = allowed.caller.viewer();
    let mut items = Vec::with_capacity(rows.len());
    for row in rows {
        items.push(super::summary(&state, row, &viewer).await);
    }
    Ok(Json(Page { items, next_cursor, seq }))
}
