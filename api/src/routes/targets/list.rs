use axum::extract::State;
use engine::core::Rejected;
use engine::core::view;

use crate::auth::{Allowed, Viewer};
use crate::extract::{Json, Path, Query};
use crate::problem::Problem;
use crate::state::ApiState;
use crate::types::{Page, RolloutView, TargetView, TargetsQuery};

/// How many rollouts of its history a target shows that is asked for by its name.
const HISTORY: u32 = 50;

/// What every target runs, since when, how it got there, and what sets it apart (S2).
#[utoipa::path(get, path = "/api/v1/pipelines/{pipeline}/targets", tag = "targets", params(("pipeline" = String, Path), TargetsQuery), responses((status = 200, body = Page<TargetView>)))]
pub(crate) async fn handle(
    _: Allowed<Viewer>,
    State(state): State<ApiState>,
    Path(pipeline): Path<String>,
    Query(query): Query<TargetsQuery>,
) -> Result<Json<Page<TargetView>>, Problem> {
    let seq = state.store().last_seq().await?;
    let id = state.engine().pipeline_id(&pipeline).await?;
    let mut items = state.engine().view(&id, |pipeline| view::targets(pipeline, query.name.as_deref())).await?;
    // The rules need a few rollouts only; the history of one target is longer, and the same after a restart.
    if let (Some(name), Some(target)) = (&query.name, items.first_mut()) {
        target.history = state.store().rollouts(&id, name, None, HISTORY).await?.iter().map(RolloutView::from).collect();
    }
    match &query.name {
        Some(name) if items.is_empty() => Err(Rejected::UnknownPlace(name.clone()).into()),
        _ => Ok(Json(Page::whole(items, seq))),
    }
}
