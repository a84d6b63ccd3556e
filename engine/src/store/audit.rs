//! What people did to the server itself, chained like the events of a pipeline (IF10).

use serde_json::Value as Json;
use sha2::{Digest as _, Sha256};

use crate::core::{Actor, Time};

use super::db::Tx;
use super::events::EventFilter;
use super::value::{Record, Value, json, values};
use super::{Error, Store};

pub(super) const STATEMENTS: &[&str] = &[ALLOCATE, LAST, INSERT, BEFORE, FROM];

const ALLOCATE: &str = "UPDATE counters SET value = value + 1 WHERE name = 'audit' RETURNING value";
const LAST: &str = "SELECT hash FROM audit WHERE seq = $1";
const INSERT: &str =
    "INSERT INTO audit (seq, at, actor, action, subject, previous_hash, hash, body) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
const BEFORE: &str = "SELECT seq, at, action, subject, body FROM audit WHERE seq < $1 ORDER BY seq DESC LIMIT $2";
const FROM: &str = "SELECT seq, at, actor, action, subject, previous_hash, hash, body FROM audit WHERE seq > $1 ORDER BY seq LIMIT 500";

/// One decision about the server: a user, token, runner, secret, setting.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditEntry {
    /// From 1, without a gap.
    pub seq: u64,
    pub at: Time,
    pub actor: Actor,
    /// What was done, such as `token.revoke`.
    pub action: String,
    /// To what.
    pub subject: String,
    pub detail: Json,
}

/// What of an entry is JSON.
#[derive(serde::Serialize, serde::Deserialize)]
struct Body {
    actor: Actor,
    detail: Json,
}

/// An entry to be: it is written in the transaction of what it tells of, so that neither is without the other (IF10).
#[derive(Debug, Clone, PartialEq)]
pub struct AuditNote {
    pub actor: Actor,
    /// What is done, such as `token.revoke`.
    pub action: String,
    /// To what.
    pub subject: String,
    pub detail: Json,
    pub at: Time,
}

impl AuditNote {
    #[must_use]
    pub fn new(actor: Actor, action: &str, subject: impl Into<String>, detail: Json, at: Time) -> Self {
        Self { actor, action: action.to_owned(), subject: subject.into(), detail, at }
    }
}

/// Part of the transaction that does it; answers the entry's number.
pub(super) async fn append(tx: &mut Tx<'_>, note: &AuditNote) -> Result<u64, Error> {
    let AuditNote { actor, action, subject, detail, at } = note;
    let body = json(&Body { actor: actor.clone(), detail: detail.clone() })?;
    let actor = EventFilter::actor_key(actor);
    let seq = tx.one(ALLOCATE, Vec::new()).await?.count("value")?;
    let last = tx.optional(LAST, values![seq.saturating_sub(1)]).await?;
    let previous = last.map_or_else(|| Ok(String::new()), |record| record.text("hash"))?;
    let hash = link(&previous, seq, *at, &actor, action, subject, &body);
    tx.execute(INSERT, values![seq, *at, actor, action, subject, previous, hash, body]).await?;
    Ok(seq)
}

/// One writing statement and, where it changed something, the entry that tells of it.
pub(super) async fn execute(tx: &mut Tx<'_>, sql: &'static str, values: Vec<Value>, note: Option<&AuditNote>) -> Result<u64, Error> {
    let changed = tx.execute(sql, values).await?;
    if let Some(note) = note.filter(|_| changed > 0) {
        append(tx, note).await?;
    }
    Ok(changed)
}

impl Store {
    /// Appends to the server's audit trail what belongs to no other change; answers the entry's number.
    pub async fn append_audit(&self, actor: &Actor, action: &str, subject: &str, detail: Json, now: Time) -> Result<u64, Error> {
        let note = AuditNote::new(actor.clone(), action, subject, detail, now);
        self.db().write(note, |tx, note| Box::pin(append(tx, note))).await
    }

    /// See [`execute`].
    pub(super) async fn execute_audited(&self, sql: &'static str, values: Vec<Value>, note: Option<AuditNote>) -> Result<u64, Error> {
        let parts = (sql, values, note);
        self.db().write(parts, |tx, (sql, values, note)| Box::pin(execute(tx, sql, values.clone(), note.as_ref()))).await
    }

    /// Newest first; start with `u64::MAX`.
    pub async fn audit_before(&self, seq: u64, limit: u32) -> Result<Vec<AuditEntry>, Error> {
        self.db().all(BEFORE, values![seq, limit]).await?.iter().map(entry).collect()
    }

    /// How many entries there are, or the number of the first that is missing or not what was once written.
    pub async fn verify_audit(&self) -> Result<Result<u64, u64>, Error> {
        self.db()
            .read((), |tx, ()| {
                Box::pin(async move {
                    let mut at = (0_u64, String::new());
                    loop {
                        let page = tx.all(FROM, values![at.0]).await?;
                        if page.is_empty() {
                            return Ok(Ok(at.0));
                        }
                        for record in &page {
                            let seq = at.0.saturating_add(1);
                            match follow(&at.1, seq, record)? {
                                Some(hash) => at = (seq, hash),
                                None => return Ok(Err(seq)),
                            }
                        }
                    }
                })
            })
            .await
    }
}

fn link(previous: &str, seq: u64, at: Time, actor: &str, action: &str, subject: &str, body: &str) -> String {
    // Lengths, so that no two different entries make the same text.
    let text = format!(
        "{previous}\n{seq}\n{}\n{}:{actor}{}:{action}{}:{subject}{}:{body}",
        at.0,
        actor.len(),
        action.len(),
        subject.len(),
        body.len()
    );
    hex::encode(Sha256::digest(text.as_bytes()))
}

fn follow(previous: &str, seq: u64, record: &Record) -> Result<Option<String>, Error> {
    let (actor, action, subject, body) = (record.text("actor")?, record.text("action")?, record.text("subject")?, record.text("body")?);
    let hash = link(previous, seq, record.time("at")?, &actor, &action, &subject, &body);
    let is_good = record.count("seq")? == seq && record.text("previous_hash")? == previous && record.text("hash")? == hash;
    Ok(is_good.then_some(hash))
}

fn entry(record: &Record) -> Result<AuditEntry, Error> {
    let Body { actor, detail } = record.body("audit", "seq")?;
    Ok(AuditEntry {
        seq: record.count("seq")?,
        at: record.time("at")?,
        actor,
        action: record.text("action")?,
        subject: record.text("subject")?,
        detail,
    })
}
