use axum::extract::State;
use protocol::{Credentials, CredentialsRequest};

use crate::auth::{Allowed, Runner};
use crate::extract::{Json, Path};
use crate::problem::Problem;
use crate::state::ApiState;

/// A slice of credentials for the attempt's one account and role, while its fences are current (R4).
#[utoipa::path(post, path = "/runner/v1/attempts/{attempt}/credentials", tag = "runner", params(("attempt" = String, Path)), responses((status = 200, body = Credentials)))]
pub(crate) async fn handle(
    allowed: Allowed<Runner>,
    State(state): State<ApiState>,
    Path(attempt): Path<String>,
    Json(body): Json<CredentialsRequest>,
) -> Result<Json<Credentials>, Problem> {
    let runner = super::runner(&allowed.caller)?;
    super::same_attempt(&attempt, &body.fences)?;
    Ok(Json(state.engine().credentials(runner, body).await?))
}
