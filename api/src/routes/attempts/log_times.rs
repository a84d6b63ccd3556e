use axum::extract::State;

use crate::auth::{Allowed, Viewer};
use crate::extract::{Json, Path, Query};
use crate::problem::Problem;
use crate::state::ApiState;
use crate::types::{LogTimes, LogTimesQuery};

/// When the lines of an attempt's log were written.
#[utoipa::path(get, path = "/api/v1/attempts/{attempt}/log/times", tag = "attempts", params(("attempt" = String, Path), LogTimesQuery), responses((status = 200, body = LogTimes)))]
pub(crate) async fn handle(
    _: Allowed<Viewer>,
    State(state): State<ApiState>,
    Path(attempt): Path<String>,
    Query(query): Query<LogTimesQuery>,
) -> Result<Json<LogTimes>, Problem> {
    let found = state.engine().log_times(&super::id(&attempt)?, query.from).await?;
    Ok(Json(LogTimes { times: super::pairs(&found.times), next: found.next }))
}
