//! Logs: append-only chunks with a line index; a reader starts at any line, from any server (R10, A9).

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use futures::stream::{self, BoxStream, StreamExt};
use protocol::{AttemptId, LogAck, LogChunk, MAX_LOG_CHUNK_BYTES, RunnerId};
use sha2::{Digest, Sha256};
use tracing::warn;

use super::{Engine, Error};
use crate::ports::BlobError;
use crate::store::{LogChunkRow, LogHead, NewLogChunk};

const CHUNKS_AT_ONCE: u32 = 64;
/// Lines in one page at the most.
const MAX_LINES: u64 = 5_000;
/// Hits in one search answer at the most; the total is exact.
const MAX_HITS: usize = 10_000;

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
}

/// Where a text stands in a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogHits {
    /// All of them, also beyond `lines`.
    pub total: u64,
    /// The first ones, counted from 0.
    pub lines: Vec<u64>,
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
        let attempt = &chunk.fences.attempt;
        let stored_bytes = self.store.log_head(attempt).await?.map_or(0, |head| head.stored_bytes);
        let length = bytes.len() as u64;
        if chunk.offset + length <= stored_bytes || length == 0 || (chunk.offset > stored_bytes && !chunk.gap) {
            // Stored before, or not the next piece: the runner goes on from the stored end.
            return Ok(LogAck { stored_bytes });
        }
        let known = usize::try_from(stored_bytes.saturating_sub(chunk.offset)).unwrap_or(usize::MAX);
        let fresh = bytes.slice(known.min(bytes.len())..);
        let offset = chunk.offset.max(stored_bytes);
        let blob_key = format!("logs/{}/{offset}", attempt.as_str().replace('.', "/"));
        let piece = NewLogChunk {
            attempt: attempt.clone(),
            offset,
            length: fresh.len() as u64,
            digest: hex::encode(Sha256::digest(&fresh)),
            blob_key: blob_key.clone(),
            line_count: count_line_ends(&fresh),
            gap: chunk.gap,
        };
        self.ports.blobs.put(&blob_key, fresh).await?;
        let head = self.store.append_log(piece, self.clock().now()).await?;
        self.log_has_grown();
        Ok(LogAck { stored_bytes: head.stored_bytes })
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
        while lines.len() < usize::try_from(count.min(MAX_LINES)).unwrap_or(usize::MAX) {
            let Some((chunk, bytes)) = chunks.next().await? else {
                reader.end(|line, text| {
                    if (from_line..last_wanted).contains(&line) {
                        lines.push(text_of(text));
                    }
                });
                break;
            };
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
            complete: head.sealed_at.is_some(),
            lost_bytes: chunks.lost_bytes,
        })
    }

    /// The whole log as it is stored, streamed. A gap (R10) is left out.
    ///
    /// # Errors
    /// [`Error::UnknownAttempt`], and the stores' errors.
    pub async fn log_raw(&self, attempt: &AttemptId) -> Result<BoxStream<'static, Result<Bytes, BlobError>>, Error> {
        self.log_head(attempt).await?;
        let mut keys = Vec::new();
        let mut byte = 0;
        loop {
            let page = self.store.log_chunks_from_byte(attempt, byte, CHUNKS_AT_ONCE).await?;
            let Some(last) = page.last() else { break };
            byte = last.start_byte + last.length;
            keys.extend(page.into_iter().filter_map(|chunk| chunk.blob_key));
        }
        let blobs = Arc::clone(&self.ports.blobs);
        Ok(stream::iter(keys)
            .then(move |key| {
                let blobs = Arc::clone(&blobs);
                async move { blobs.get(&key).await }
            })
            .boxed())
    }

    /// Every line that holds `needle`, letter by letter.
    ///
    /// # Errors
    /// [`Error::UnknownAttempt`], and the stores' errors.
    pub async fn log_search(&self, attempt: &AttemptId, needle: &str) -> Result<LogHits, Error> {
        self.log_head(attempt).await?;
        let mut hits = LogHits { total: 0, lines: Vec::new() };
        if needle.is_empty() {
            return Ok(hits);
        }
        let mut look = |line: u64, text: &[u8]| {
            if holds(text, needle.as_bytes()) {
                hits.total += 1;
                if hits.lines.len() < MAX_HITS {
                    hits.lines.push(line);
                }
            }
        };
        let mut chunks = Chunks::from_line(self, attempt, 0);
        let mut reader = Lines::default();
        while let Some((chunk, bytes)) = chunks.next().await? {
            reader.feed(chunk.first_line, &bytes, &mut look);
        }
        reader.end(look);
        Ok(hits)
    }

    /// Changes whenever any log on this server grew; a follower then asks again.
    #[must_use]
    pub fn log_growth(&self) -> tokio::sync::watch::Receiver<u64> {
        self.log_grew.subscribe()
    }

    pub(crate) fn log_has_grown(&self) {
        self.log_grew.send_modify(|count| *count += 1);
    }

    /// The attempt has ended: the stored whole is compared with what its runner had (R10).
    pub(super) async fn finish_log(&self, attempt: &AttemptId, bytes: u64, digest: &str) -> Result<(), Error> {
        let mut chunks = Chunks::from_line(self, attempt, 0);
        let mut hasher = Sha256::new();
        let mut stored = 0;
        while let Some((_, bytes)) = chunks.next().await? {
            stored += bytes.len() as u64;
            hasher.update(&bytes);
        }
        if stored != bytes || hex::encode(hasher.finalize()) != digest {
            warn!(attempt.id = %attempt, stored_bytes = stored, runner_bytes = bytes, "the stored log is not all that its runner had");
        }
        self.store.seal_log(attempt, digest, None, self.clock().now()).await?;
        self.log_has_grown();
        Ok(())
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
            sealed_at: None,
            digest: None,
            sealed_blob: None,
        })
    }

    /// Whether the stored log ends in the middle of a line.
    async fn ends_open(&self, attempt: &AttemptId, head: &LogHead) -> Result<bool, Error> {
        let Some(last_byte) = head.stored_bytes.checked_sub(1) else { return Ok(false) };
        let chunks = self.store.log_chunks_from_byte(attempt, last_byte, 1).await?;
        let Some((key, length)) = chunks.first().and_then(|chunk| Some((chunk.blob_key.as_ref()?, chunk.length))) else { return Ok(false) };
        Ok(self.ports.blobs.get_range(key, length.saturating_sub(1), length).await?.as_ref() != b"\n")
    }
}

/// The chunks of a log with their bytes, page after page.
struct Chunks<'a> {
    engine: &'a Engine,
    attempt: &'a AttemptId,
    from_line: u64,
    page: VecDeque<LogChunkRow>,
    /// Where the next page starts; none before the first.
    byte: Option<u64>,
    lost_bytes: u64,
}

impl<'a> Chunks<'a> {
    /// From the chunk in which this line begins.
    fn from_line(engine: &'a Engine, attempt: &'a AttemptId, from_line: u64) -> Self {
        Self { engine, attempt, from_line, page: VecDeque::new(), byte: None, lost_bytes: 0 }
    }

    async fn next(&mut self) -> Result<Option<(LogChunkRow, Bytes)>, Error> {
        loop {
            if self.page.is_empty() {
                let store = &self.engine.store;
                self.page = match self.byte {
                    None => store.log_chunks_from_line(self.attempt, self.from_line, CHUNKS_AT_ONCE).await?.into(),
                    Some(byte) => store.log_chunks_from_byte(self.attempt, byte, CHUNKS_AT_ONCE).await?.into(),
                };
            }
            let Some(chunk) = self.page.pop_front() else { return Ok(None) };
            self.byte = Some(chunk.start_byte + chunk.length);
            match &chunk.blob_key {
                Some(key) => {
                    let bytes = self.engine.ports.blobs.get(key).await?;
                    return Ok(Some((chunk, bytes)));
                }
                None => self.lost_bytes += chunk.length,
            }
        }
    }
}

/// Cuts bytes into lines that may span chunks.
#[derive(Default)]
struct Lines {
    partial: Vec<u8>,
    line: Option<u64>,
}

impl Lines {
    /// `first_line` is the line in which these bytes start.
    fn feed(&mut self, first_line: u64, bytes: &[u8], mut each: impl FnMut(u64, &[u8])) {
        let mut line = self.line.unwrap_or(first_line);
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            if !part.ends_with(b"\n") {
                self.partial.extend_from_slice(part);
                continue;
            }
            if self.partial.is_empty() {
                each(line, part);
            } else {
                self.partial.extend_from_slice(part);
                each(line, &self.partial);
                self.partial.clear();
            }
            line += 1;
        }
        self.line = Some(line);
    }

    /// The last line, when it has no end.
    fn end(self, mut each: impl FnMut(u64, &[u8])) {
        if let Some(line) = self.line.filter(|_| !self.partial.is_empty()) {
            each(line, &self.partial);
        }
    }
}

fn count_line_ends(bytes: &[u8]) -> u64 {
    bytes.iter().filter(|byte| **byte == b'\n').count() as u64
}

fn text_of(line: &[u8]) -> String {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    String::from_utf8_lossy(line.strip_suffix(b"\r").unwrap_or(line)).into_owned()
}

fn holds(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}
