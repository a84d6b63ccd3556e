use std::collections::BTreeMap;

use axum::extract::State;
use engine::core::id::PipelineId;

use crate::auth::{Allowed, Operator};
use crate::extract::Json;
use crate::problem::Problem;
use crate::state::ApiState;
use crate::types::{FollowedSource, ForgesView};

/// What this server is where repositories live, and how the last look at each of them went.
#[utoipa::path(get, path = "/api/v1/forges", tag = "server", responses((status = 200, body = ForgesView)))]
pub(crate) async fn handle(_: Allowed<Operator>, State(state): State<ApiState>) -> Result<Json<ForgesView>, Problem> {
    let pipelines = super::super::all_pipelines(&state).await?;
    let names: BTreeMap<PipelineId, String> = pipelines.into_iter().map(|listed| (listed.id, listed.name)).collect();
    let followed = state.store().sources().await?.into_iter().filter(|row| row.pull_request().is_none());
    let mut sources: Vec<FollowedSource> = followed
        .filter_map(|row| {
            Some(FollowedSource {
                pipeline: names.get(&row.pipeline)?.clone(),
                repository: row.url,
                branch: row.branch,
                last_polled_at: row.last_polled_at,
                last_error: row.last_error,
            })
        })
        .collect();
    sources.sort_by(|one, other| (&one.pipeline, &one.repository).cmp(&(&other.pipeline, &other.repository)));
    let public_url = state.settings().public_url.as_str().trim_end_matches('/').to_owned();
    Ok(Json(ForgesView { public_url, github: state.github(), sources }))
}
