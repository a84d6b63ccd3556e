use axum::extract::State;
use axum::http::HeaderMap;
use protocol::RenewToken;
use serde_json::{Map, Value};

use crate::auth::{Allowed, Runner, bearer};
use crate::extract::Json;
use crate::problem::{Code, Problem};
use crate::state::ApiState;

/// Takes the hash of the token that the runner will use next; the first use of that one ends this one.
#[utoipa::path(post, path = "/runner/v1/token", tag = "runner", responses((status = 200, body = Object)))]
pub(crate) async fn handle(
    allowed: Allowed<Runner>,
    State(state): State<ApiState>,
    headers: HeaderMap,
    Json(body): Json<RenewToken>,
) -> Result<Json<Value>, Problem> {
    let runner = super::runner(&allowed.caller)?;
    let token = bearer(&headers)?.ok_or_else(|| Problem::new(Code::NotSignedIn, "send the runner's own token as bearer"))?;
    state.engine().renew_runner_token(runner, token, body).await?;
    Ok(Json(Value::Object(Map::new())))
}
