use axum::extract::State;
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
    let commits = super::commits(&state, &id, limit).await?;
    let releases = state.store().releases(&id, None, limit).await?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    Ok(Json(
        state
            .engine()
            .view(&id, |pipeline| view::progress(pipeline, Known { commits: &commits, releases: &releases }, limit, &viewer, seq, now))
            .await?,
    ))
}
