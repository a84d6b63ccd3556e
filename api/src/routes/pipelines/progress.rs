use axum::extract::State;
use engine::core::id::{PipelineId, SourceOrder};
use engine::core::row::ReleaseRow;
use engine::core::view::{self, Known};

use crate::auth::{Allowed, Viewer};
use crate::extract::{Json, Path, Query};
use crate::paging;
use crate::problem::Problem;
use crate::state::ApiState;
use crate::types::{Progress, ProgressQuery};

/// Where every commit is: changes newest first, and per target up to which change it has them (S1).
#[utoipa::path(get, path = "/api/v1/pipelines/{pipeline}/progress", tag = "pipelines", params(("pipeline" = String, Path), ProgressQuery), responses((status = 200, body = Progress)))]
pub(crate) async fn handle(
    allowed: Allowed<Viewer>,
    State(state): State<ApiState>,
    Path(pipeline): Path<String>,
    Query(query): Query<ProgressQuery>,
) -> Result<Json<Progress>, Problem> {
    let id = state.engine().pipeline_id(&pipeline).await?;
    let limit = paging::limit(query.limit);
    let (seq, now, viewer) = (state.store().last_seq().await?, state.now(), allowed.caller.viewer());
    let commits = super::commits(&state, &id, query.before, limit).await?;
    let oldest = commits.iter().map(|commit| commit.order).min();
    let releases = releases(&state, &id, oldest, limit).await?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    Ok(Json(
        state
            .engine()
            .view(&id, |pipeline| {
                let known = Known { commits: &commits, releases: &releases, before: query.before };
                view::progress(pipeline, known, limit, &viewer, seq, now)
            })
            .await?,
    ))
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
