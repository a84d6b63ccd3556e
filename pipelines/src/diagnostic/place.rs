use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where in a text. Bytes count from 0; lines and columns (in characters) from 1; `end` is the first byte after.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Place {
    pub start: u32,
    pub end: u32,
    pub line: u32,
    pub column: u32,
    pub end_line: u32,
    pub end_column: u32,
}

/// Where the lines of a text begin.
pub(crate) struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
    is_ascii: bool,
}

/// What lies behind is no pipeline file, and has no finding but that it is too large.
const MOST_BYTES: usize = 4 * 1024 * 1024;

impl<'a> Lines<'a> {
    pub(crate) fn of(text: &'a str) -> Self {
        let text = text.get(..text.floor_char_boundary(MOST_BYTES)).unwrap_or(text);
        let after_breaks = text.match_indices('\n').map(|(at, _)| at + 1);
        Self { text, starts: std::iter::once(0).chain(after_breaks).collect(), is_ascii: text.is_ascii() }
    }

    pub(crate) fn place(&self, start: u32, end: u32) -> Place {
        let (line, column) = self.position(start);
        let (end_line, end_column) = self.position(end);
        Place { start, end, line, column, end_line, end_column }
    }

    fn position(&self, at: u32) -> (u32, u32) {
        let at = (at as usize).min(self.text.len());
        let line = self.starts.partition_point(|start| *start <= at).saturating_sub(1);
        let start = self.starts.get(line).copied().unwrap_or(0);
        // A long line with many findings is counted only where characters are not bytes.
        let column =
            if self.is_ascii { at.saturating_sub(start) } else { self.text.get(start..at).map_or(0, |before| before.chars().count()) };
        let narrow = |count: usize| u32::try_from(count + 1).unwrap_or(u32::MAX);
        (narrow(line), narrow(column))
    }
}
