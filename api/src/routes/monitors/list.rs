use axum::extract::State;
use engine::core::view;
use pipelines::plan::{Comparison, MonitorKind};

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
        let mut alarms = view::alarms_by_monitor(pipeline);
        items.extend(pipeline.watches().map(|watch| MonitorView {
            id: watch.id.to_string(),
            pipeline: name.clone(),
            reads: reads(&watch.monitor.kind),
            bound: bound(&watch.monitor.kind),
            system: system(&watch.monitor.kind),
            url: address(&watch.monitor.kind),
            alarms: alarms.remove(&watch.id).into_iter().flatten().collect(),
            interval_ms: watch.monitor.interval_ms,
            since: watch.since,
            blocks: watch.watchers.clone(),
            recent: watch.recent.clone(),
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

fn bound(kind: &MonitorKind) -> Option<String> {
    let MonitorKind::Prometheus { comparison, threshold, .. } = kind else { return None };
    let sign = match comparison {
        Comparison::Below => "<",
        Comparison::AtMost => "<=",
        Comparison::Equal => "==",
        Comparison::AtLeast => ">=",
        Comparison::Above => ">",
    };
    Some(format!("{sign} {threshold}"))
}

fn system(kind: &MonitorKind) -> String {
    match kind {
        MonitorKind::Http { .. } => "http".to_owned(),
        MonitorKind::Command { .. } => "command".to_owned(),
        MonitorKind::Prometheus { .. } => "prometheus".to_owned(),
        MonitorKind::External { system, .. } => system.clone(),
    }
}

/// Without a name and password that it may hold.
fn address(kind: &MonitorKind) -> Option<String> {
    let text = match kind {
        MonitorKind::Http { url, .. } => url,
        MonitorKind::Prometheus { server, .. } => server,
        MonitorKind::Command { .. } | MonitorKind::External { .. } => return None,
    };
    let mut parsed = url::Url::parse(text).ok()?;
    let hidden = parsed.set_password(None).and_then(|()| parsed.set_username(""));
    hidden.is_ok().then(|| parsed.to_string())
}
