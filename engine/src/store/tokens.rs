//! API tokens, by the hash of their secret.

use crate::core::Time;

use super::audit::AuditNote;
use super::value::{Record, values};
use super::{Error, Store};

pub(super) const STATEMENTS: &[&str] = &[INSERT, LIST, BY_HASH, REVOKE, USED];

const INSERT: &str =
    "INSERT INTO tokens (id, hash, name, role, scope, created_by, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";

macro_rules! tokens {
    ($rest:literal) => {
        concat!("SELECT id, name, role, scope, created_by, created_at, expires_at, revoked_at, last_used_at FROM tokens ", $rest)
    };
}

const LIST: &str = tokens!("ORDER BY created_at DESC, id");
const BY_HASH: &str = tokens!("WHERE hash = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2)");
const REVOKE: &str = "UPDATE tokens SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL";
const USED: &str = "UPDATE tokens SET last_used_at = $2 WHERE id = $1 AND COALESCE(last_used_at, 0) < $3";

/// How exact `last_used_at` is, so that not every request writes.
const USED_EVERY_MS: u64 = 60_000;

/// An API token; its secret is not known here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRow {
    pub id: String,
    pub name: String,
    pub role: String,
    /// What it may touch, as the API understands it.
    pub scope: String,
    pub created_by: String,
    pub created_at: Time,
    pub expires_at: Option<Time>,
    pub revoked_at: Option<Time>,
    /// Within a minute.
    pub last_used_at: Option<Time>,
}

impl Store {
    pub async fn add_token(&self, token: &TokenRow, hash: &str, note: impl Into<Option<AuditNote>>) -> Result<(), Error> {
        let values =
            values![&token.id, hash, &token.name, &token.role, &token.scope, &token.created_by, token.created_at, token.expires_at];
        self.execute_audited(INSERT, values, note.into()).await.map(drop)
    }

    /// Newest first, with those that are over.
    pub async fn tokens(&self) -> Result<Vec<TokenRow>, Error> {
        self.db().all(LIST, Vec::new()).await?.iter().map(token).collect()
    }

    /// The token in force whose secret has this hash.
    pub async fn token_by_hash(&self, hash: &str, now: Time) -> Result<Option<TokenRow>, Error> {
        self.db().optional(BY_HASH, values![hash, now]).await?.as_ref().map(token).transpose()
    }

    pub async fn revoke_token(&self, id: &str, now: Time, note: impl Into<Option<AuditNote>>) -> Result<bool, Error> {
        Ok(self.execute_audited(REVOKE, values![id, now], note.into()).await? > 0)
    }

    /// Writes at most once a minute.
    pub async fn token_used(&self, token: &TokenRow, now: Time) -> Result<(), Error> {
        let is_recent = token.last_used_at.is_some_and(|last| now.since_ms(last) < USED_EVERY_MS);
        if is_recent { Ok(()) } else { self.db().execute(USED, values![&token.id, now, now - USED_EVERY_MS]).await.map(drop) }
    }
}

fn token(record: &Record) -> Result<TokenRow, Error> {
    Ok(TokenRow {
        id: record.text("id")?,
        name: record.text("name")?,
        role: record.text("role")?,
        scope: record.text("scope")?,
        created_by: record.text("created_by")?,
        created_at: record.time("created_at")?,
        expires_at: record.optional_time("expires_at")?,
        revoked_at: record.optional_time("revoked_at")?,
        last_used_at: record.optional_time("last_used_at")?,
    })
}
