//! What must leave, at least once, under one key (ID5).

use crate::core::Time;
use crate::core::effect::Delivery;
use crate::core::id::PipelineId;

use super::hint::Hint;
use super::script::Script;
use super::value::{Record, values, word};
use super::{Error, Store};

pub(super) const STATEMENTS: &[&str] = &[PUT_ONCE, PUT_NEWEST, CLAIM, DONE, AGAIN, GIVE_UP, FREE, WAITING];

const PUT_ONCE: &str = "INSERT INTO outbox (key, revision, kind, delivery, pipeline_id, created_at, due_at, tries, body) \
    VALUES ($1, 1, $2, $3, $4, $5, $6, 0, $7) ON CONFLICT (key) DO NOTHING";

/// A newer message takes the place of one that has not left; the number of its revision goes up, so that
/// whoever is sending the older one cannot mark the newer one done. The claim stays: two of one key never leave at the
/// same time, so that the newer one cannot arrive before the older.
const PUT_NEWEST: &str = "INSERT INTO outbox (key, revision, kind, delivery, pipeline_id, created_at, due_at, tries, body) \
    VALUES ($1, 1, $2, $3, $4, $5, $6, 0, $7) ON CONFLICT (key) DO UPDATE SET revision = outbox.revision + 1, kind = excluded.kind, \
    created_at = excluded.created_at, due_at = excluded.due_at, tries = 0, done_at = NULL, \
    failed_at = NULL, last_error = NULL, body = excluded.body";

const CLAIM: &str = "UPDATE outbox SET claimed_by = $1, claimed_until = $2, tries = tries + 1 WHERE key IN \
    (SELECT key FROM outbox WHERE done_at IS NULL AND failed_at IS NULL AND due_at <= $3 AND COALESCE(claimed_until, 0) <= $3 \
    ORDER BY due_at, key LIMIT $4) AND done_at IS NULL AND failed_at IS NULL AND COALESCE(claimed_until, 0) <= $3 \
    RETURNING key, revision, kind, pipeline_id, created_at, due_at, tries, body";

const DONE: &str = "UPDATE outbox SET done_at = $3, claimed_by = NULL, claimed_until = NULL, last_error = NULL \
    WHERE key = $1 AND revision = $2 AND done_at IS NULL";

const AGAIN: &str = "UPDATE outbox SET due_at = $3, last_error = $4, claimed_by = NULL, claimed_until = NULL \
    WHERE key = $1 AND revision = $2 AND done_at IS NULL";

const GIVE_UP: &str = "UPDATE outbox SET failed_at = $3, last_error = $4, claimed_by = NULL, claimed_until = NULL \
    WHERE key = $1 AND revision = $2 AND done_at IS NULL";

/// The newer message that came while the older one left may be taken now.
const FREE: &str = "UPDATE outbox SET claimed_by = NULL, claimed_until = NULL WHERE key = $1 AND revision > $2 AND claimed_by = $3";

const WAITING: &str = "SELECT COUNT(*) AS waiting, CAST(COALESCE(MIN(due_at), 0) AS BIGINT) AS oldest FROM outbox \
    WHERE done_at IS NULL AND failed_at IS NULL";

/// Something to carry out after the commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxMessage {
    /// The same for every try; with [`Delivery::NewestWins`] also the place that is overwritten.
    pub key: String,
    /// What it is for whoever carries it out, such as `notify` or `status`.
    pub kind: String,
    pub delivery: Delivery,
    pub due_at: Time,
    /// JSON.
    pub body: String,
}

/// A message that this server may carry out until its claim ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueMessage {
    pub key: String,
    pub revision: u64,
    pub kind: String,
    pub pipeline: Option<PipelineId>,
    pub created_at: Time,
    /// This one included.
    pub tries: u64,
    pub body: String,
}

pub(super) fn put(script: &mut Script, pipeline: Option<&PipelineId>, message: &OutboxMessage, now: Time) -> Result<(), Error> {
    let sql = match message.delivery {
        Delivery::AtLeastOnce => PUT_ONCE,
        Delivery::NewestWins => PUT_NEWEST,
    };
    let delivery = word(&message.delivery)?;
    let pipeline = pipeline.map(PipelineId::as_str);
    script.add(sql, values![&message.key, &message.kind, delivery, pipeline, now, message.due_at, &message.body]);
    Ok(())
}

impl Store {
    /// A message that belongs to no pipeline.
    pub async fn put_outbox(&self, message: OutboxMessage, now: Time) -> Result<(), Error> {
        self.db()
            .write((message, now), |tx, (message, now)| {
                Box::pin(async move {
                    let mut script = Script::default();
                    put(&mut script, None, message, *now)?;
                    tx.run(script).await?;
                    tx.notify(Hint::Outbox.to_text()).await
                })
            })
            .await?;
        self.hint(Hint::Outbox);
        Ok(())
    }

    /// Takes due messages, oldest first; nobody else gets them before `until`.
    pub async fn claim_outbox(&self, now: Time, until: Time, limit: u32) -> Result<Vec<DueMessage>, Error> {
        let records = self.db().execute_returning(CLAIM, values![self.server(), until, now, limit]).await?;
        let mut messages = records.iter().map(due).collect::<Result<Vec<_>, _>>()?;
        messages.sort_by(|a, b| (a.created_at, &a.key).cmp(&(b.created_at, &b.key)));
        Ok(messages)
    }

    /// It has left. False when a newer message took its place meanwhile.
    pub async fn outbox_done(&self, message: &DueMessage, now: Time) -> Result<bool, Error> {
        let is_done = self.db().execute(DONE, values![&message.key, message.revision, now]).await? > 0;
        if !is_done {
            self.free_newer(message).await?;
        }
        Ok(is_done)
    }

    async fn free_newer(&self, message: &DueMessage) -> Result<(), Error> {
        if self.db().execute(FREE, values![&message.key, message.revision, self.server()]).await? > 0 {
            self.hint(Hint::Outbox);
        }
        Ok(())
    }

    /// It could not be delivered: again at `due_at`.
    pub async fn outbox_again(&self, message: &DueMessage, due_at: Time, error: &str) -> Result<(), Error> {
        if self.db().execute(AGAIN, values![&message.key, message.revision, due_at, error]).await? == 0 {
            self.free_newer(message).await?;
        }
        Ok(())
    }

    /// Trying again changes nothing: it stays with its error for people to see.
    pub async fn outbox_give_up(&self, message: &DueMessage, now: Time, error: &str) -> Result<(), Error> {
        if self.db().execute(GIVE_UP, values![&message.key, message.revision, now, error]).await? == 0 {
            self.free_newer(message).await?;
        }
        Ok(())
    }

    /// How many messages wait, and since when the oldest is due.
    pub async fn outbox_waiting(&self) -> Result<(u64, Option<Time>), Error> {
        let record = self.db().optional(WAITING, Vec::new()).await?.ok_or_else(|| Error::Statement("no count".to_owned()))?;
        let waiting = record.count("waiting")?;
        Ok((waiting, (waiting > 0).then_some(record.time("oldest")?)))
    }
}

fn due(record: &Record) -> Result<DueMessage, Error> {
    Ok(DueMessage {
        key: record.text("key")?,
        revision: record.count("revision")?,
        kind: record.text("kind")?,
        pipeline: record.optional_text("pipeline_id")?.map(PipelineId),
        created_at: record.time("created_at")?,
        tries: record.count("tries")?,
        body: record.text("body")?,
    })
}
