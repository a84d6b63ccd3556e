use axum::extract::State;
use axum::http::HeaderMap;

use crate::auth::{Allowed, Anyone};
use crate::extract::Address;
use crate::extract::Json;
use crate::problem::{Code, Problem};
use crate::state::ApiState;
use crate::types::{Me, SignIn};

/// Signs a person in: answers a session cookie.
#[utoipa::path(post, path = "/api/v1/session", tag = "session", responses((status = 200, body = Me)))]
pub(crate) async fn handle(
    _: Allowed<Anyone>,
    State(state): State<ApiState>,
    Address(address): Address,
    Json(body): Json<SignIn>,
) -> Result<(HeaderMap, Json<Me>), Problem> {
    let (limit, now) = (state.login_limit(), state.now());
    limit.check(&address, &body.name, now)?;
    let user = state.store().user_by_name(&body.name).await?.filter(|user| user.disabled_at.is_none());
    let stored = user.as_ref().and_then(|user| user.password_hash.as_deref());
    let is_right = state.passwords().check(&body.password, stored).await?;
    let Some(user) = user.filter(|_| is_right) else {
        limit.failed(&address, &body.name, now);
        return Err(Problem::new(Code::WrongCredentials, "no user has this name and password"));
    };
    limit.succeeded(&address, &body.name);
    super::open(&state, user).await
}
