//! Users, sessions and tokens as the store keeps them.

use engine::core::id::PersonId;
use engine::store::{TokenRow, UserRow};

use super::caller::{Caller, Person};
use super::permission::Role;
use super::secret::{self, Kind};
use crate::problem::{Code, Problem};
use crate::state::ApiState;

/// What a token row's `scope` can say.
pub(crate) mod scope {
    /// It acts as the person who made it.
    pub(crate) const PERSONAL: &str = "personal";
    /// It acts for itself.
    pub(crate) const SERVICE: &str = "service";
    /// The one-time link of the first start; no API token.
    pub(crate) const FIRST_START: &str = "first_start";
    /// The way to a forge and back, to make this server an App there; no API token.
    pub(crate) const FORGE_APP: &str = "forge_app";
}

/// Whoever an API token acts for.
pub(super) async fn by_token(state: &ApiState, text: &str) -> Result<Caller, Problem> {
    let refused =
        || Problem::new(Code::NotSignedIn, "the token is not known, has expired or was revoked; make another with `tidegate token create`");
    let presented = secret::parse(Kind::Api, text).ok_or_else(refused)?;
    let now = state.now();
    let row = state.store().token_by_hash(&presented.hash(), now).await?.filter(|row| row.id == presented.id).ok_or_else(refused)?;
    let role = role(&row.role)?;
    let caller = match row.scope.as_str() {
        scope::SERVICE => Caller::Token { id: row.id.clone(), name: row.name.clone(), role },
        scope::PERSONAL => {
            let user = state
                .store()
                .user(&PersonId(row.created_by.clone()))
                .await?
                .filter(|user| user.disabled_at.is_none())
                .ok_or_else(refused)?;
            person(&user, Some(role), None)?
        }
        _ => return Err(refused()),
    };
    touch(state, &row).await;
    Ok(caller)
}

/// The person of a session.
pub(super) async fn by_session(state: &ApiState, text: &str) -> Result<Caller, Problem> {
    let ended = || Problem::new(Code::NotSignedIn, "the session has ended; sign in again");
    let hash = secret::parse(Kind::Session, text).ok_or_else(ended)?.hash();
    let session = state.store().session(&hash, state.now()).await?.ok_or_else(ended)?;
    person(&session.user, None, Some(hash))
}

/// A stored role; an unknown one is a defect of the row, and no role at all.
pub(crate) fn role(text: &str) -> Result<Role, Problem> {
    text.parse().map_err(|error| Problem::new(Code::Internal, format!("the stored role cannot be read: {error}")))
}

fn person(user: &UserRow, at_most: Option<Role>, session: Option<String>) -> Result<Caller, Problem> {
    let role = role(&user.role)?;
    Ok(Caller::Person(Person {
        id: user.id.to_string(),
        name: user.name.clone(),
        role: at_most.map_or(role, |most| role.min(most)),
        groups: user.groups.iter().cloned().collect(),
        session,
    }))
}

/// When a token was last used is worth knowing, but no reason to refuse a request.
async fn touch(state: &ApiState, row: &TokenRow) {
    if let Err(error) = state.store().token_used(row, state.now()).await {
        tracing::debug!(%error, token.id = row.id, "the time of a token's use was not written");
    }
}
