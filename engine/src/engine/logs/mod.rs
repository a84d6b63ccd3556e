//! Logs: append-only chunks with a line index; a reader starts at any line, from any server (R10, A9).

mod frames;
mod reading;
mod seal;
mod search;
mod times;

use std::sync::Arc;

use bytes::Bytes;
use futures::stream::{self, BoxStream, StreamExt};
use protocol::{AttemptId, LogAck, LogChunk, MAX_LOG_CHUNK_BYTES, MAX_WHOLE_LOG_BYTES, Report, RunnerId};
use sha2::{Digest, Sha256};

use super::{Engine, Error};
use crate::ports::BlobError;
use crate::store::{LogEnd, LogHead, LogPlace, NewLogChunk, WholeLog};
use reading::{Chunks, Lines};

pub use search::LogHits;
pub use times::LineTime;

/// Lines in one page at the most.
const MAX_LINES: u64 = 5_000;
/// Marks in one answer about times.
const MAX_TIMES: usize = 20_000;
/// A chunk of this size or less stands in its row: it costs no blob, and its commit is shared with others.
const MAX_ROW_BYTES: usize = 16 * 1024;

/// Some lines of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogPage {
    /// Counted from 0.
    pub first_line: u64,
    /// Without their line ends; bytes that are no UTF-8 are replaced.
    pub lines: Vec<String>,
    pub total_lines: u64,
    /// The attempt has ended and everything its runner had is here.
    pub complete: bool,
    /// Bytes that its runner lost (R10).
    pub lost_bytes: u64,
    /// When these lines were written, the first of them first; empty where that is not known.
    pub times: Vec<LineTime>,
}

/// When lines of a log were written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogTimes {
    pub times: Vec<LineTime>,
    /// There are more, from this line on.
    pub next: Option<u64>,
}

impl Engine {
    /// Stores a piece of log and answers how far the log is stored now. Sending a piece again changes nothing.
    ///
    /// # Errors
    /// [`Error::Refused`] for an old lease, [`Error::Invalid`] when the bytes are not what the chunk says.
    pub async fn append_log(&self, runner: &RunnerId, chunk: LogChunk, bytes: Bytes) -> Result<LogAck, Error> {
        if bytes.len() > MAX_LOG_CHUNK_BYTES {
            return Err(Error::Invalid {
                what: "log chunk",
                detail: format!("{} bytes; expected at most {MAX_LOG_CHUNK_BYTES}", bytes.len()),
            });
        }
        if hex::encode(Sha256::digest(&bytes)) != chunk.digest {
            return Err(Error::Invalid { what: "log chunk", detail: "its SHA-256 is not the one in the header; send it again".to_owned() });
        }
        self.check_current(runner, &chunk.fences).await?;
        self.accepts_new_work()?;
        let attempt = &chunk.fences.attempt;
        let stored_bytes = self.store.log_head(attempt).await?.map_or(0, |head| head.stored_bytes);
        let length = bytes.len() as u64;
        if chunk.offset + length <= stored_bytes || length == 0 || (chunk.offset > stored_bytes && !chunk.gap) {
            // Stored before, or not the next piece: the runner goes on from the stored end.
            return Ok(LogAck { stored_bytes });
        }
        let known = usize::try_from(stored_bytes.saturating_sub(chunk.offset)).unwrap_or(usize::MAX);
        let fresh = bytes.slice(known.min(bytes.len())..);
        let digest = if known == 0 { chunk.digest } else { hex::encode(Sha256::digest(&fresh)) };
        let offset = chunk.offset.max(stored_bytes);
        let (length, line_count) = (fresh.len() as u64, count_line_ends(&fresh));
        let line_times = times::written(0, &times::of_lines(&chunk.times, offset, &fresh, 0));
        let place = if fresh.len() <= MAX_ROW_BYTES {
            LogPlace::Row { bytes: fresh, is_compressed: false }
        } else {
            let key = format!("{}/{offset}", folder(attempt));
            self.ports.blobs.put(&key, fresh).await?;
            LogPlace::Blob { key }
        };
        let piece = NewLogChunk { attempt: attempt.clone(), offset, length, digest, place, line_count, line_times, gap: chunk.gap };
        let head = self.store.append_log(piece, self.clock().now()).await?;
        self.log_has_grown();
        Ok(LogAck { stored_bytes: head.stored_bytes })
    }

    /// What a report says of its log, which goes to the log and no further.
    pub(super) fn log_end(&self, report: &mut Report) -> Result<LogEnd, Error> {
        let invalid = |detail: String| Error::Invalid { what: "log", detail };
        let log_times = std::mem::take(&mut report.log_times);
        let whole = match report.log.take() {
            None => None,
            Some(text) if text.len() > MAX_WHOLE_LOG_BYTES => {
                return Err(invalid(format!("{} bytes; at most {MAX_WHOLE_LOG_BYTES} may come with the report", text.len())));
            }
            Some(text) => {
                let bytes = Bytes::from(text);
                if bytes.len() as u64 != report.log_bytes || hex::encode(Sha256::digest(&bytes)) != report.log_digest {
                    return Err(invalid("its length or SHA-256 is not what the report says; send it again".to_owned()));
                }
                self.accepts_new_work()?;
                let line_times = times::written(0, &times::of_lines(&log_times, 0, &bytes, 0));
                Some(WholeLog { line_count: count_line_ends(&bytes), line_times, bytes })
            }
        };
        Ok(LogEnd { attempt: report.fences.attempt.clone(), bytes: report.log_bytes, digest: report.log_digest.clone(), whole })
    }

    /// Lines from `from_line` on.
    ///
    /// # Errors
    /// [`Error::UnknownAttempt`], and the stores' errors.
    pub async fn log(&self, attempt: &AttemptId, from_line: u64, count: u64) -> Result<LogPage, Error> {
        let head = self.log_head(attempt).await?;
        let last_wanted = from_line.saturating_add(count.min(MAX_LINES));
        let mut chunks = Chunks::from_line(self, attempt, from_line);
        let mut reader = Lines::default();
        let mut lines = Vec::new();
        let mut times = times::Wanted::new(from_line, last_wanted);
        while lines.len() < usize::try_from(count.min(MAX_LINES)).unwrap_or(usize::MAX) {
            let Some((chunk, bytes)) = chunks.next().await? else {
                reader.end(|line, text| {
                    if (from_line..last_wanted).contains(&line) {
                        lines.push(text_of(text));
                    }
                });
                break;
            };
            times.take(&chunk);
            reader.feed(chunk.first_line, &bytes, |line, text| {
                if (from_line..last_wanted).contains(&line) {
                    lines.push(text_of(text));
                }
            });
        }
        let total_lines = head.lines + u64::from(self.ends_open(attempt, &head).await?);
        Ok(LogPage {
            first_line: from_line.min(total_lines),
            lines,
            total_lines,
            complete: head.ended_at.or(head.sealed_at).is_some(),
            lost_bytes: chunks.lost_bytes,
            times: times.found,
        })
    }

    /// When the lines from `from_line` on were written, without their text.
    ///
    /// # Errors
    /// [`Error::UnknownAttempt`], and the store's errors.
    pub async fn log_times(&self, attempt: &AttemptId, from_line: u64) -> Result<LogTimes, Error> {
        self.log_head(attempt).await?;
        let mut chunks = Chunks::from_line(self, attempt, from_line);
        let mut wanted = times::Wanted::new(from_line, u64::MAX);
        while let Some(chunk) = chunks.next_row().await? {
            chunks.passed(&chunk);
            wanted.take(&chunk);
            if wanted.found.len() >= MAX_TIMES {
                return Ok(LogTimes { next: wanted.found.last().map(|last| last.line + 1), times: wanted.found });
            }
        }
        Ok(LogTimes { times: wanted.found, next: None })
    }

    /// The whole log as it is stored, streamed. A gap (R10) is left out.
    ///
    /// # Errors
    /// [`Error::UnknownAttempt`], and the stores' errors.
    pub async fn log_raw(self: &Arc<Self>, attempt: &AttemptId) -> Result<BoxStream<'static, Result<Bytes, BlobError>>, Error> {
        self.log_head(attempt).await?;
        let place = (Arc::clone(self), attempt.clone(), 0);
        Ok(stream::try_unfold(place, async |(engine, attempt, byte)| {
            let next = Chunks::from_byte(&engine, &attempt, byte).next().await;
            let unavailable = |error: Error| match error {
                Error::Blob(error) => error,
                other => BlobError::Unavailable(other.to_string()),
            };
            let Some((chunk, bytes)) = next.map_err(unavailable)? else { return Ok(None) };
            let end = chunk.start_byte + chunk.length;
            Ok(Some((bytes, (engine, attempt, end))))
        })
        .boxed())
    }

    /// Changes whenever any log on this server grew; a follower then asks again.
    #[must_use]
    pub fn log_growth(&self) -> tokio::sync::watch::Receiver<u64> {
        self.log_grew.subscribe()
    }

    pub(crate) fn log_has_grown(&self) {
        self.log_grew.send_modify(|count| *count += 1);
    }

    /// Keeps what the runner says of a log whose report changed nothing: an earlier one may have come without it.
    pub(super) async fn end_log(&self, log: LogEnd) -> Result<(), Error> {
        self.store.end_log(log, self.clock().now()).await?;
        self.log_has_ended();
        Ok(())
    }

    /// Followers learn that nothing more comes, and the log can be sealed.
    pub(super) fn log_has_ended(&self) {
        self.log_has_grown();
        self.hints.logs.notify_one();
    }

    async fn log_head(&self, attempt: &AttemptId) -> Result<LogHead, Error> {
        if let Some(head) = self.store.log_head(attempt).await? {
            return Ok(head);
        }
        if self.store.attempt(attempt).await?.is_none() {
            return Err(Error::UnknownAttempt(attempt.to_string()));
        }
        let created_at = self.clock().now();
        Ok(LogHead {
            attempt: attempt.to_string(),
            stored_bytes: 0,
            lines: 0,
            created_at,
            ended_at: None,
            sealed_at: None,
            digest: None,
            sealed_blob: None,
        })
    }

    /// Whether the stored log ends in the middle of a line.
    async fn ends_open(&self, attempt: &AttemptId, head: &LogHead) -> Result<bool, Error> {
        let Some(last_byte) = head.stored_bytes.checked_sub(1) else { return Ok(false) };
        let last = Chunks::from_byte(self, attempt, last_byte).next().await?;
        Ok(last.is_some_and(|(_, bytes)| bytes.last().is_some_and(|byte| *byte != b'\n')))
    }
}

/// Where the blobs of a log lie.
fn folder(attempt: &AttemptId) -> String {
    format!("logs/{}", attempt.as_str().replace('.', "/"))
}

fn count_line_ends(bytes: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', bytes).count() as u64
}

fn text_of(line: &[u8]) -> String {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    String::from_utf8_lossy(line.strip_suffix(b"\r").unwrap_or(line)).into_owned()
}
