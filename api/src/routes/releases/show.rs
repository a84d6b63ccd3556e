use axum::extract::State;
use engine::core::view::{self, ReleaseParts};
use engine::store::EventFilter;

use crate::auth::{Allowed, Viewer};
use crate::events::feed_event;
use crate::extract::{Json, Path};
use crate::problem::Problem;
use crate::state::ApiState;
use crate::types::{FeedEvent, ReleaseAnswer};

/// Events of the timeline.
const TIMELINE: u32 = 500;

/// A release with its nodes, attempts, gates, artifacts and timeline.
#[utoipa::path(get, path = "/api/v1/pipelines/{pipeline}/releases/{number}", tag = "releases", params(("pipeline" = String, Path), ("number" = u64, Path)), responses((status = 200, body = ReleaseAnswer)))]
pub(crate) async fn handle(
    allowed: Allowed<Viewer>,
    State(state): State<ApiState>,
    Path((pipeline, number)): Path<(String, u64)>,
) -> Result<Json<ReleaseAnswer>, Problem> {
    let seq = state.store().last_seq().await?;
    let id = state.engine().pipeline_id(&pipeline).await?;
    let detail = super::detail(&state, &pipeline, number).await?;
    let parts = ReleaseParts {
        row: &detail.release,
        plan: &detail.plan,
        waves: &detail.waves.iter().collect::<Vec<_>>(),
        nodes: &detail.nodes.iter().collect::<Vec<_>>(),
        gates: &detail.gates.iter().collect::<Vec<_>>(),
        attempts: &detail.attempts.iter().collect::<Vec<_>>(),
    };
    let release = view::release(parts, &allowed.caller.viewer());
    let filter = EventFilter { pipeline: Some(id), release: Some(detail.release.number), ..EventFilter::default() };
    let mut events: Vec<FeedEvent> =
        state.store().events_before(u64::MAX, &filter, TIMELINE).await?.iter().map(|stored| feed_event(stored, &pipeline)).collect();
    events.reverse();
    Ok(Json(ReleaseAnswer { release, events, seq }))
}
