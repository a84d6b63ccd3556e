//! The index of logs: which bytes and lines stand where (R10, ID9).
//!
//! A log grows in chunks. Small ones stand in their rows, so that the commit that acknowledges them is all they cost;
//! larger ones in blobs. Once its attempt has ended a log is sealed: cut anew, compressed, and put together in one blob.

use bytes::Bytes;
use protocol::AttemptId;

use crate::core::Time;

use super::db::{Insert, Tx};
use super::hint::Hint;
use super::script::{Ran, Script};
use super::value::{Record, Value, values};
use super::{Error, Store};

mod ending;

pub use ending::{LogEnd, SealedLog, WholeLog};
pub(super) use ending::{end, forget};

pub(super) const STATEMENTS: &[&str] = &[START, HEAD, ADVANCE, FROM_BYTE, FROM_LINE];
pub(super) const ENDING_STATEMENTS: &[&str] = ending::STATEMENTS;

const CHUNKS: Insert = Insert {
    into: "INSERT INTO log_chunks (attempt, start_byte, length, digest, blob_key, first_line, line_count, bytes, blob_start, blob_length, encoding, line_times)",
    columns: 12,
    before_first: "",
    conflict: "",
};
pub(super) const INSERTS: &[&Insert] = &[&CHUNKS];

macro_rules! columns {
    () => {
        "start_byte, length, digest, blob_key, first_line, line_count, bytes, blob_start, blob_length, encoding, line_times"
    };
}

const START: &str = "INSERT INTO logs (attempt, stored_bytes, lines, created_at) VALUES ($1, 0, 0, $2) ON CONFLICT (attempt) DO NOTHING";
const HEAD: &str = "SELECT attempt, stored_bytes, lines, created_at, ended_at, sealed_at, digest, sealed_blob FROM logs WHERE attempt = $1";

/// Only whoever knows the end may go on from there.
const ADVANCE: &str =
    "UPDATE logs SET stored_bytes = $3, lines = $4 WHERE attempt = $1 AND stored_bytes = $2 AND ended_at IS NULL AND sealed_at IS NULL";

const FROM_BYTE: &str =
    concat!("SELECT ", columns!(), " FROM log_chunks WHERE attempt = $1 AND start_byte + length > $2 ORDER BY start_byte LIMIT $3");

/// The chunk in which line $2 (from 0) begins: its line end before is in this chunk or it is the first.
const FROM_LINE: &str =
    concat!("SELECT ", columns!(), " FROM log_chunks WHERE attempt = $1 AND first_line + line_count >= $2 ORDER BY start_byte LIMIT $3");

/// A piece of log. Its bytes, when they do not stand in the row, stand in a blob already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewLogChunk {
    pub attempt: AttemptId,
    /// Where it starts, in bytes from the log's beginning.
    pub offset: u64,
    pub length: u64,
    pub digest: String,
    pub place: LogPlace,
    /// Line ends in it.
    pub line_count: u64,
    /// As [`LogChunkRow::line_times`].
    pub line_times: Option<Bytes>,
    /// The bytes from the stored end up to `offset` are lost for good.
    pub gap: bool,
}

/// Where the bytes of a chunk stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogPlace {
    /// In the row itself.
    Row { bytes: Bytes, is_compressed: bool },
    /// In a blob of its own.
    Blob { key: String },
    /// A zstd frame of a sealed log's blob: `length` bytes from `start` on.
    Frame { key: String, start: u64, length: u64 },
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
    /// When its attempt's report arrived: nothing more comes.
    pub ended_at: Option<Time>,
    pub sealed_at: Option<Time>,
    /// SHA-256 of what is stored, once it is sealed.
    pub digest: Option<String>,
    /// The whole log, compressed, once it is sealed; none where it stands in its rows.
    pub sealed_blob: Option<String>,
}

/// A chunk of a log. Chunks follow each other without overlap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogChunkRow {
    pub start_byte: u64,
    /// Bytes of log, however many they are where they stand.
    pub length: u64,
    /// None where the log is sealed: then the whole of it has one.
    pub digest: Option<String>,
    /// None: these bytes were lost on the runner's side.
    pub place: Option<LogPlace>,
    /// Line ends before this chunk: the number, from 0, of the line that it starts in.
    pub first_line: u64,
    pub line_count: u64,
    /// When its lines were written, if that is known; what the bytes mean, `engine/logs/times.rs` knows.
    pub line_times: Option<Bytes>,
}

impl LogChunkRow {
    /// These bytes were lost on the runner's side.
    #[must_use]
    pub fn is_gap(&self) -> bool {
        self.place.is_none()
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
}

async fn append(tx: &mut Tx<'_>, new: &NewLogChunk, now: Time) -> Result<LogHead, Error> {
    let mut begin = Script::default();
    begin.add(START, values![&new.attempt, now]);
    begin.add(HEAD, values![&new.attempt]);
    let old = match tx.run(begin).await? {
        Ran::All(outcomes) => outcomes.last().and_then(|outcome| outcome.records.first()).map(head).transpose()?,
        Ran::Unmet => None,
    };
    let old = old.ok_or_else(|| Error::Statement("a log that was begun is not there".to_owned()))?;
    let is_next = new.offset == old.stored_bytes || (new.gap && new.offset > old.stored_bytes);
    // Once it has ended it may be being sealed: what came now would be lost.
    if old.ended_at.or(old.sealed_at).is_some() || !is_next || new.length == 0 {
        return Ok(old);
    }
    let end = new.offset.saturating_add(new.length);
    let lines = old.lines.saturating_add(new.line_count);
    if tx.execute(ADVANCE, values![&new.attempt, old.stored_bytes, end, lines]).await? == 0 {
        // Another server was quicker; its chunk counts.
        return head(&tx.one(HEAD, values![&new.attempt]).await?);
    }
    let mut rows = Vec::new();
    let row = |start_byte, length, digest: Option<&str>, place, line_count, line_times| LogChunkRow {
        start_byte,
        length,
        digest: digest.map(str::to_owned),
        place,
        first_line: old.lines,
        line_count,
        line_times,
    };
    if new.offset > old.stored_bytes {
        let lost = new.offset.saturating_sub(old.stored_bytes);
        rows.push(written(&new.attempt, &row(old.stored_bytes, lost, None, None, 0, None)));
    }
    rows.push(written(
        &new.attempt,
        &row(new.offset, new.length, Some(&new.digest), Some(new.place.clone()), new.line_count, new.line_times.clone()),
    ));
    tx.insert_all(&CHUNKS, rows).await?;
    tx.notify(Hint::Log(new.attempt.to_string()).to_text()).await?;
    Ok(LogHead { stored_bytes: end, lines, ..old })
}

const ZSTD: &str = "zstd";

fn written(attempt: &AttemptId, chunk: &LogChunkRow) -> Vec<Value> {
    let (mut key, mut bytes, mut range, mut encoding) = (None, None, (None, None), None);
    match &chunk.place {
        None => {}
        Some(LogPlace::Row { bytes: these, is_compressed }) => {
            bytes = Some(these.to_vec());
            encoding = is_compressed.then_some(ZSTD);
        }
        Some(LogPlace::Blob { key: of }) => key = Some(of.as_str()),
        Some(LogPlace::Frame { key: of, start, length }) => {
            key = Some(of.as_str());
            range = (Some(*start), Some(*length));
            encoding = Some(ZSTD);
        }
    }
    values![
        attempt,
        chunk.start_byte,
        chunk.length,
        chunk.digest.as_deref(),
        key,
        chunk.first_line,
        chunk.line_count,
        bytes,
        range.0,
        range.1,
        encoding,
        chunk.line_times.as_ref().map(|times| times.to_vec()),
    ]
}

fn head(record: &Record) -> Result<LogHead, Error> {
    Ok(LogHead {
        attempt: record.text("attempt")?,
        stored_bytes: record.count("stored_bytes")?,
        lines: record.count("lines")?,
        created_at: record.time("created_at")?,
        ended_at: record.optional_time("ended_at")?,
        sealed_at: record.optional_time("sealed_at")?,
        digest: record.optional_text("digest")?,
        sealed_blob: record.optional_text("sealed_blob")?,
    })
}

fn chunk(record: &Record) -> Result<LogChunkRow, Error> {
    let encoding = record.optional_text("encoding")?;
    let is_compressed = match encoding.as_deref() {
        None => false,
        Some(ZSTD) => true,
        Some(other) => return Err(Error::malformed("log_chunks", "", format!("this program knows no encoding {other:?}"))),
    };
    let range = record.optional_count("blob_start")?.zip(record.optional_count("blob_length")?);
    let place = match (record.optional_bytes("bytes")?, record.optional_text("blob_key")?, range) {
        (Some(bytes), _, _) => Some(LogPlace::Row { bytes: bytes.into(), is_compressed }),
        (None, Some(key), Some((start, length))) => Some(LogPlace::Frame { key, start, length }),
        (None, Some(key), None) => Some(LogPlace::Blob { key }),
        (None, None, _) => None,
    };
    Ok(LogChunkRow {
        start_byte: record.count("start_byte")?,
        length: record.count("length")?,
        digest: record.optional_text("digest")?,
        place,
        first_line: record.count("first_line")?,
        line_count: record.count("line_count")?,
        line_times: record.optional_bytes("line_times")?.map(Bytes::from),
    })
}
