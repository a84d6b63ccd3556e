use std::collections::BTreeMap;

use axum::extract::State;
use engine::core::row::AttemptState;
use protocol::RunnerId;

use crate::auth::{Allowed, Viewer};
use crate::extract::Json;
use crate::problem::Problem;
use crate::state::ApiState;
use crate::types::{Page, RunnerJob, RunnerView};

/// Registered runners, by name.
#[utoipa::path(get, path = "/api/v1/runners", tag = "runners", responses((status = 200, body = Page<RunnerView>)))]
pub(crate) async fn handle(_: Allowed<Viewer>, State(state): State<ApiState>) -> Result<Json<Page<RunnerView>>, Problem> {
    let seq = state.store().last_seq().await?;
    let busy = state.store().busy_runners().await?;
    let now = state.now();
    let rows = state.store().runners().await?;
    let mut jobs: BTreeMap<RunnerId, Vec<RunnerJob>> = BTreeMap::new();
    super::super::each_pipeline(&state, |pipeline| {
        for attempt in pipeline.attempts().filter(|attempt| matches!(attempt.state, AttemptState::Leased | AttemptState::Unknown)) {
            let node = pipeline.plan(attempt.release).and_then(|plan| plan.node(attempt.node)).map(|node| node.key.clone());
            let (Some(runner), Some(node)) = (attempt.runner.clone(), node) else { continue };
            jobs.entry(runner).or_default().push(RunnerJob {
                attempt: attempt.id.clone(),
                pipeline: pipeline.row().name.clone(),
                release: attempt.release,
                node,
                since: attempt.leased_at,
                unknown: attempt.state == AttemptState::Unknown,
            });
        }
    })
    .await?;
    let items = rows.into_iter().map(|row| RunnerView {
        state: super::state_of(&row, now),
        busy: busy.get(&row.id).map_or(0, |busy| busy.ordinary.values().chain(busy.urgent.values()).sum()),
        jobs: jobs.remove(&row.id).unwrap_or_default(),
        id: row.id,
        name: row.name,
        pool: row.pool,
        labels: row.labels,
        slots: row.slots,
        version: row.version,
        registered_at: row.registered_at,
        last_seen_at: row.last_seen_at,
    });
    Ok(Json(Page::whole(items.collect(), seq)))
}
