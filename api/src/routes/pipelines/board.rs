use axum::extract::State;
use axum::response::Response;
use engine::core::id::PipelineId;
use engine::core::view;
use engine::store::EventFilter;

use crate::auth::{Allowed, Viewer};
use crate::events::feed_event;
use crate::extract::Path;
use crate::problem::Problem;
use crate::shared;
use crate::state::ApiState;
use crate::types::BoardAnswer;

const LAST_EVENTS: u32 = 20;

/// The whole path: what moves, what waits and why, what needs a person.
#[utoipa::path(get, path = "/api/v1/pipelines/{pipeline}/board", tag = "pipelines", params(("pipeline" = String, Path)), responses((status = 200, body = BoardAnswer)))]
pub(crate) async fn handle(
    allowed: Allowed<Viewer>,
    State(state): State<ApiState>,
    Path(pipeline): Path<String>,
) -> Result<Response, Problem> {
    let id = state.engine().pipeline_id(&pipeline).await?;
    let viewer = allowed.caller.viewer();
    let key = format!("board {id} {}", shared::alike(&viewer));
    state.shared().answer(&state, key, |seq| board(&state, id, pipeline, viewer, seq)).await
}

async fn board(state: &ApiState, id: PipelineId, pipeline: String, viewer: view::Viewer, seq: u64) -> Result<BoardAnswer, Problem> {
    let now = state.now();
    let board = state.engine().view(&id, |pipeline| view::board(pipeline, &viewer, seq, now)).await?;
    let filter = EventFilter { pipeline: Some(id), ..EventFilter::default() };
    let events = state.store().events_before(u64::MAX, &filter, LAST_EVENTS).await?;
    let events = events.iter().map(|stored| feed_event(stored, &pipeline)).collect();
    Ok(BoardAnswer { board, events })
}
