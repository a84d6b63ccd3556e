use axum::extract::State;

use crate::auth::{Allowed, Viewer};
use crate::extract::{Json, Path, Query};
use crate::problem::{Code, Problem};
use crate::state::ApiState;
use crate::types::{LogHits, LogSearch};

const MOST_CHARACTERS: usize = 200;

/// Every line of a log that holds a text.
#[utoipa::path(get, path = "/api/v1/attempts/{attempt}/log/search", tag = "attempts", params(("attempt" = String, Path), LogSearch), responses((status = 200, body = LogHits)))]
pub(crate) async fn handle(
    _: Allowed<Viewer>,
    State(state): State<ApiState>,
    Path(attempt): Path<String>,
    Query(query): Query<LogSearch>,
) -> Result<Json<LogHits>, Problem> {
    if query.q.is_empty() || query.q.chars().count() > MOST_CHARACTERS {
        return Err(Problem::new(Code::InvalidQuery, format!("q must have 1 to {MOST_CHARACTERS} characters")));
    }
    let hits = state.engine().log_search(&super::id(&attempt)?, &query.q).await?;
    Ok(Json(LogHits { total: hits.total, lines: hits.lines }))
}
