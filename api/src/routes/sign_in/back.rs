use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use engine::core::Actor;
use engine::ports::{Proven, SignInError};
use engine::store::{AuditNote, UserRow};
use serde_json::json;
use subtle::ConstantTimeEq as _;

use super::{Begun, back_address, provider, set};
use crate::auth::{Allowed, Anyone};
use crate::extract::{Address, Query};
use crate::problem::{Code, Problem};
use crate::state::ApiState;
use crate::types::SignInBack;

/// Teams may change; so long a session of theirs lives at most.
const SESSION_MS: u64 = 12 * 3_600_000;

/// GitHub leads back here; signs the person in and leads to the first page.
///
/// A browser that is refused is led to the page where people sign in, with the code of the refusal.
#[utoipa::path(get, path = "/api/v1/session/github/back", tag = "session", params(SignInBack), responses((status = 303)))]
pub(crate) async fn handle(
    _: Allowed<Anyone>,
    State(state): State<ApiState>,
    Address(address): Address,
    headers: HeaderMap,
    Query(query): Query<SignInBack>,
) -> Result<(StatusCode, HeaderMap), Problem> {
    let answer = signed_in(&state, &address, &headers, query).await;
    let is_page = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).is_some_and(|accepts| accepts.contains("text/html"));
    match answer {
        Err(problem) if is_page => {
            let place = format!("/login?refused={}", problem.code.name());
            Ok((StatusCode::SEE_OTHER, leading(&place, HeaderMap::new())))
        }
        answer => answer,
    }
}

/// Nothing of where it leads came with the request.
fn leading(place: &str, mut headers: HeaderMap) -> HeaderMap {
    headers.insert(header::LOCATION, HeaderValue::from_str(place).unwrap_or(HeaderValue::from_static("/")));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers
}

async fn signed_in(state: &ApiState, address: &str, headers: &HeaderMap, query: SignInBack) -> Result<(StatusCode, HeaderMap), Problem> {
    let provider = provider(state)?;
    let refused = |detail: String| Problem::new(Code::WrongCredentials, detail);
    let begun = Begun::read(headers, state.settings())
        .filter(|begun| bool::from(begun.state.as_bytes().ct_eq(query.state.as_deref().unwrap_or_default().as_bytes())))
        .ok_or_else(|| refused("this did not begin in this browser within the last minutes; sign in again".to_owned()))?;
    let Some(code) = query.code.filter(|code| !code.is_empty()) else {
        return Err(refused(format!("GitHub led back without a code: {}", query.error.unwrap_or_default())));
    };
    let now = state.now();
    state.login_limit().check(address, "github", now)?;
    let person = provider.person(&back_address(state), &code, &begun.verifier).await.map_err(|error| match error {
        SignInError::Refused(detail) => {
            state.login_limit().failed(address, "github", now);
            refused(detail)
        }
        SignInError::Unreachable(detail) => Problem::new(Code::SignInUnavailable, detail).retry_after_ms(5_000),
    })?;
    let user = known(state, person).await?;
    let mut answer = super::super::session::cookie_of(state, &user, SESSION_MS).await?;
    answer.extend(set("", 0, state.settings()).map(|cookie| (header::SET_COOKIE, cookie)));
    // To this server's own first page, whatever was asked for; the browser knows what its id stands for.
    let place = if begun.then.is_empty() { "/".to_owned() } else { format!("/?then={}", begun.then) };
    Ok((StatusCode::SEE_OTHER, leading(&place, answer)))
}

/// The person as this server knows them from now on: role and groups are those of their teams today.
async fn known(state: &ApiState, person: Proven) -> Result<UserRow, Problem> {
    let Some(role) = person.role else {
        let detail = format!("{} is in no team that may use this server; ask its owner", person.login);
        return Err(Problem::new(Code::Forbidden, detail));
    };
    let before = state.store().user(&person.id).await?;
    if before.as_ref().is_some_and(|user| user.disabled_at.is_some()) {
        return Err(Problem::new(Code::Forbidden, "this person may not sign in any more; an admin has seen to it"));
    }
    // Never a name that a gate, a role or a local user may bear.
    let mut name = format!("{}@github", person.login);
    if state.store().user_by_name(&name).await?.is_some_and(|other| other.id != person.id) {
        // Somebody else was called so once.
        name = format!("{name}#{}", person.id);
    }
    let row = UserRow {
        name,
        role,
        groups: person.groups,
        id: person.id.clone(),
        password_hash: None,
        created_at: before.as_ref().map_or(state.now(), |user| user.created_at),
        disabled_at: None,
    };
    if before.as_ref() == Some(&row) {
        return Ok(row);
    }
    let actor = Actor::Person { id: person.id.clone(), name: row.name.clone(), groups: Vec::new() };
    let verb = if before.is_some() { "user.change" } else { "user.create" };
    let note =
        AuditNote::new(actor, verb, person.id.as_str(), json!({"role": row.role, "groups": row.groups, "by": "github"}), state.now());
    if before.is_some() {
        state.store().change_user(&row, note).await?;
    } else {
        state.store().add_user(&row, note).await?;
    }
    Ok(row)
}
