use axum::extract::State;
use axum::response::Response;
use engine::core::view;

use crate::auth::{Allowed, Viewer};
use crate::extract::Path;
use crate::problem::Problem;
use crate::shared;
use crate::state::ApiState;
use crate::types::{PipelineView, SourceView};

/// One pipeline and where its revisions come from.
#[utoipa::path(get, path = "/api/v1/pipelines/{pipeline}", tag = "pipelines", params(("pipeline" = String, Path)), responses((status = 200, body = PipelineView)))]
pub(crate) async fn handle(
    allowed: Allowed<Viewer>,
    State(state): State<ApiState>,
    Path(pipeline): Path<String>,
) -> Result<Response, Problem> {
    let viewer = allowed.caller.viewer();
    let key = format!("pipeline {pipeline:?} {}", shared::alike(&viewer));
    state.shared().answer(&state, key, |seq| show(&state, pipeline, viewer, seq)).await
}

async fn show(state: &ApiState, pipeline: String, viewer: view::Viewer, seq: u64) -> Result<PipelineView, Problem> {
    let id = state.engine().pipeline_id(&pipeline).await?;
    let listed = super::listed(state, &pipeline).await?;
    let sources = state.store().sources_of(&id).await?.into_iter().map(|row| SourceView {
        repository: without_credentials(&row.url),
        branch: row.branch,
        file: row.path,
        poll_ms: row.poll_interval_ms,
        head: row.head.map(|head| head.commit),
        last_polled_at: row.last_polled_at,
        last_error: row.last_error,
    });
    let summary = super::summary(state, listed, &viewer).await;
    Ok(PipelineView { summary, sources: sources.collect(), seq })
}

/// An address may hold a password; nobody needs to see it.
fn without_credentials(address: &str) -> String {
    match url::Url::parse(address) {
        Ok(mut parsed) if parsed.password().is_some() || !parsed.username().is_empty() => {
            let hidden = parsed.set_password(None).and_then(|()| parsed.set_username(""));
            if hidden.is_ok() { parsed.to_string() } else { String::new() }
        }
        _ => address.to_owned(),
    }
}
