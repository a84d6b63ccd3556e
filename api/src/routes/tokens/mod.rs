pub(super) mod create;
pub(super) mod list;
pub(super) mod revoke;

use engine::store::TokenRow;

use crate::auth::accounts::{role, scope};
use crate::auth::{Caller, Role};
use crate::problem::Problem;
use crate::types::Token;

fn is_api_token(row: &TokenRow) -> bool {
    matches!(row.scope.as_str(), scope::PERSONAL | scope::SERVICE)
}

fn may_see(caller: &Caller, row: &TokenRow) -> bool {
    let own = match caller {
        Caller::Person(person) => row.created_by == person.id,
        Caller::Token { id, .. } => row.id == *id,
        Caller::Nobody | Caller::Runner(_) => false,
    };
    own || caller.role() == Some(Role::Admin)
}

fn token(row: TokenRow) -> Result<Token, Problem> {
    Ok(Token {
        role: role(&row.role)?,
        is_personal: row.scope == scope::PERSONAL,
        id: row.id,
        name: row.name,
        created_by: row.created_by,
        created_at: row.created_at,
        expires_at: row.expires_at,
        revoked_at: row.revoked_at,
        last_used_at: row.last_used_at,
    })
}
