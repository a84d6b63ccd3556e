use axum::extract::State;

use crate::auth::{Allowed, Viewer};
use crate::extract::Json;
use crate::problem::Problem;
use crate::state::ApiState;
use crate::types::{Page, RunnerView};

/// Registered runners, by name.
#[utoipa::path(get, path = "/api/v1/runners", tag = "runners", responses((status = 200, body = Page<RunnerView>)))]
pub(crate) async fn handle(_: Allowed<Viewer>, State(state): State<ApiState>) -> Result<Json<Page<RunnerView>>, Problem> {
    let seq = state.store().last_seq().await?;
    let busy = state.store().busy_runners().await?;
    let now = state.now();
    let rows = state.store().runners().await?;
    let items = rows.into_iter().map(|row| RunnerView {
        state: super::state_of(&row, now),
        busy: busy.get(&row.id).map_or(0, |busy| busy.ordinary.values().chain(busy.urgent.values()).sum()),
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
