//! What forges gave back for what was shown there.

use crate::core::Time;
use crate::ports::forge::Mark;

use super::value::{json, values};
use super::{Error, Store};

pub(super) const STATEMENTS: &[&str] = &[PUT, GET];

const PUT: &str = "INSERT INTO forge_marks (key, shown_at, body) VALUES ($1, $2, $3) \
    ON CONFLICT (key) DO UPDATE SET shown_at = excluded.shown_at, body = excluded.body";

const GET: &str = "SELECT key, shown_at, body FROM forge_marks WHERE key = $1";

/// A mark and when it was last written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownMark {
    pub mark: Mark,
    pub shown_at: Time,
}

impl Store {
    pub async fn forge_mark(&self, key: &str) -> Result<Option<KnownMark>, Error> {
        let Some(record) = self.db().optional(GET, values![key]).await? else { return Ok(None) };
        Ok(Some(KnownMark { mark: record.body("forge_marks", "key")?, shown_at: record.time("shown_at")? }))
    }

    pub async fn put_forge_mark(&self, key: &str, mark: &Mark, now: Time) -> Result<(), Error> {
        self.db().execute(PUT, values![key, now, json(mark)?]).await.map(drop)
    }
}
