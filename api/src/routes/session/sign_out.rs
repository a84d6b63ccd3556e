use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};

use crate::auth::{Allowed, Viewer};
use crate::auth::{Caller, Person, cookie};
use crate::problem::Problem;
use crate::state::ApiState;

/// Ends the session.
#[utoipa::path(delete, path = "/api/v1/session", tag = "session", responses((status = 204)))]
pub(crate) async fn handle(allowed: Allowed<Viewer>, State(state): State<ApiState>) -> Result<(StatusCode, HeaderMap), Problem> {
    let mut headers = HeaderMap::new();
    if let Caller::Person(Person { session: Some(hash), .. }) = &allowed.caller {
        state.store().close_session(hash).await?;
        headers.extend(cookie::set("", 0, state.settings()).map(|value| (header::SET_COOKIE, value)));
    }
    Ok((StatusCode::NO_CONTENT, headers))
}
