use axum::extract::State;
use axum::http::HeaderMap;
use protocol::{Register, Registered};

use crate::auth::{Allowed, Anyone, bearer};
use crate::extract::Json;
use crate::problem::{Code, Problem};
use crate::state::ApiState;

/// Turns a one-time token into a runner with a token of its own.
#[utoipa::path(post, path = "/runner/v1/register", tag = "runner", responses((status = 200, body = Registered)))]
pub(crate) async fn handle(
    _: Allowed<Anyone>,
    State(state): State<ApiState>,
    headers: HeaderMap,
    Json(body): Json<Register>,
) -> Result<Json<Registered>, Problem> {
    let token =
        bearer(&headers)?.ok_or_else(|| Problem::new(Code::NotSignedIn, "send the one-time token of `tidegate runner token` as bearer"))?;
    Ok(Json(state.engine().register_runner(token, body).await?))
}
