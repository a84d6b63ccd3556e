//! From chunks to lines, wherever the chunks stand.

use std::collections::VecDeque;

use bytes::Bytes;
use protocol::AttemptId;

use super::frames;
use crate::engine::{Engine, Error};
use crate::ports::BlobError;
use crate::store::{LogChunkRow, LogPlace};

const CHUNKS_AT_ONCE: u32 = 64;
/// A log may be sealed while it is read: then its chunks are asked for again.
const MOST_TRIES: u32 = 4;

/// The chunks of a log with their bytes, page after page.
pub(super) struct Chunks<'a> {
    engine: &'a Engine,
    attempt: &'a AttemptId,
    page: VecDeque<LogChunkRow>,
    next: Next,
    pub(super) lost_bytes: u64,
}

/// Where the next page starts.
#[derive(Clone, Copy)]
enum Next {
    Line(u64),
    Byte(u64),
}

impl<'a> Chunks<'a> {
    /// From the chunk in which this line begins.
    pub(super) fn from_line(engine: &'a Engine, attempt: &'a AttemptId, line: u64) -> Self {
        Self { engine, attempt, page: VecDeque::new(), next: Next::Line(line), lost_bytes: 0 }
    }

    /// From the chunk that holds this byte.
    pub(super) fn from_byte(engine: &'a Engine, attempt: &'a AttemptId, byte: u64) -> Self {
        Self { next: Next::Byte(byte), ..Self::from_line(engine, attempt, 0) }
    }

    /// The next chunk with its bytes. When it was looked for by a byte, what stands before that byte is cut off; so a
    /// log that is sealed meanwhile, and so is cut anew, goes on from there.
    pub(super) async fn next(&mut self) -> Result<Option<(LogChunkRow, Bytes)>, Error> {
        let mut tries = 0;
        loop {
            let Some(chunk) = self.next_row().await? else { return Ok(None) };
            let Some(place) = &chunk.place else {
                self.lost_bytes += chunk.length;
                self.passed(&chunk);
                continue;
            };
            match self.engine.log_bytes(place, chunk.length).await {
                Ok(bytes) => {
                    let known = if let Next::Byte(byte) = self.next { byte.saturating_sub(chunk.start_byte) } else { 0 };
                    self.passed(&chunk);
                    let known = usize::try_from(known).unwrap_or(usize::MAX).min(bytes.len());
                    return Ok(Some((chunk, bytes.slice(known..))));
                }
                Err(Error::Blob(BlobError::NotFound(_))) if tries < MOST_TRIES => {
                    tries += 1;
                    self.page.clear();
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// The next row is the one behind this one.
    pub(super) fn passed(&mut self, chunk: &LogChunkRow) {
        self.next = Next::Byte(chunk.start_byte.saturating_add(chunk.length));
    }

    /// The next row, gaps included; see [`Self::passed`].
    pub(super) async fn next_row(&mut self) -> Result<Option<LogChunkRow>, Error> {
        if self.page.is_empty() {
            let store = &self.engine.store;
            self.page = match self.next {
                Next::Line(line) => store.log_chunks_from_line(self.attempt, line, CHUNKS_AT_ONCE).await?.into(),
                Next::Byte(byte) => store.log_chunks_from_byte(self.attempt, byte, CHUNKS_AT_ONCE).await?.into(),
            };
        }
        Ok(self.page.pop_front())
    }
}

impl Engine {
    /// The bytes of a chunk, `length` of them.
    pub(super) async fn log_bytes(&self, place: &LogPlace, length: u64) -> Result<Bytes, Error> {
        match place {
            LogPlace::Row { bytes, is_compressed: false } => Ok(bytes.clone()),
            LogPlace::Row { bytes, is_compressed: true } => frames::decompress(bytes, length),
            LogPlace::Blob { key } => Ok(self.ports.blobs.get(key).await?),
            LogPlace::Frame { key, start, length: stored } => {
                let frame = self.ports.blobs.get_range(key, *start, start.saturating_add(*stored)).await?;
                frames::decompress(&frame, length)
            }
        }
    }
}

/// Cuts bytes into lines that may span chunks.
#[derive(Default)]
pub(super) struct Lines {
    partial: Vec<u8>,
    line: Option<u64>,
}

impl Lines {
    /// `first_line` is the line in which these bytes start.
    pub(super) fn feed(&mut self, first_line: u64, bytes: &[u8], mut each: impl FnMut(u64, &[u8])) {
        let mut line = self.line.unwrap_or(first_line);
        let mut start = 0;
        for end in memchr::memchr_iter(b'\n', bytes) {
            let part = bytes.get(start..=end).unwrap_or_default();
            start = end + 1;
            if self.partial.is_empty() {
                each(line, part);
            } else {
                self.partial.extend_from_slice(part);
                each(line, &self.partial);
                self.partial.clear();
            }
            line += 1;
        }
        self.partial.extend_from_slice(bytes.get(start..).unwrap_or_default());
        self.line = Some(line);
    }

    /// The last line, when it has no end.
    pub(super) fn end(self, mut each: impl FnMut(u64, &[u8])) {
        if let Some(line) = self.line.filter(|_| !self.partial.is_empty()) {
            each(line, &self.partial);
        }
    }
}
