use axum::extract::State;
use pipelines::plan::MonitorKind;

use crate::auth::{Allowed, Viewer};
use crate::extract::Json;
use crate::problem::Problem;
use crate::state::ApiState;
use crate::types::{MonitorView, Page};

/// What is watched now, what it says, and what it blocks.
#[utoipa::path(get, path = "/api/v1/monitors", tag = "monitors", responses((status = 200, body = Page<MonitorView>)))]
pub(crate) async fn handle(_: Allowed<Viewer>, State(state): State<ApiState>) -> Result<Json<Page<MonitorView>>, Problem> {
    let seq = state.store().last_seq().await?;
    let mut items = Vec::new();
    super::super::each_pipeline(&state, |pipeline| {
        let name = &pipeline.row().name;
        items.extend(pipeline.watches().map(|watch| MonitorView {
            id: watch.id.to_string(),
            pipeline: name.clone(),
            reads: reads(&watch.monitor.kind),
            interval_ms: watch.monitor.interval_ms,
            since: watch.since,
            blocks: watch.watchers.clone(),
            last: watch.last.clone(),
            last_at: watch.last_at,
            bad_since: watch.bad_since,
            dark_since: watch.dark_since,
        }));
    })
    .await?;
    items.sort_by_key(|monitor| {
        (monitor.bad_since.is_none(), monitor.dark_since.is_none(), monitor.pipeline.clone(), monitor.reads.clone())
    });
    Ok(Json(Page::whole(items, seq)))
}

/// A monitor in words; its headers may hold secrets and are left out.
fn reads(kind: &MonitorKind) -> String {
    match kind {
        MonitorKind::Http { url, method, .. } => format!("http {method} {url}"),
        MonitorKind::Command { run } => format!("command {run}"),
        MonitorKind::Prometheus { query, .. } => format!("prometheus {query}"),
        MonitorKind::External { system, name, account, region } => {
            let place: Vec<&str> = [account.as_deref(), region.as_deref()].into_iter().flatten().collect();
            if place.is_empty() { format!("{system} {name}") } else { format!("{system} {name} in {}", place.join("/")) }
        }
    }
}
