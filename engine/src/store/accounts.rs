//! Accounts of a cloud, and how assuming their roles went last.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::core::Time;
use crate::ports::Partition;

use super::audit::AuditNote;
use super::value::{Record, json, values};
use super::{Error, Store};

pub(super) const STATEMENTS: &[&str] = &[INSERT, LIST, BY_ID, REMOVE, HEALTH];

const INSERT: &str = "INSERT INTO accounts (id, name, body, health) VALUES ($1, $2, $3, $4)";
const LIST: &str = "SELECT id, name, body, health FROM accounts ORDER BY name";
const BY_ID: &str = "SELECT id, name, body, health FROM accounts WHERE id = $1";
const REMOVE: &str = "DELETE FROM accounts WHERE id = $1";
const HEALTH: &str = "UPDATE accounts SET health = $2 WHERE id = $1";

/// An account that targets may live in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountRow {
    /// Twelve digits.
    pub id: String,
    /// As pipeline files and targets name it; unique on the server.
    pub name: String,
    pub partition: Partition,
    /// Names of roles that may be assumed, the usual one first.
    pub roles: Vec<String>,
    pub labels: BTreeMap<String, String>,
    /// The regions that targets may be in, each with labels of its own.
    pub regions: BTreeMap<String, BTreeMap<String, String>>,
    /// A registration of before says nothing: by the principal.
    #[serde(default)]
    pub entered_by: EnteredBy,
    /// Made by the server (abuse case 9): whoever writes pipeline files cannot choose it.
    pub external_id: String,
    pub created_at: Time,
    pub created_by: String,
}

/// By what the server enters an account.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EnteredBy {
    /// AssumeRole, with the server's own principal and the account's external id.
    #[default]
    Principal,
    /// AssumeRoleWithWebIdentity, with a token that the server signs: it needs no principal.
    WebIdentity,
}

/// How it went last, by region.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountHealth {
    /// When it was last checked, its role could be assumed with another external id.
    #[serde(default)]
    pub is_open: bool,
    pub regions: BTreeMap<String, RegionHealth>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RegionHealth {
    /// When its role was last asked for, by a check or for a job.
    pub at: Time,
    /// What was wrong; none: it was assumed.
    pub problem: Option<String>,
    pub last_assumed_at: Option<Time>,
}

impl Store {
    /// [`Error::Exists`] when the id or the name is taken.
    pub async fn add_account(&self, account: &AccountRow, note: impl Into<Option<AuditNote>>) -> Result<(), Error> {
        let values = values![&account.id, &account.name, json(account)?, json(&AccountHealth::default())?];
        self.execute_audited(INSERT, values, note.into()).await.map(drop)
    }

    /// By name.
    pub async fn accounts(&self) -> Result<Vec<(AccountRow, AccountHealth)>, Error> {
        self.db().all(LIST, Vec::new()).await?.iter().map(account).collect()
    }

    pub async fn account(&self, id: &str) -> Result<Option<(AccountRow, AccountHealth)>, Error> {
        self.db().optional(BY_ID, values![id]).await?.as_ref().map(account).transpose()
    }

    pub async fn remove_account(&self, id: &str, note: impl Into<Option<AuditNote>>) -> Result<bool, Error> {
        Ok(self.execute_audited(REMOVE, values![id], note.into()).await? > 0)
    }

    pub async fn set_account_health(&self, id: &str, health: &AccountHealth) -> Result<(), Error> {
        self.db().execute(HEALTH, values![id, json(health)?]).await.map(drop)
    }
}

fn account(record: &Record) -> Result<(AccountRow, AccountHealth), Error> {
    Ok((record.json("body")?, record.json("health")?))
}
