use axum::extract::State;
use axum::response::Response;
use engine::core::id::{PipelineId, SourceOrder};
use engine::core::row::ReleaseRow;
use engine::core::view::{self, Known};

use crate::auth::{Allowed, Viewer};
use crate::extract::{Path, Query};
use crate::paging;
use crate::problem::Problem;
use crate::shared;
use crate::state::ApiState;
use crate::types::{ProgressAnswer, ProgressQuery};

/// Where every commit is: changes newest first, and per target up to which change it has them (S1).
#[utoipa::path(get, path = "/api/v1/pipelines/{pipeline}/progress", tag = "pipelines", params(("pipeline" = String, Path), ProgressQuery), responses((status = 200, body = ProgressAnswer)))]
pub(crate) async fn handle(
    allowed: Allowed<Viewer>,
    State(state): State<ApiState>,
    Path(pipeline): Path<String>,
    Query(query): Query<ProgressQuery>,
) -> Result<Response, Problem> {
    let id = state.engine().pipeline_id(&pipeline).await?;
    let (limit, viewer) = (paging::limit(query.limit), allowed.caller.viewer());
    let key = format!("progress {id} {limit} {:?} {}", query.before, shared::alike(&viewer));
    state.shared().answer(&state, key, |seq| progress(&state, &id, query.before, limit, viewer, seq)).await
}

async fn progress(
    state: &ApiState,
    id: &PipelineId,
    before: Option<u64>,
    limit: u32,
    viewer: view::Viewer,
    seq: u64,
) -> Result<ProgressAnswer, Problem> {
    let now = state.now();
    let commits = super::commits(state, id, before, limit).await?;
    let oldest = commits.iter().map(|commit| commit.order).min();
    let releases = releases(state, id, oldest, limit).await?;
    let left = match releases.last() {
        Some(oldest) => state.store().doors_left(id, oldest.number).await?,
        None => Vec::new(),
    };
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let known = Known { commits: &commits, releases: &releases, left: &left, before };
    let progress = state.engine().view(id, |pipeline| view::progress(pipeline, known, limit, &viewer, seq, now)).await?;
    Ok(ProgressAnswer::from(progress))
}

/// Releases from the newest back to the one of the page's oldest commit, at most 2,000.
async fn releases(state: &ApiState, id: &PipelineId, oldest: Option<SourceOrder>, limit: u32) -> Result<Vec<ReleaseRow>, Problem> {
    const PAGES: usize = 10;
    let mut all: Vec<ReleaseRow> = state.store().releases(id, None, limit).await?;
    for _ in 0..PAGES {
        let Some(last) = all.last().filter(|last| oldest.is_some_and(|oldest| oldest < last.order)).map(|last| last.number) else { break };
        let page = state.store().releases(id, Some(last), 200).await?;
        if page.is_empty() {
            break;
        }
        all.extend(page);
    }
    Ok(all)
}
