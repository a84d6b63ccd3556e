use std::collections::BTreeMap;

use axum::extract::State;
use engine::core::id::{PipelineId, ReleaseNumber};
use protocol::AttemptId;

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
    let mut of_pipeline: BTreeMap<PipelineId, Vec<AttemptId>> = BTreeMap::new();
    for job in &queued {
        of_pipeline.entry(job.pipeline.clone()).or_default().push(job.attempt.clone());
    }
    let mut nodes: BTreeMap<AttemptId, (ReleaseNumber, Option<String>)> = BTreeMap::new();
    for (id, attempts) in of_pipeline {
        let looked = state.engine().view(&id, |pipeline| {
            for attempt in attempts.iter().filter_map(|id| pipeline.attempt(id)) {
                let node = pipeline.plan(attempt.release).and_then(|plan| plan.node(attempt.node)).map(|node| node.key.clone());
                nodes.insert(attempt.id.clone(), (attempt.release, node));
            }
        });
        if let Err(error) = looked.await {
            tracing::debug!(pipeline.id = %id, %error, "jobs of a pipeline are shown without their names");
        }
    }
    let mut items = Vec::with_capacity(queued.len());
    for job in queued {
        let (release, node) = nodes.remove(&job.attempt).map_or((None, None), |(release, node)| (Some(release), node));
        items.push(QueuedView {
            release,
            node,
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
