use axum::extract::State;
use engine::core::Time;
use engine::core::id::ReleaseNumber;
use engine::store::EventFilter;

use crate::auth::{Allowed, Viewer};
use crate::events::feed_event;
use crate::extract::{Json, Query};
use crate::paging;
use crate::problem::Problem;
use crate::state::ApiState;
use crate::types::{AuditQuery, FeedEvent, Page};

/// Who did what to pipelines and releases, newest first; the engine's own acts included.
#[utoipa::path(get, path = "/api/v1/audit", tag = "audit", params(AuditQuery), responses((status = 200, body = Page<FeedEvent>)))]
pub(crate) async fn handle(
    _: Allowed<Viewer>,
    State(state): State<ApiState>,
    Query(query): Query<AuditQuery>,
) -> Result<Json<Page<FeedEvent>>, Problem> {
    let seq = state.store().last_seq().await?;
    let limit = paging::limit(query.limit);
    let before = paging::cursor(query.cursor.as_deref())?.unwrap_or(u64::MAX);
    let pipeline = super::pipeline(&state, query.pipeline.as_deref(), query.release).await?;
    let filter = EventFilter {
        pipeline,
        release: query.release.map(ReleaseNumber),
        kind: query.kind,
        actor: query.actor,
        target: query.target,
        since: query.since.map(Time),
        until: query.until.map(Time),
    };
    let stored = state.store().events_before(before, &filter, limit + 1).await?;
    let mut items = Vec::with_capacity(stored.len());
    for one in &stored {
        items.push(feed_event(one, &state.names().of(state.store(), &one.pipeline).await?));
    }
    Ok(Json(paging::page(items, limit, seq, |last| last.seq)))
}
