use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};

use super::{Begun, back_address, is_opaque, provider};
use crate::auth::{Allowed, Anyone};
use crate::extract::Query;
use crate::problem::{Code, Problem};
use crate::state::ApiState;
use crate::types::SignInBegin;

/// Leads to GitHub to sign in there.
#[utoipa::path(get, path = "/api/v1/session/github", tag = "session", params(SignInBegin), responses((status = 303)))]
pub(crate) async fn handle(
    _: Allowed<Anyone>,
    State(state): State<ApiState>,
    Query(query): Query<SignInBegin>,
) -> Result<(StatusCode, HeaderMap), Problem> {
    let provider = provider(&state)?;
    let then = query.then.unwrap_or_default();
    if !is_opaque(&then) {
        return Err(Problem::new(
            Code::InvalidQuery,
            "`then` is an id of the browser's own, of letters, digits, `-` and `_`; never an address",
        ));
    }
    let ids = state.ids();
    let begun = Begun { state: ids.token(), verifier: format!("{}{}", ids.token(), ids.token()), then };
    let page = provider.page(&back_address(&state), &begun.state, &begun.challenge());
    let location = HeaderValue::from_str(&page).map_err(|_| Problem::new(Code::Internal, "the address of GitHub is no header"))?;
    let mut headers = HeaderMap::new();
    headers.insert(header::LOCATION, location);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.extend(begun.cookie(state.settings()).map(|cookie| (header::SET_COOKIE, cookie)));
    Ok((StatusCode::SEE_OTHER, headers))
}
