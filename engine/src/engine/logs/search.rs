use protocol::AttemptId;

use super::reading::{Chunks, Lines};
use crate::engine::{Engine, Error};

/// Hits in one search answer at the most; the total is exact.
const MAX_HITS: usize = 10_000;

/// Where a text stands in a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogHits {
    /// All of them, also beyond `lines`.
    pub total: u64,
    /// The first ones, counted from 0.
    pub lines: Vec<u64>,
}

impl Engine {
    /// Every line that holds `needle`, letter by letter; in a log that grows, of what is stored now.
    ///
    /// # Errors
    /// [`Error::UnknownAttempt`], and the stores' errors.
    pub async fn log_search(&self, attempt: &AttemptId, needle: &str) -> Result<LogHits, Error> {
        self.log_head(attempt).await?;
        let mut hits = LogHits { total: 0, lines: Vec::new() };
        if needle.is_empty() {
            return Ok(hits);
        }
        let finder = memchr::memmem::Finder::new(needle);
        let mut look = |line: u64, text: &[u8]| {
            if finder.find(text).is_some() {
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
}
