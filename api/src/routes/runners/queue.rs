use axum::extract::State;

use crate::auth::{Allowed, Viewer};
use crate::extract::Json;
use crate::problem::Problem;
use crate::state::ApiState;
use crate::types::{Page, QueuedView};

const MOST: u32 = 500;

/// Jobs that wait for a runner, in the order of their turn, and why each waits.
#[utoipa::path(get, path = "/api/v1/queue", tag = "runners", responses((status = 200, body = Page<QueuedView>)))]
pub(crate) async fn handle(_: Allowed<Viewer>, State(state): State<ApiState>) -> Result<Json<Page<QueuedView>>, Problem> {
    let seq = state.store().last_seq().await?;
    let (queued, _) = state.store().queued(MOST).await?;
    let runners = state.store().runners().await?;
    let busy = state.store().busy_runners().await?;
    let now = state.now();
    let mut items = Vec::with_capacity(queued.len());
    for job in queued {
        items.push(QueuedView {
            reason: super::why(&job, &runners, &busy, now),
            pipeline: state.names().of(state.store(), &job.pipeline).await?,
            attempt: job.attempt,
            pool: job.runs_on.pool,
            labels: job.runs_on.labels,
            urgent: job.urgent,
            queued_at: job.queued_at,
        });
    }
    Ok(Json(Page::whole(items, seq)))
}
