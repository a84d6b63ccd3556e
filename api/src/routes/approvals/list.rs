use axum::extract::State;
use engine::core::view;

use crate::auth::{Allowed, Viewer};
use crate::extract::Json;
use crate::problem::Problem;
use crate::state::ApiState;
use crate::types::{ApprovalView, Page};

/// Every gate of every pipeline that waits for people, oldest first.
#[utoipa::path(get, path = "/api/v1/approvals", tag = "approvals", responses((status = 200, body = Page<ApprovalView>)))]
pub(crate) async fn handle(allowed: Allowed<Viewer>, State(state): State<ApiState>) -> Result<Json<Page<ApprovalView>>, Problem> {
    let seq = state.store().last_seq().await?;
    let viewer = allowed.caller.viewer();
    let mut items = Vec::new();
    super::super::each_pipeline(&state, |pipeline| items.extend(view::approvals(pipeline, &viewer))).await?;
    items.sort_by_key(|approval| (approval.gate.asked_at.unwrap_or(approval.arrived_at), approval.pipeline.clone(), approval.release));
    Ok(Json(Page::whole(items, seq)))
}
