use axum::extract::State;
use axum::response::Response;
use engine::core::view;

use crate::auth::{Allowed, Viewer};
use crate::problem::Problem;
use crate::shared;
use crate::state::ApiState;
use crate::types::{ApprovalView, Page};

/// Every gate of every pipeline that waits for people, oldest first.
#[utoipa::path(get, path = "/api/v1/approvals", tag = "approvals", responses((status = 200, body = Page<ApprovalView>)))]
pub(crate) async fn handle(allowed: Allowed<Viewer>, State(state): State<ApiState>) -> Result<Response, Problem> {
    let viewer = allowed.caller.viewer();
    let key = format!("approvals {}", shared::alike(&viewer));
    state.shared().answer(&state, key, |seq| approvals(&state, viewer, seq)).await
}

async fn approvals(state: &ApiState, viewer: view::Viewer, seq: u64) -> Result<Page<ApprovalView>, Problem> {
    let mut items = Vec::new();
    super::super::each_pipeline(state, |pipeline| items.extend(view::approvals(pipeline, &viewer))).await?;
    items.sort_by_key(|approval| (approval.gate.asked_at.unwrap_or(approval.arrived_at), approval.pipeline.clone(), approval.release));
    Ok(Page::whole(items, seq))
}
