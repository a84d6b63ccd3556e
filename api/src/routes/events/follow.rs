use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;

use crate::auth::{Allowed, Viewer};
use crate::events::{self, Topics};
use crate::extract::Query;
use crate::problem::Problem;
use crate::state::ApiState;
use crate::streams;
use crate::types::EventsQuery;

/// What happens, as server-sent events: `events` (a list), `synced`, `reset`.
#[utoipa::path(get, path = "/api/v1/events", tag = "events", params(EventsQuery), responses((status = 200, body = Vec<crate::types::FeedEvent>, content_type = "text/event-stream")))]
pub(crate) async fn handle(
    _: Allowed<Viewer>,
    State(state): State<ApiState>,
    Query(query): Query<EventsQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let topics = Topics::parse(query.topics.as_deref())?;
    // A browser that reconnects by itself says where it stood.
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok()).and_then(|id| id.parse().ok());
    let permit = streams::permit(&state)?;
    Ok(events::response(events::follow(state, topics, last.or(query.since), permit).await?))
}
