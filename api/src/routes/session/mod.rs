pub(super) mod show;
pub(super) mod sign_in;
pub(super) mod sign_out;

use axum::http::{HeaderMap, header};
use engine::store::UserRow;

use crate::auth::accounts::role;
use crate::auth::secret::{self, Kind};
use crate::auth::{Caller, cookie};
use crate::extract::Json;
use crate::problem::{Code, Problem};
use crate::state::ApiState;
use crate::types::Me;

/// Opens a session for somebody who has proved who they are.
pub(super) async fn open(state: &ApiState, user: UserRow) -> Result<(HeaderMap, Json<Me>), Problem> {
    let headers = cookie_of(state, &user, u64::MAX).await?;
    let me = Me {
        id: user.id.to_string(),
        name: user.name,
        role: role(&user.role)?,
        groups: user.groups.into_iter().collect(),
        kind: "person".to_owned(),
    };
    Ok((headers, Json(me)))
}

/// A new session that lives no longer than this, as a cookie.
pub(super) async fn cookie_of(state: &ApiState, user: &UserRow, at_most_ms: u64) -> Result<HeaderMap, Problem> {
    let minted = secret::mint(Kind::Session, state.ids());
    let (now, session_ms) = (state.now(), state.settings().session_ms.min(at_most_ms));
    state.store().open_session(&minted.hash, &user.id, now, now + session_ms).await?;
    let cookie = cookie::set(&minted.text, session_ms / 1_000, state.settings());
    Ok(cookie.into_iter().map(|value| (header::SET_COOKIE, value)).collect())
}

fn me(caller: &Caller) -> Result<Me, Problem> {
    match caller {
        Caller::Person(person) => Ok(Me {
            id: person.id.clone(),
            name: person.name.clone(),
            role: person.role,
            groups: person.groups.clone(),
            kind: "person".to_owned(),
        }),
        Caller::Token { id, name, role } => {
            Ok(Me { id: id.clone(), name: name.clone(), role: *role, groups: Vec::new(), kind: "token".to_owned() })
        }
        Caller::Nobody | Caller::Runner(_) => Err(Problem::new(Code::NotSignedIn, "nobody is signed in")),
    }
}
