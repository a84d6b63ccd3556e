use axum::extract::State;
use protocol::{IdToken, IdTokenRequest};

use crate::auth::{Allowed, Runner};
use crate::extract::{Json, Path};
use crate::problem::Problem;
use crate::state::ApiState;

/// An identity token for the audience that the attempt's job names, while its fences are current (R4).
#[utoipa::path(post, path = "/runner/v1/attempts/{attempt}/id-token", tag = "runner", params(("attempt" = String, Path)), responses((status = 200, body = IdToken)))]
pub(crate) async fn handle(
    allowed: Allowed<Runner>,
    State(state): State<ApiState>,
    Path(attempt): Path<String>,
    Json(body): Json<IdTokenRequest>,
) -> Result<Json<IdToken>, Problem> {
    let runner = super::runner(&allowed.caller)?;
    super::same_attempt(&attempt, &body.fences)?;
    Ok(Json(state.engine().id_token(runner, body).await?))
}
