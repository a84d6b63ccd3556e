use axum::extract::State;
use protocol::{Upload, UploadAnswer};

use crate::auth::{Allowed, Runner};
use crate::extract::{Json, Path};
use crate::problem::Problem;
use crate::state::ApiState;

/// A running job adds to the plan of its release (D1). Whether it was added is in the answer.
#[utoipa::path(post, path = "/runner/v1/attempts/{attempt}/upload", tag = "runner", params(("attempt" = String, Path)), responses((status = 200, body = UploadAnswer)))]
pub(crate) async fn handle(
    allowed: Allowed<Runner>,
    State(state): State<ApiState>,
    Path(attempt): Path<String>,
    Json(body): Json<Upload>,
) -> Result<Json<UploadAnswer>, Problem> {
    let runner = super::runner(&allowed.caller)?;
    super::same_attempt(&attempt, &body.fences)?;
    Ok(Json(state.engine().upload(runner, body).await?))
}
