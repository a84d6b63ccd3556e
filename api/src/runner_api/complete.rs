use axum::extract::State;
use protocol::Report;
use serde_json::{Map, Value};

use crate::auth::{Allowed, Runner};
use crate::extract::{Json, Path};
use crate::problem::Problem;
use crate::state::ApiState;

/// How an attempt ended. Answered the same way when repeated (IA7).
#[utoipa::path(post, path = "/runner/v1/attempts/{attempt}/complete", tag = "runner", params(("attempt" = String, Path)), responses((status = 200, body = Object)))]
pub(crate) async fn handle(
    allowed: Allowed<Runner>,
    State(state): State<ApiState>,
    Path(attempt): Path<String>,
    Json(body): Json<Report>,
) -> Result<Json<Value>, Problem> {
    let runner = super::runner(&allowed.caller)?;
    super::same_attempt(&attempt, &body.fences)?;
    state.engine().complete(runner, body).await?;
    Ok(Json(Value::Object(Map::new())))
}
