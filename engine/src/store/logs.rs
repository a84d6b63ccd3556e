//! The index of logs: which bytes and lines stand in which blob (R10, ID9).

use protocol::AttemptId;

use crate::core::Time;

use super::db::{Insert, Tx};
use super::hint::Hint;
use super::value::{Record, values};
use super::{Error, Store};

pub(super) const STATEMENTS: &[&str] = &[START, HEAD, ADVANCE, FROM_BYTE, FROM_LINE, SEAL, CHUNK_BLOBS, DROP_CHUNKS];

const CHUNKS: Insert = Insert {
    into: "INSERT INTO log_chunks (attempt, start_byte, length, digest, blob_key, first_line, line_count)",
    columns: 7,
    conflict: "",
};
pub(super) const INSERTS: &[&Insert] = &[&CHUNKS];

const START: &str = "INSERT INTO logs (attempt, stored_bytes, lines, created_at) VALUES ($1, 0, 0, $2) ON CONFLICT (attempt) DO NOTHING";
const HEAD: &str = "SELECT attempt, stored_bytes, lines, created_at, sealed_at, digest, sealed_blob FROM logs WHERE attempt = $1";

/// Only whoever knows the end may go on from there.
const ADVANCE: &str = "UPDATE logs SET stored_bytes = $3, lines = $4 WHERE attempt = $1 AND stored_bytes = $2 AND sealed_at IS NULL";

const FROM_BYTE: &str = "SELECT start_byte, length, digest, blob_key, first_line, line_count FROM log_chunks \
    WHERE attempt = $1 AND start_byte + length > $2 ORDER BY start_byte LIMIT $3";

/// The chunk in which line $2 (from 0) begins: its line end before is in this chunk or it is the first.
const FROM_LINE: &str = "SELECT start_byte, length, digest, blob_key, first_line, line_count FROM log_chunks \
    WHERE attempt = $1 AND first_line + line_count >= $2 ORDER BY start_byte LIMIT $3";

const SEAL: &str = "UPDATE logs SET sealed_at = $2, digest = $3, sealed_blob = $4 WHERE attempt = $1 AND sealed_at IS NULL";

const CHUNK_BLOBS: &str = "SELECT blob_key FROM log_chunks WHERE attempt = $1 AND blob_key IS NOT NULL ORDER BY start_byte";

/// The sealed blob holds the same bytes; the lines of the chunks go on serving as an index into it.
const DROP_CHUNKS: &str = "UPDATE log_chunks SET blob_key = NULL WHERE attempt = $1 AND blob_key IS NOT NULL";

/// A piece of log whose bytes stand in a blob already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewLogChunk {
    pub attempt: AttemptId,
    /// Where it starts, in bytes from the log's beginning.
    pub offset: u64,
    pub length: u64,
    pub digest: String,
    pub blob_key: String,
    /// Line ends in it.
    pub line_count: u64,
    /// The bytes from the stored end up to `offset` are lost for good.
    pub gap: bool,
}

/// How far a log is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogHead {
    pub attempt: String,
    /// Everything before is stored, or recorded as a gap.
    pub stored_bytes: u64,
    /// Line ends so far.
    pub lines: u64,
    pub created_at: Time,
    pub sealed_at: Option<Time>,
    pub digest: Option<String>,
    /// The whole log, compressed, once it is sealed.
    pub sealed_blob: Option<String>,
}

/// A chunk of a log. Chunks follow each other without overlap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogChunkRow {
    pub start_byte: u64,
    pub length: u64,
    pub digest: Option<String>,
    /// None for a gap, and once the log is sealed.
    pub blob_key: Option<String>,
    /// Line ends before this chunk: the number, from 0, of the line that it starts in.
    pub first_line: u64,
    pub line_count: u64,
}

impl LogChunkRow {
    /// These bytes were lost on the runner's side.
    #[must_use]
    pub fn is_gap(&self) -> bool {
        self.digest.is_none()
    }
}

impl Store {
    /// Adds a chunk at the end of a log and answers how far it is stored.
    ///
    /// What is stored already, overlaps it, or lies beyond the end without being declared a gap changes
    /// nothing: the answer says where the runner should go on.
    pub async fn append_log(&self, chunk: NewLogChunk, now: Time) -> Result<LogHead, Error> {
        let hint = Hint::Log(chunk.attempt.to_string());
        let head = self.db().write((chunk, now), |tx, (chunk, now)| Box::pin(append(tx, chunk, *now))).await?;
        self.hint(hint);
        Ok(head)
    }

    pub async fn log_head(&self, attempt: &AttemptId) -> Result<Option<LogHead>, Error> {
        self.db().optional(HEAD, values![attempt]).await?.as_ref().map(head).transpose()
    }

    /// Chunks from the one that holds this byte on.
    pub async fn log_chunks_from_byte(&self, attempt: &AttemptId, byte: u64, limit: u32) -> Result<Vec<LogChunkRow>, Error> {
        self.db().all(FROM_BYTE, values![attempt, byte, limit]).await?.iter().map(chunk).collect()
    }

    /// Chunks from the one in which this line, counted from 0, begins. The reader skips the first
    /// `line - first_line` line ends.
    pub async fn log_chunks_from_line(&self, attempt: &AttemptId, line: u64, limit: u32) -> Result<Vec<LogChunkRow>, Error> {
        self.db().all(FROM_LINE, values![attempt, line, limit]).await?.iter().map(chunk).collect()
    }

    /// The log is complete and stands in one blob. Answers the blobs of its chunks, which may go.
    pub async fn seal_log(&self, attempt: &AttemptId, digest: &str, blob: Option<&str>, now: Time) -> Result<Vec<String>, Error> {
        let seal = (attempt.clone(), digest.to_owned(), blob.map(str::to_owned), now);
        let blobs = self
            .db()
            .write(seal, |tx, (attempt, digest, blob, now)| {
                Box::pin(async move {
                    tx.execute(START, values![attempt, *now]).await?;
                    if tx.execute(SEAL, values![attempt, *now, digest, blob.clone()]).await? == 0 || blob.is_none() {
                        return Ok(Vec::new());
                    }
                    let records = tx.all(CHUNK_BLOBS, values![attempt]).await?;
                    tx.execute(DROP_CHUNKS, values![attempt]).await?;
                    records.iter().map(|record| record.text("blob_key")).collect()
                })
            })
            .await?;
        self.hint(Hint::Log(attempt.to_string()));
        Ok(blobs)
    }
}

async fn append(tx: &mut Tx<'_>, new: &NewLogChunk, now: Time) -> Result<LogHead, Error> {
    tx.execute(START, values![&new.attempt, now]).await?;
    let old = head(&tx.one(HEAD, values![&new.attempt]).await?)?;
    let is_next = new.offset == old.stored_bytes || (new.gap && new.offset > old.stored_bytes);
    if old.sealed_at.is_some() || !is_next || new.length == 0 {
        return Ok(old);
    }
    let end = new.offset.saturating_add(new.length);
    let lines = old.lines.saturating_add(new.line_count);
    if tx.execute(ADVANCE, values![&new.attempt, old.stored_bytes, end, lines]).await? == 0 {
        // Another server was quicker; its chunk counts.
        return head(&tx.one(HEAD, values![&new.attempt]).await?);
    }
    let mut rows = Vec::new();
    if new.offset > old.stored_bytes {
        let lost = new.offset.saturating_sub(old.stored_bytes);
        rows.push(values![&new.attempt, old.stored_bytes, lost, None::<String>, None::<String>, old.lines, 0_u64]);
    }
    rows.push(values![&new.attempt, new.offset, new.length, &new.digest, &new.blob_key, old.lines, new.line_count]);
    tx.insert_all(&CHUNKS, rows).await?;
    tx.notify(Hint::Log(new.attempt.to_string()).to_text()).await?;
    Ok(LogHead { stored_bytes: end, lines, ..old })
}

fn head(record: &Record) -> Result<LogHead, Error> {
    Ok(LogHead {
        attempt: record.text("attempt")?,
        stored_bytes: record.count("stored_bytes")?,
        lines: record.count("lines")?,
        created_at: record.time("created_at")?,
        sealed_at: record.optional_time("sealed_at")?,
        digest: record.optional_text("digest")?,
        sealed_blob: record.optional_text("sealed_blob")?,
    })
}

fn chunk(record: &Record) -> Result<LogChunkRow, Error> {
    Ok(LogChunkRow {
        start_byte: record.count("start_byte")?,
        length: record.count("length")?,
        digest: record.optional_text("digest")?,
        blob_key: record.optional_text("blob_key")?,
        first_line: record.count("first_line")?,
        line_count: record.count("line_count")?,
    })
}
