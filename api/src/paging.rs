//! Pages of collections.

use crate::problem::{Code, Problem};
use crate::types::Page;

const DEFAULT: u32 = 50;
const MOST: u32 = 200;

pub(crate) fn limit(asked: Option<u32>) -> u32 {
    asked.unwrap_or(DEFAULT).clamp(1, MOST)
}

/// The number in a cursor.
pub(crate) fn cursor(text: Option<&str>) -> Result<Option<u64>, Problem> {
    let read = |text: &str| text.parse().map_err(|_| Problem::new(Code::InvalidQuery, "cursor must be the next_cursor of the page before"));
    text.map(read).transpose()
}

/// `items` holds one more than `limit` when there is more.
pub(crate) fn page<T>(mut items: Vec<T>, limit: u32, seq: u64, key: impl Fn(&T) -> u64) -> Page<T> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = items.len() > limit;
    items.truncate(limit);
    let next_cursor = items.last().filter(|_| more).map(|last| key(last).to_string());
    Page { items, next_cursor, seq }
}
