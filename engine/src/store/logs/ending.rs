//! The end of a log: what its runner had, sealing, and forgetting.

use bytes::Bytes;
use protocol::AttemptId;

use crate::core::Time;
use crate::store::db::Tx;
use crate::store::hint::Hint;
use crate::store::script::Script;
use crate::store::value::values;
use crate::store::{Error, Store};

use super::{CHUNKS, LogChunkRow, START, written};

pub(super) const STATEMENTS: &[&str] =
    &[FILL, FILLED, END, SEAL_SINGLE, CLAIM, NEXT, FREE, SEAL, BLOBS, DROP_CHUNKS, OLD, DROP, BURY, DEAD, DROP_DEAD, NEXT_DEAD];

const FILL: &str = "INSERT INTO log_chunks (attempt, start_byte, length, digest, first_line, line_count, bytes, line_times) \
    SELECT attempt, 0, $2, $3, 0, $4, $5, $6 FROM logs WHERE attempt = $1 AND stored_bytes = 0 AND ended_at IS NULL AND sealed_at IS NULL";
const FILLED: &str = "UPDATE logs SET stored_bytes = $2, lines = $3 \
    WHERE attempt = $1 AND stored_bytes = 0 AND ended_at IS NULL AND sealed_at IS NULL";

/// The first report counts (IA7).
const END: &str = "INSERT INTO logs (attempt, stored_bytes, lines, created_at, ended_at, runner_bytes, runner_digest) \
    VALUES ($1, 0, 0, $2, $2, $3, $4) ON CONFLICT (attempt) DO UPDATE SET ended_at = excluded.ended_at, \
    runner_bytes = excluded.runner_bytes, runner_digest = excluded.runner_digest WHERE logs.ended_at IS NULL";

/// A log that is empty, or one piece in its row, is as good as sealed when its digest is its runner's.
const SEAL_SINGLE: &str = "UPDATE logs SET sealed_at = $2, digest = $4 WHERE attempt = $1 AND sealed_at IS NULL AND stored_bytes = $3 \
    AND (stored_bytes = 0 OR EXISTS (SELECT 1 FROM log_chunks WHERE log_chunks.attempt = logs.attempt AND start_byte = 0 \
    AND length = $3 AND log_chunks.digest = $4 AND bytes IS NOT NULL))";

const CLAIM: &str = "UPDATE logs SET seal_claimed_until = $2 WHERE attempt IN (SELECT attempt FROM logs WHERE sealed_at IS NULL \
    AND ended_at IS NOT NULL AND COALESCE(seal_claimed_until, 0) <= $1 ORDER BY ended_at, attempt LIMIT $3) AND sealed_at IS NULL \
    AND COALESCE(seal_claimed_until, 0) <= $1 RETURNING attempt, runner_bytes, runner_digest";
const NEXT: &str = "SELECT MIN(COALESCE(seal_claimed_until, ended_at)) AS due FROM logs WHERE sealed_at IS NULL AND ended_at IS NOT NULL";
const FREE: &str = "UPDATE logs SET seal_claimed_until = NULL WHERE sealed_at IS NULL AND ended_at IS NOT NULL";

const SEAL: &str = "UPDATE logs SET sealed_at = $2, digest = $3, sealed_blob = $4 WHERE attempt = $1 AND sealed_at IS NULL";
const BLOBS: &str = "SELECT DISTINCT blob_key FROM log_chunks WHERE attempt = $1 AND blob_key IS NOT NULL";
const DROP_CHUNKS: &str = "DELETE FROM log_chunks WHERE attempt = $1";

/// A log whose attempt never reported is not sealed, and goes when nothing can be added to it any more.
const OLD: &str = "SELECT attempt FROM logs WHERE created_at < $1 AND (sealed_at IS NOT NULL OR NOT EXISTS \
    (SELECT 1 FROM attempts WHERE attempts.id = logs.attempt AND attempts.state <> 'ended')) ORDER BY created_at LIMIT $2";
const DROP: &str = "DELETE FROM logs WHERE attempt = $1";

const BURY: &str = "INSERT INTO dead_blobs (key, dead_at) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING";
const DEAD: &str = "SELECT key FROM dead_blobs WHERE dead_at <= $1 ORDER BY dead_at, key LIMIT $2";
const DROP_DEAD: &str = "DELETE FROM dead_blobs WHERE key = $1";
const NEXT_DEAD: &str = "SELECT MIN(dead_at) AS due FROM dead_blobs";

/// What the runner says of a log when its attempt has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEnd {
    pub attempt: AttemptId,
    pub bytes: u64,
    /// SHA-256 in hexadecimal.
    pub digest: String,
    /// All of it, where the report brought it along. Counts only where nothing was stored before.
    pub whole: Option<WholeLog>,
}

/// A short log in one piece.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WholeLog {
    pub bytes: Bytes,
    /// Line ends in it.
    pub line_count: u64,
    /// As [`LogChunkRow::line_times`].
    pub line_times: Option<Bytes>,
}

/// A log, cut anew for good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedLog {
    pub attempt: AttemptId,
    /// SHA-256 of what is stored.
    pub digest: String,
    /// None where all of it stands in its rows.
    pub blob: Option<String>,
    /// In order, gaps included.
    pub chunks: Vec<LogChunkRow>,
}

/// Part of the transaction that ends the attempt.
pub(crate) fn end(script: &mut Script, log: &LogEnd, now: Time) {
    if let Some(whole) = log.whole.as_ref().filter(|whole| !whole.bytes.is_empty()) {
        script.add(START, values![&log.attempt, now]);
        let line_times = whole.line_times.as_ref().map(|times| times.to_vec());
        script.add(FILL, values![&log.attempt, log.bytes, &log.digest, whole.line_count, Some(whole.bytes.to_vec()), line_times]);
        script.add(FILLED, values![&log.attempt, log.bytes, whole.line_count]);
    }
    script.add(END, values![&log.attempt, now, log.bytes, &log.digest]);
    script.add(SEAL_SINGLE, values![&log.attempt, now, log.bytes, &log.digest]);
}

/// Forgets a log; its blobs go later.
pub(crate) async fn forget(tx: &mut Tx<'_>, before: Time, limit: u32, now: Time) -> Result<u64, Error> {
    let mut removed = 0;
    for log in tx.all(OLD, values![before, limit]).await? {
        let attempt = log.text("attempt")?;
        bury_blobs_of(tx, &attempt, now).await?;
        removed += tx.execute(DROP, values![&attempt]).await?;
    }
    Ok(removed)
}

async fn bury_blobs_of(tx: &mut Tx<'_>, attempt: &str, now: Time) -> Result<(), Error> {
    for record in tx.all(BLOBS, values![attempt]).await? {
        tx.execute(BURY, values![record.text("blob_key")?, now]).await?;
    }
    Ok(())
}

impl Store {
    /// Keeps what the runner says of a log, beside [`Store::save`] which does so for a report that changed something.
    pub async fn end_log(&self, log: LogEnd, now: Time) -> Result<(), Error> {
        let hint = Hint::Log(log.attempt.to_string());
        self.db()
            .write((log, now), |tx, (log, now)| {
                Box::pin(async move {
                    let mut script = Script::default();
                    end(&mut script, log, *now);
                    tx.run(script).await?;
                    tx.notify(Hint::Log(log.attempt.to_string()).to_text()).await
                })
            })
            .await?;
        self.hint(hint);
        Ok(())
    }

    /// Takes logs that have ended and are not sealed; nobody else gets them before `until`.
    pub async fn claim_unsealed_logs(&self, now: Time, until: Time, limit: u32) -> Result<Vec<LogEnd>, Error> {
        let records = self.db().execute_returning(CLAIM, values![now, until, limit]).await?;
        let end = |record: &crate::store::value::Record| {
            let attempt = record.text("attempt")?;
            Ok(LogEnd {
                attempt: AttemptId::try_from(attempt.clone()).map_err(|error| Error::malformed("logs", attempt, error))?,
                bytes: record.count("runner_bytes")?,
                digest: record.text("runner_digest")?,
                whole: None,
            })
        };
        records.iter().map(end).collect()
    }

    /// When the next log can be sealed.
    pub async fn next_unsealed_log_at(&self) -> Result<Option<Time>, Error> {
        self.db().optional(NEXT, Vec::new()).await?.map_or(Ok(None), |record| record.optional_time("due"))
    }

    pub(in crate::store) async fn free_logs(&self) -> Result<(), Error> {
        self.db().execute(FREE, Vec::new()).await.map(drop)
    }

    /// Puts the sealed log in the place of its chunks, whose blobs are dead from now on. False when somebody was
    /// quicker: then the new blob is dead.
    pub async fn seal_log(&self, log: SealedLog, now: Time) -> Result<bool, Error> {
        let hint = Hint::Log(log.attempt.to_string());
        let sealed = self
            .db()
            .write((log, now), |tx, (log, now)| {
                Box::pin(async move {
                    if tx.execute(SEAL, values![&log.attempt, *now, &log.digest, log.blob.as_deref()]).await? == 0 {
                        if let Some(blob) = &log.blob {
                            tx.execute(BURY, values![blob, *now]).await?;
                        }
                        return Ok(false);
                    }
                    bury_blobs_of(tx, log.attempt.as_str(), *now).await?;
                    tx.execute(DROP_CHUNKS, values![&log.attempt]).await?;
                    tx.insert_all(&CHUNKS, log.chunks.iter().map(|chunk| written(&log.attempt, chunk)).collect()).await?;
                    tx.notify(Hint::Log(log.attempt.to_string()).to_text()).await?;
                    Ok(true)
                })
            })
            .await?;
        self.hint(hint);
        Ok(sealed)
    }

    /// Blobs that no row names any more since `before`.
    pub async fn dead_blobs(&self, before: Time, limit: u32) -> Result<Vec<String>, Error> {
        self.db().all(DEAD, values![before, limit]).await?.iter().map(|record| record.text("key")).collect()
    }

    /// Since when the oldest dead blob is dead.
    pub async fn oldest_dead_blob(&self) -> Result<Option<Time>, Error> {
        self.db().optional(NEXT_DEAD, Vec::new()).await?.map_or(Ok(None), |record| record.optional_time("due"))
    }

    /// The blob is gone.
    pub async fn blob_removed(&self, key: &str) -> Result<(), Error> {
        self.db().execute(DROP_DEAD, values![key]).await.map(drop)
    }
}
