//! Runners, and the one-time tokens with which they join.

use std::collections::BTreeMap;

use protocol::RunnerId;

use crate::core::Time;

use super::audit::{self, AuditNote};
use super::hint::Hint;
use super::value::{Record, Value, json, values};
use super::{Error, Store};

pub(super) const STATEMENTS: &[&str] = &[
    ADD_JOIN_TOKEN,
    JOIN_TOKENS,
    USE_JOIN_TOKEN,
    INSERT,
    LIST,
    BY_TOKEN,
    BY_NEXT_TOKEN,
    JOINED_BY,
    BY_ID,
    SEEN,
    SET_DRAINING,
    REVOKE,
    OFFER,
    PROMOTE,
];

const ADD_JOIN_TOKEN: &str = "INSERT INTO join_tokens (hash, pool, created_by, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)";
const JOIN_TOKENS: &str =
    "SELECT pool, created_by, created_at, expires_at, used_by, used_at FROM join_tokens ORDER BY created_at DESC, hash";
const USE_JOIN_TOKEN: &str =
    "UPDATE join_tokens SET used_by = $2, used_at = $3 WHERE hash = $1 AND used_by IS NULL AND expires_at > $3 RETURNING pool";

const INSERT: &str = "INSERT INTO runners (id, name, pool, labels, slots, version, token_hash, token_expires_at, registered_at, last_seen_at, draining) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10)";

macro_rules! runners {
    ($rest:literal) => {
        concat!(
            "SELECT id, name, pool, labels, slots, version, token_expires_at, registered_at, last_seen_at, draining, revoked_at FROM runners ",
            $rest
        )
    };
}

const LIST: &str = runners!("WHERE revoked_at IS NULL ORDER BY name, id");
const BY_TOKEN: &str = runners!("WHERE token_hash = $1 AND revoked_at IS NULL");
const BY_NEXT_TOKEN: &str = runners!("WHERE next_token_hash = $1 AND revoked_at IS NULL");
const JOINED_BY: &str =
    runners!("WHERE token_hash = $2 AND revoked_at IS NULL AND id IN (SELECT used_by FROM join_tokens WHERE hash = $1)");
const BY_ID: &str = runners!("WHERE id = $1");
const SEEN: &str = "UPDATE runners SET last_seen_at = $2 WHERE id = $1 AND last_seen_at < $3";
const SET_DRAINING: &str = "UPDATE runners SET draining = $2 WHERE id = $1 AND revoked_at IS NULL";
const REVOKE: &str = "UPDATE runners SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL";
const OFFER: &str = "UPDATE runners SET next_token_hash = $2 WHERE id = $1 AND token_hash = $3 AND revoked_at IS NULL";
const PROMOTE: &str = "UPDATE runners SET token_hash = next_token_hash, next_token_hash = NULL, token_expires_at = $3 \
    WHERE id = $1 AND next_token_hash = $2 AND revoked_at IS NULL";

/// How exact `last_seen_at` is, so that not every heartbeat of 10,000 runners writes.
const SEEN_EVERY_MS: u64 = 10_000;

/// A runner that has registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunnerRow {
    pub id: RunnerId,
    pub name: String,
    pub pool: String,
    pub labels: BTreeMap<String, String>,
    pub slots: u32,
    pub version: String,
    /// When its own token ends, unless it is renewed.
    pub token_expires_at: Time,
    pub registered_at: Time,
    /// Within ten seconds.
    pub last_seen_at: Time,
    pub draining: bool,
    pub revoked_at: Option<Time>,
}

/// A one-time token with which a runner may join a pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JoinToken {
    pub pool: String,
    pub created_by: String,
    pub created_at: Time,
    pub expires_at: Time,
    pub used_by: Option<String>,
    pub used_at: Option<Time>,
}

impl Store {
    pub async fn add_join_token(&self, token: &JoinToken, hash: &str, note: impl Into<Option<AuditNote>>) -> Result<(), Error> {
        let values = values![hash, &token.pool, &token.created_by, token.created_at, token.expires_at];
        self.execute_audited(ADD_JOIN_TOKEN, values, note.into()).await.map(drop)
    }

    /// Newest first.
    pub async fn join_tokens(&self) -> Result<Vec<JoinToken>, Error> {
        self.db().all(JOIN_TOKENS, Vec::new()).await?.iter().map(join_token).collect()
    }

    /// Uses up a join token and adds the runner in its pool; none when the token is unknown, used or over.
    pub async fn register_runner(&self, join_hash: &str, runner: RunnerRow, token_hash: &str) -> Result<Option<RunnerRow>, Error> {
        let registration = (join_hash.to_owned(), runner, token_hash.to_owned());
        let registered = self
            .db()
            .write(registration, |tx, (join_hash, runner, token_hash)| {
                Box::pin(async move {
                    let used = tx.optional(USE_JOIN_TOKEN, values![join_hash, &runner.id, runner.registered_at]).await?;
                    let Some(pool) = used.map(|record| record.text("pool")).transpose()? else { return Ok(None) };
                    let runner = RunnerRow { pool, ..runner.clone() };
                    let labels = json(&runner.labels)?;
                    let values = values![
                        &runner.id,
                        &runner.name,
                        &runner.pool,
                        labels,
                        runner.slots,
                        &runner.version,
                        token_hash,
                        runner.token_expires_at,
                        runner.registered_at,
                        runner.draining
                    ];
                    tx.execute(INSERT, values).await?;
                    tx.notify(Hint::Runners.to_text()).await?;
                    Ok(Some(runner))
                })
            })
            .await?;
        self.hint(Hint::Runners);
        Ok(registered)
    }

    /// Those that are not revoked, by name.
    pub async fn runners(&self) -> Result<Vec<RunnerRow>, Error> {
        self.db().all(LIST, Vec::new()).await?.iter().map(runner).collect()
    }

    /// The runner in force whose own token has this hash.
    pub async fn runner_by_token(&self, token_hash: &str) -> Result<Option<RunnerRow>, Error> {
        if self.is_shared() {
            return self.runner_where(BY_TOKEN, values![token_hash]).await;
        }
        let asked = match self.inner.roster.by_token(token_hash) {
            Ok(known) => return Ok(Some(known)),
            Err(asked) => asked,
        };
        let found = self.runner_where(BY_TOKEN, values![token_hash]).await?;
        if let Some(runner) = &found {
            self.inner.roster.keep(token_hash, runner, asked);
        }
        Ok(found)
    }

    /// The runner in force that has offered the token of this hash as its next one.
    pub async fn runner_by_next_token(&self, token_hash: &str) -> Result<Option<RunnerRow>, Error> {
        self.runner_where(BY_NEXT_TOKEN, values![token_hash]).await
    }

    /// The runner that used up this join token, when its own token has this hash.
    pub async fn runner_joined_by(&self, join_hash: &str, token_hash: &str) -> Result<Option<RunnerRow>, Error> {
        self.runner_where(JOINED_BY, values![join_hash, token_hash]).await
    }

    pub async fn runner(&self, id: &RunnerId) -> Result<Option<RunnerRow>, Error> {
        match self.inner.roster.by_id(id) {
            Some(known) => Ok(Some(known)),
            None => self.runner_where(BY_ID, values![id]).await,
        }
    }

    async fn runner_where(&self, sql: &'static str, values: Vec<Value>) -> Result<Option<RunnerRow>, Error> {
        self.db().optional(sql, values).await?.as_ref().map(runner).transpose()
    }

    /// Writes at most once in ten seconds.
    pub async fn runner_seen(&self, runner: &RunnerRow, now: Time) -> Result<(), Error> {
        if now.since_ms(runner.last_seen_at) < SEEN_EVERY_MS {
            return Ok(());
        }
        self.db().execute(SEEN, values![&runner.id, now, now - SEEN_EVERY_MS]).await?;
        self.inner.roster.seen(&runner.id, now);
        Ok(())
    }

    pub async fn set_draining(&self, id: &RunnerId, draining: bool, note: impl Into<Option<AuditNote>>) -> Result<bool, Error> {
        self.change_runner(SET_DRAINING, values![id, draining], note.into()).await
    }

    pub async fn revoke_runner(&self, id: &RunnerId, now: Time, note: impl Into<Option<AuditNote>>) -> Result<bool, Error> {
        self.change_runner(REVOKE, values![id, now], note.into()).await
    }

    /// Remembers the hash of the token that a runner will use next; the one that it asks with counts on until then.
    pub async fn offer_runner_token(&self, id: &RunnerId, hash: &str, next_hash: &str) -> Result<bool, Error> {
        self.change_runner(OFFER, values![id, next_hash, hash], None).await
    }

    /// The next token was used: it is the runner's token from now on, and the one before it is none any more.
    pub async fn promote_runner_token(&self, id: &RunnerId, next_hash: &str, expires_at: Time) -> Result<bool, Error> {
        self.change_runner(PROMOTE, values![id, next_hash, expires_at], None).await
    }

    async fn change_runner(&self, sql: &'static str, values: Vec<Value>, note: Option<AuditNote>) -> Result<bool, Error> {
        let written = self
            .db()
            .write((sql, values, note), |tx, (sql, values, note)| {
                Box::pin(async move {
                    let changed = audit::execute(tx, sql, values.clone(), note.as_ref()).await? > 0;
                    tx.notify(Hint::Runners.to_text()).await?;
                    Ok(changed)
                })
            })
            .await;
        // Whatever became of it: a commit whose answer was lost may stand.
        self.inner.roster.forget();
        let changed = written?;
        self.hint(Hint::Runners);
        Ok(changed)
    }
}

fn runner(record: &Record) -> Result<RunnerRow, Error> {
    let id = record.text("id")?;
    Ok(RunnerRow {
        id: RunnerId::try_from(id.clone()).map_err(|error| Error::malformed("runners", id, error))?,
        name: record.text("name")?,
        pool: record.text("pool")?,
        labels: record.json("labels")?,
        slots: u32::try_from(record.count("slots")?).unwrap_or(u32::MAX),
        version: record.text("version")?,
        token_expires_at: record.time("token_expires_at")?,
        registered_at: record.time("registered_at")?,
        last_seen_at: record.time("last_seen_at")?,
        draining: record.boolean("draining")?,
        revoked_at: record.optional_time("revoked_at")?,
    })
}

fn join_token(record: &Record) -> Result<JoinToken, Error> {
    Ok(JoinToken {
        pool: record.text("pool")?,
        created_by: record.text("created_by")?,
        created_at: record.time("created_at")?,
        expires_at: record.time("expires_at")?,
        used_by: record.optional_text("used_by")?,
        used_at: record.optional_time("used_at")?,
    })
}
