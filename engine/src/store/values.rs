//! Secrets, sealed before they come here, and variables.

use crate::core::Time;

use super::value::{Record, values};
use super::{Error, Store};

pub(super) const STATEMENTS: &[&str] = &[PUT_SECRET, SECRET, SECRETS, REMOVE_SECRET, PUT_VAR, VARS, REMOVE_VAR];

const PUT_SECRET: &str = "INSERT INTO secrets (scope, name, sealed, updated_by, updated_at) VALUES ($1, $2, $3, $4, $5) \
    ON CONFLICT (scope, name) DO UPDATE SET sealed = excluded.sealed, updated_by = excluded.updated_by, updated_at = excluded.updated_at";
const SECRET: &str = "SELECT sealed FROM secrets WHERE scope = $1 AND name = $2";
const SECRETS: &str = "SELECT scope, name, updated_by, updated_at FROM secrets ORDER BY scope, name";
const REMOVE_SECRET: &str = "DELETE FROM secrets WHERE scope = $1 AND name = $2";
const PUT_VAR: &str = "INSERT INTO vars (scope, name, value, updated_by, updated_at) VALUES ($1, $2, $3, $4, $5) \
    ON CONFLICT (scope, name) DO UPDATE SET value = excluded.value, updated_by = excluded.updated_by, updated_at = excluded.updated_at";
const VARS: &str =
    "SELECT scope, name, value, updated_by, updated_at FROM vars WHERE CAST($1 AS TEXT) IS NULL OR scope = $1 ORDER BY scope, name";
const REMOVE_VAR: &str = "DELETE FROM vars WHERE scope = $1 AND name = $2";

/// That there is a secret, never what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretRow {
    /// The organisation (empty), a pipeline, stage or target, as the shell writes it.
    pub scope: String,
    pub name: String,
    pub updated_by: String,
    pub updated_at: Time,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VarRow {
    pub scope: String,
    pub name: String,
    pub value: String,
    pub updated_by: String,
    pub updated_at: Time,
}

impl Store {
    /// `sealed`: encrypted by whoever calls; the store has no key.
    pub async fn put_secret(&self, row: &SecretRow, sealed: &str) -> Result<(), Error> {
        self.db().execute(PUT_SECRET, values![&row.scope, &row.name, sealed, &row.updated_by, row.updated_at]).await.map(drop)
    }

    /// The sealed text.
    pub async fn secret(&self, scope: &str, name: &str) -> Result<Option<String>, Error> {
        self.db().optional(SECRET, values![scope, name]).await?.map(|record| record.text("sealed")).transpose()
    }

    pub async fn secrets(&self) -> Result<Vec<SecretRow>, Error> {
        let secret = |record: &Record| {
            Ok(SecretRow {
                scope: record.text("scope")?,
                name: record.text("name")?,
                updated_by: record.text("updated_by")?,
                updated_at: record.time("updated_at")?,
            })
        };
        self.db().all(SECRETS, Vec::new()).await?.iter().map(secret).collect()
    }

    pub async fn remove_secret(&self, scope: &str, name: &str) -> Result<bool, Error> {
        Ok(self.db().execute(REMOVE_SECRET, values![scope, name]).await? > 0)
    }

    pub async fn put_var(&self, row: &VarRow) -> Result<(), Error> {
        self.db().execute(PUT_VAR, values![&row.scope, &row.name, &row.value, &row.updated_by, row.updated_at]).await.map(drop)
    }

    /// Of one scope, or of all.
    pub async fn vars(&self, scope: Option<&str>) -> Result<Vec<VarRow>, Error> {
        let var = |record: &Record| {
            Ok(VarRow {
                scope: record.text("scope")?,
                name: record.text("name")?,
                value: record.text("value")?,
                updated_by: record.text("updated_by")?,
                updated_at: record.time("updated_at")?,
            })
        };
        self.db().all(VARS, values![scope]).await?.iter().map(var).collect()
    }

    pub async fn remove_var(&self, scope: &str, name: &str) -> Result<bool, Error> {
        Ok(self.db().execute(REMOVE_VAR, values![scope, name]).await? > 0)
    }
}
