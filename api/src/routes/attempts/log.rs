use axum::extract::State;

use crate::auth::{Allowed, Viewer};
use crate::extract::{Json, Path, Query};
use crate::problem::Problem;
use crate::state::ApiState;
use crate::types::{LogPage, LogQuery};

const LINES: u64 = 2_000;
const MOST_LINES: u64 = 10_000;

/// Lines of an attempt's log, also while it runs.
#[utoipa::path(get, path = "/api/v1/attempts/{attempt}/log", tag = "attempts", params(("attempt" = String, Path), LogQuery), responses((status = 200, body = LogPage)))]
pub(crate) async fn handle(
    _: Allowed<Viewer>,
    State(state): State<ApiState>,
    Path(attempt): Path<String>,
    Query(query): Query<LogQuery>,
) -> Result<Json<LogPage>, Problem> {
    let page = state.engine().log(&super::id(&attempt)?, query.from, query.count.unwrap_or(LINES).clamp(1, MOST_LINES)).await?;
    Ok(Json(LogPage {
        first_line: page.first_line,
        lines: page.lines,
        total_lines: page.total_lines,
        complete: page.complete,
        lost_bytes: page.lost_bytes,
        times: super::pairs(&page.times),
    }))
}
