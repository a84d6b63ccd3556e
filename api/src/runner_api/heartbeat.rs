use axum::extract::State;
use protocol::{Heartbeat, HeartbeatAnswer};

use crate::auth::{Allowed, Runner};
use crate::extract::{Json, Path};
use crate::problem::Problem;
use crate::state::ApiState;

/// Moves the deadline of a lease (R5).
#[utoipa::path(post, path = "/runner/v1/attempts/{attempt}/heartbeat", tag = "runner", params(("attempt" = String, Path)), responses((status = 200, body = HeartbeatAnswer)))]
pub(crate) async fn handle(
    allowed: Allowed<Runner>,
    State(state): State<ApiState>,
    Path(attempt): Path<String>,
    Json(body): Json<Heartbeat>,
) -> Result<Json<HeartbeatAnswer>, Problem> {
    let runner = super::runner(&allowed.caller)?;
    super::same_attempt(&attempt, &body.fences)?;
    Ok(Json(state.engine().heartbeat(runner, body).await?))
}
