use axum::extract::State;

use crate::auth::{Allowed, Viewer};
use crate::extract::{Json, Path, Query};
use crate::paging;
use crate::problem::Problem;
use crate::state::ApiState;
use crate::types::{Page, RolloutView, TargetHistoryQuery};

/// Every deployment at one target, forward and back, newest first; from the store, so that old ones are found too.
#[utoipa::path(get, path = "/api/v1/pipelines/{pipeline}/targets/history", tag = "targets", params(("pipeline" = String, Path), TargetHistoryQuery), responses((status = 200, body = Page<RolloutView>)))]
pub(crate) async fn handle(
    _: Allowed<Viewer>,
    State(state): State<ApiState>,
    Path(pipeline): Path<String>,
    Query(query): Query<TargetHistoryQuery>,
) -> Result<Json<Page<RolloutView>>, Problem> {
    let seq = state.store().last_seq().await?;
    let id = state.engine().pipeline_id(&pipeline).await?;
    let (limit, before) = (paging::limit(query.limit), paging::cursor(query.cursor.as_deref())?);
    let rows = state.store().rollouts(&id, &query.name, before, limit + 1).await?;
    Ok(Json(paging::page(rows.iter().map(RolloutView::from).collect(), limit, seq, |last: &RolloutView| last.number)))
}
