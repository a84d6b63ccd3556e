use axum::extract::State;
use engine::core::Rejected;
use engine::core::view;

use crate::auth::{Allowed, Viewer};
use crate::extract::{Json, Path, Query};
use crate::problem::Problem;
use crate::state::ApiState;
use crate::types::{Page, TargetView, TargetsQuery};

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
    let items = state.engine().view(&id, |pipeline| view::targets(pipeline, query.name.as_deref())).await?;
    match &query.name {
        Some(name) if items.is_empty() => Err(Rejected::UnknownPlace(name.clone()).into()),
        _ => Ok(Json(Page::whole(items, seq))),
    }
}
