pub(super) mod change;
pub(super) mod create;
pub(super) mod list;

use std::collections::BTreeSet;

use engine::core::id::PersonId;
use engine::store::{AuditNote, UserRow};

use crate::auth::Role;
use crate::auth::accounts::role;
use crate::problem::{Code, Problem};
use crate::state::ApiState;
use crate::types::User;

const MOST_GROUPS: usize = 50;

/// A user that can be added: its name, password and groups are acceptable.
pub(super) async fn prepare(state: &ApiState, name: &str, password: &str, role: Role, groups: Vec<String>) -> Result<UserRow, Problem> {
    let is_name =
        (1..=64).contains(&name.chars().count()) && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '@'));
    // A name that is a role would count as that role where a gate names its approvers.
    if !is_name || name.parse::<Role>().is_ok() {
        let detail = format!(
            "name must be 1 to 64 letters, digits, `.`, `_`, `-` or `@`, and not the name of a role; not {:?}",
            name.chars().take(80).collect::<String>()
        );
        return Err(Problem::new(Code::Invalid, detail));
    }
    Ok(UserRow {
        id: PersonId(state.ids().uuid()),
        name: name.to_owned(),
        password_hash: Some(state.passwords().hash(password, state.ids()).await?),
        role: role.name().to_owned(),
        groups: self::groups(groups)?,
        created_at: state.now(),
        disabled_at: None,
    })
}

/// Adds a user whose name is free.
pub(super) async fn add(state: &ApiState, row: UserRow, note: AuditNote) -> Result<UserRow, Problem> {
    match state.store().add_user(&row, note).await {
        Err(engine::store::Error::Exists(_)) => Err(Problem::new(Code::AlreadyExists, format!("there is a user {:?} already", row.name))),
        other => Ok(other.map(|()| row)?),
    }
}

fn groups(groups: Vec<String>) -> Result<BTreeSet<String>, Problem> {
    let is_group = |name: &String| (1..=64).contains(&name.chars().count()) && name.parse::<Role>().is_err();
    if groups.len() > MOST_GROUPS || !groups.iter().all(is_group) {
        return Err(Problem::new(
            Code::Invalid,
            format!("groups must be at most {MOST_GROUPS} names of 1 to 64 characters, none the name of a role"),
        ));
    }
    Ok(groups.into_iter().collect())
}

fn user(row: UserRow) -> Result<User, Problem> {
    Ok(User {
        role: role(&row.role)?,
        id: row.id.to_string(),
        name: row.name,
        groups: row.groups.into_iter().collect(),
        created_at: row.created_at,
        disabled_at: row.disabled_at,
    })
}

fn is_admin(row: &UserRow) -> bool {
    row.role == Role::Admin.name() && row.disabled_at.is_none()
}

async fn admins(state: &ApiState) -> Result<usize, Problem> {
    Ok(state.store().users().await?.iter().filter(|row| is_admin(row)).count())
}
