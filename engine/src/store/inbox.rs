//! What came in from outside and is acknowledged: kept until it is dealt with (R8).

use crate::core::Time;

use super::db::Tx;
use super::hint::Hint;
use super::script::Script;
use super::value::{Record, values};
use super::{Error, Store, sources};

pub(super) const STATEMENTS: &[&str] = &[PUT, CLAIM, DONE, AGAIN, GIVE_UP];

const PUT: &str =
    "INSERT INTO inbox (key, kind, received_at, due_at, tries, body) VALUES ($1, $2, $3, $3, 0, $4) ON CONFLICT (key) DO NOTHING";

const CLAIM: &str = "UPDATE inbox SET claimed_by = $1, claimed_until = $2, tries = tries + 1 WHERE key IN \
    (SELECT key FROM inbox WHERE done_at IS NULL AND failed_at IS NULL AND due_at <= $3 AND COALESCE(claimed_until, 0) <= $3 \
    ORDER BY due_at, key LIMIT $4) AND done_at IS NULL AND failed_at IS NULL AND COALESCE(claimed_until, 0) <= $3 \
    RETURNING key, kind, received_at, tries, body";

const DONE: &str = "UPDATE inbox SET done_at = $2, claimed_by = NULL, claimed_until = NULL, last_error = NULL \
    WHERE key = $1 AND done_at IS NULL";

const AGAIN: &str = "UPDATE inbox SET due_at = $2, last_error = $3, claimed_by = NULL, claimed_until = NULL \
    WHERE key = $1 AND done_at IS NULL";

const GIVE_UP: &str = "UPDATE inbox SET failed_at = $2, last_error = $3, claimed_by = NULL, claimed_until = NULL \
    WHERE key = $1 AND done_at IS NULL";

/// A message that this server may deal with until its claim ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboxMessage {
    pub key: String,
    /// What it is, such as `github_push`.
    pub kind: String,
    pub received_at: Time,
    /// This one included.
    pub tries: u64,
    pub body: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Received {
    New,
    /// The same key came before: a harmless replay.
    Again,
}

pub(super) async fn put(tx: &mut Tx<'_>, key: &str, kind: &str, body: &str, now: Time) -> Result<Received, Error> {
    let is_new = tx.execute(PUT, values![key, kind, now, body]).await? > 0;
    tx.notify(Hint::Inbox.to_text()).await?;
    Ok(if is_new { Received::New } else { Received::Again })
}

pub(super) fn finish(script: &mut Script, key: &str, now: Time) {
    script.add(DONE, values![key, now]);
}

impl Store {
    /// Keeps it; after this it may be acknowledged.
    pub async fn receive(&self, key: &str, kind: &str, body: &str, now: Time) -> Result<Received, Error> {
        let message = (key.to_owned(), kind.to_owned(), body.to_owned(), now);
        let received =
            self.db().write(message, |tx, (key, kind, body, now)| Box::pin(async move { put(tx, key, kind, body, *now).await })).await?;
        self.hint(Hint::Inbox);
        Ok(received)
    }

    /// Takes due messages; nobody else gets them before `until`.
    pub async fn claim_inbox(&self, now: Time, until: Time, limit: u32) -> Result<Vec<InboxMessage>, Error> {
        let records = self.db().execute_returning(CLAIM, values![self.server(), until, now, limit]).await?;
        let mut messages = records.iter().map(message).collect::<Result<Vec<_>, _>>()?;
        messages.sort_by(|a, b| (a.received_at, &a.key).cmp(&(b.received_at, &b.key)));
        Ok(messages)
    }

    /// Dealt with, where no [`super::Save::inbox_done`] says so.
    pub async fn inbox_done(&self, key: &str, now: Time) -> Result<(), Error> {
        self.db().execute(DONE, values![key, now]).await.map(drop)
    }

    /// Web hooks were read: the sources that they speak of are looked at now, and they are dealt with, all or nothing (R8).
    pub async fn inbox_pokes(&self, keys: Vec<String>, sources: Vec<String>, now: Time) -> Result<(), Error> {
        self.db()
            .write((keys, sources, now), |tx, (keys, sources, now)| {
                Box::pin(async move {
                    for source in sources {
                        tx.execute(sources::POKE, values![source, *now]).await?;
                    }
                    for key in keys {
                        tx.execute(DONE, values![key, *now]).await?;
                    }
                    Ok(())
                })
            })
            .await
    }

    pub async fn inbox_again(&self, key: &str, due_at: Time, error: &str) -> Result<(), Error> {
        self.db().execute(AGAIN, values![key, due_at, error]).await.map(drop)
    }

    /// It stays with its error for people to see.
    pub async fn inbox_give_up(&self, key: &str, now: Time, error: &str) -> Result<(), Error> {
        self.db().execute(GIVE_UP, values![key, now, error]).await.map(drop)
    }
}

fn message(record: &Record) -> Result<InboxMessage, Error> {
    Ok(InboxMessage {
        key: record.text("key")?,
        kind: record.text("kind")?,
        received_at: record.time("received_at")?,
        tries: record.count("tries")?,
        body: record.text("body")?,
    })
}
