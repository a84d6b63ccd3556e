//! Local users and their sessions.

use std::collections::BTreeSet;

use crate::core::Time;
use crate::core::id::PersonId;

use super::audit::{self, AuditNote};
use super::value::{Record, json, values};
use super::{Error, Store};

pub(super) const STATEMENTS: &[&str] = &[INSERT, LIST, BY_ID, BY_NAME, UPDATE, COUNT, OPEN, SESSION, CLOSE, CLOSE_ALL];

const INSERT: &str =
    "INSERT INTO users (id, name, password_hash, role, groups_json, created_at, disabled_at) VALUES ($1, $2, $3, $4, $5, $6, $7)";

macro_rules! users {
    ($rest:literal) => {
        concat!("SELECT id, name, password_hash, role, groups_json, created_at, disabled_at FROM users ", $rest)
    };
}

const LIST: &str = users!("ORDER BY name");
const BY_ID: &str = users!("WHERE id = $1");
const BY_NAME: &str = users!("WHERE name = $1");
const UPDATE: &str = "UPDATE users SET name = $2, password_hash = $3, role = $4, groups_json = $5, disabled_at = $6 WHERE id = $1";
const COUNT: &str = "SELECT COUNT(*) AS users FROM users WHERE disabled_at IS NULL";

const OPEN: &str = "INSERT INTO sessions (hash, user_id, created_at, expires_at) VALUES ($1, $2, $3, $4)";

/// A disabled user has no session (IF11).
const SESSION: &str = "SELECT u.id, u.name, u.password_hash, u.role, u.groups_json, u.created_at, u.disabled_at, s.expires_at \
    FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.hash = $1 AND s.expires_at > $2 AND u.disabled_at IS NULL";

const CLOSE: &str = "DELETE FROM sessions WHERE hash = $1";
const CLOSE_ALL: &str = "DELETE FROM sessions WHERE user_id = $1";

/// The roles that a person may have, the least powerful first; each may do all that those before it may.
pub const ROLES: [&str; 5] = ["viewer", "developer", "approver", "operator", "admin"];

/// A local user, or one who signs in with a forge.
#[derive(Clone, PartialEq, Eq)]
pub struct UserRow {
    pub id: PersonId,
    /// Unique on the server.
    pub name: String,
    /// None: cannot log in with a password.
    pub password_hash: Option<String>,
    pub role: String,
    pub groups: BTreeSet<String>,
    pub created_at: Time,
    pub disabled_at: Option<Time>,
}

impl std::fmt::Debug for UserRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UserRow").field("id", &self.id).field("name", &self.name).field("role", &self.role).finish_non_exhaustive()
    }
}

/// A session that is in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRow {
    pub user: UserRow,
    pub expires_at: Time,
}

impl Store {
    /// [`Error::Exists`] when the name is taken.
    pub async fn add_user(&self, user: &UserRow, note: impl Into<Option<AuditNote>>) -> Result<(), Error> {
        let groups = json(&user.groups)?;
        let values =
            values![user.id.as_str(), &user.name, user.password_hash.as_deref(), &user.role, groups, user.created_at, user.disabled_at];
        self.execute_audited(INSERT, values, note.into()).await.map(drop)
    }

    pub async fn users(&self) -> Result<Vec<UserRow>, Error> {
        self.db().all(LIST, Vec::new()).await?.iter().map(user).collect()
    }

    pub async fn user(&self, id: &PersonId) -> Result<Option<UserRow>, Error> {
        self.db().optional(BY_ID, values![id.as_str()]).await?.as_ref().map(user).transpose()
    }

    pub async fn user_by_name(&self, name: &str) -> Result<Option<UserRow>, Error> {
        self.db().optional(BY_NAME, values![name]).await?.as_ref().map(user).transpose()
    }

    /// All but its id and age. A user that is disabled, or has another password, loses its sessions.
    pub async fn change_user(&self, changed: &UserRow, note: impl Into<Option<AuditNote>>) -> Result<bool, Error> {
        let note: Option<AuditNote> = note.into();
        self.db()
            .write((changed.clone(), note), |tx, (new, note)| {
                Box::pin(async move {
                    let Some(old) = tx.optional(BY_ID, values![new.id.as_str()]).await? else { return Ok(false) };
                    let groups = json(&new.groups)?;
                    let values = values![new.id.as_str(), &new.name, new.password_hash.as_deref(), &new.role, groups, new.disabled_at];
                    audit::execute(tx, UPDATE, values, note.as_ref()).await?;
                    if new.disabled_at.is_some() || user(&old)?.password_hash != new.password_hash {
                        tx.execute(CLOSE_ALL, values![new.id.as_str()]).await?;
                    }
                    Ok(true)
                })
            })
            .await
    }

    /// How many users may log in: none means a fresh server.
    pub async fn count_users(&self) -> Result<u64, Error> {
        self.db().optional(COUNT, Vec::new()).await?.map_or(Ok(0), |record| record.count("users"))
    }

    /// `hash`: of the session's secret, never the secret.
    pub async fn open_session(&self, hash: &str, user: &PersonId, now: Time, expires_at: Time) -> Result<(), Error> {
        self.db().execute(OPEN, values![hash, user.as_str(), now, expires_at]).await.map(drop)
    }

    pub async fn session(&self, hash: &str, now: Time) -> Result<Option<SessionRow>, Error> {
        let record = self.db().optional(SESSION, values![hash, now]).await?;
        record.map(|record| Ok(SessionRow { user: user(&record)?, expires_at: record.time("expires_at")? })).transpose()
    }

    pub async fn close_session(&self, hash: &str) -> Result<bool, Error> {
        Ok(self.db().execute(CLOSE, values![hash]).await? > 0)
    }

    pub async fn close_sessions_of(&self, user: &PersonId) -> Result<u64, Error> {
        self.db().execute(CLOSE_ALL, values![user.as_str()]).await
    }
}

fn user(record: &Record) -> Result<UserRow, Error> {
    Ok(UserRow {
        id: PersonId(record.text("id")?),
        name: record.text("name")?,
        password_hash: record.optional_text("password_hash")?,
        role: record.text("role")?,
        groups: record.json("groups_json")?,
        created_at: record.time("created_at")?,
        disabled_at: record.optional_time("disabled_at")?,
    })
}
