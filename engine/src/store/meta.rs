//! What the data says of itself: its generation, its instance, whether it was restored (R2, R12).

use std::collections::BTreeMap;

use protocol::Generation;

use crate::core::Time;

use super::db::Tx;
use super::value::values;
use super::{Error, Store};

pub(super) const STATEMENTS: &[&str] = &[ALL, PUT, PUT_NEW, REMOVE, END_TOKENS, END_RUNNERS, END_SESSIONS, END_JOINING];

const ALL: &str = "SELECT key, value FROM meta";
const PUT: &str = "INSERT INTO meta (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value";
const PUT_NEW: &str = "INSERT INTO meta (key, value) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING";
const REMOVE: &str = "DELETE FROM meta WHERE key = $1";
const END_TOKENS: &str = "UPDATE tokens SET revoked_at = $1 WHERE revoked_at IS NULL";
const END_RUNNERS: &str = "UPDATE runners SET revoked_at = $1 WHERE revoked_at IS NULL";
const END_SESSIONS: &str = "DELETE FROM sessions";
const END_JOINING: &str = "DELETE FROM join_tokens WHERE used_by IS NULL";

/// Facts about the data as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meta {
    /// +1 at each restore (R2).
    pub generation: Generation,
    /// Made when the database was first opened; goes with it into backups.
    pub instance: String,
    /// Set by a restore until a person has released the hold (R12).
    pub restored_at: Option<Time>,
}

impl Store {
    pub async fn meta(&self) -> Result<Meta, Error> {
        let mut facts = BTreeMap::new();
        for record in self.db().all(ALL, Vec::new()).await? {
            facts.insert(record.text("key")?, record.text("value")?);
        }
        read(&facts)
    }

    /// The data comes from a backup: a new generation, so that nothing from before is accepted (R12).
    pub async fn mark_restored(&self, now: Time) -> Result<Generation, Error> {
        self.db()
            .write(now, |tx, now| {
                Box::pin(async move {
                    let next = Generation(generation(tx).await?.0.saturating_add(1));
                    tx.execute(PUT, values!["generation", next.0.to_string()]).await?;
                    tx.execute(PUT, values!["restored_at", now.0.to_string()]).await?;
                    Ok(next)
                })
            })
            .await
    }

    /// Every API token, runner and session ends: a backup knows nothing of those that were revoked after it (ID8).
    pub async fn end_access(&self, now: Time) -> Result<(), Error> {
        let ended = self
            .db()
            .write(now, |tx, now| {
                Box::pin(async move {
                    tx.execute(END_TOKENS, values![*now]).await?;
                    tx.execute(END_RUNNERS, values![*now]).await?;
                    tx.execute(END_SESSIONS, values![]).await?;
                    tx.execute(END_JOINING, values![]).await?;
                    Ok(())
                })
            })
            .await;
        self.inner.roster.forget();
        ended
    }

    /// A person has looked at everything and lets it go on.
    pub async fn release_restored(&self) -> Result<(), Error> {
        self.db().execute(REMOVE, values!["restored_at"]).await.map(drop)
    }

    /// Whoever opens the database first names it.
    pub(super) async fn name_instance(&self) -> Result<(), Error> {
        self.db().execute(PUT_NEW, values!["instance", self.server()]).await.map(drop)
    }
}

async fn generation(tx: &mut Tx<'_>) -> Result<Generation, Error> {
    let mut facts = BTreeMap::new();
    for record in tx.all(ALL, Vec::new()).await? {
        facts.insert(record.text("key")?, record.text("value")?);
    }
    Ok(read(&facts)?.generation)
}

fn read(facts: &BTreeMap<String, String>) -> Result<Meta, Error> {
    let fact = |key: &str| facts.get(key).ok_or_else(|| Error::malformed("meta", key, "it is missing"));
    let generation = fact("generation")?.parse().map_err(|error| Error::malformed("meta", "generation", error))?;
    let restored_at = facts.get("restored_at").map(|text| text.parse().map_err(|error| Error::malformed("meta", "restored_at", error)));
    Ok(Meta { generation: Generation(generation), instance: fact("instance")?.clone(), restored_at: restored_at.transpose()?.map(Time) })
}
