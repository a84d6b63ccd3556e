//! Where the revisions of a pipeline come from, and when to look there again.

use serde::{Deserialize, Serialize};

use crate::core::Time;
use crate::core::id::{PersonId, PipelineId, ReleaseNumber, SourceOrder};

use super::audit::AuditNote;
use super::value::{Record, Value, json, values};
use super::{Error, Store};

pub(super) const STATEMENTS: &[&str] = &[PUT, ALL, OF_PIPELINE, CLAIM, POLLED, SEEN, FAILED, POKE, REMOVE_ALL, PULLS, SET_DETAIL];

macro_rules! columns {
    () => {
        "id, pipeline_id, url, branch, path, poll_interval_ms, head, next_poll_at, pokes, last_polled_at, last_error, body"
    };
}

const PULLS: &str = concat!("SELECT ", columns!(), " FROM sources WHERE url = $1 AND branch LIKE 'refs/%' ORDER BY id");

const SET_DETAIL: &str = "UPDATE sources SET body = $2 WHERE id = $1";

pub(super) const PUT: &str = "INSERT INTO sources (id, pipeline_id, url, branch, path, poll_interval_ms, next_poll_at, body) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (id) DO UPDATE SET url = excluded.url, branch = excluded.branch, \
    path = excluded.path, poll_interval_ms = excluded.poll_interval_ms, next_poll_at = excluded.next_poll_at, body = excluded.body";

const ALL: &str =
    concat!("SELECT ", columns!(), " FROM sources WHERE pipeline_id IN (SELECT id FROM pipelines WHERE removed_at IS NULL) ORDER BY id");

const OF_PIPELINE: &str = concat!("SELECT ", columns!(), " FROM sources WHERE pipeline_id = $1 ORDER BY id");

const CLAIM: &str = concat!(
    "UPDATE sources SET claimed_by = $1, claimed_until = $2 WHERE id IN (SELECT s.id FROM sources s JOIN pipelines p ON p.id = s.pipeline_id ",
    "WHERE s.next_poll_at <= $3 AND COALESCE(s.claimed_until, 0) <= $3 AND p.removed_at IS NULL ORDER BY s.next_poll_at, s.id LIMIT $4) ",
    "AND COALESCE(claimed_until, 0) <= $3 RETURNING ",
    columns!()
);

/// A poke that came while the source was looked at makes it due again at once: what it hinted at may have come after the look.
const POLLED: &str = "UPDATE sources SET head = $3, next_poll_at = CASE WHEN pokes = $6 THEN CAST($4 AS BIGINT) ELSE CAST($5 AS BIGINT) END, last_polled_at = $5, \
    last_error = NULL, claimed_by = NULL, claimed_until = NULL WHERE id = $1 AND claimed_by = $2";

/// Without a claim: somebody asked beside the poll.
const SEEN: &str = "UPDATE sources SET head = COALESCE($2, head), last_polled_at = $3, last_error = $4 WHERE id = $1";

const FAILED: &str = "UPDATE sources SET next_poll_at = CASE WHEN pokes = $6 THEN CAST($3 AS BIGINT) ELSE CAST($4 AS BIGINT) END, last_polled_at = $4, last_error = $5, \
    claimed_by = NULL, claimed_until = NULL WHERE id = $1 AND claimed_by = $2";

pub(super) const POKE: &str = "UPDATE sources SET pokes = pokes + 1, next_poll_at = CASE WHEN next_poll_at > $2 THEN CAST($2 AS BIGINT) ELSE next_poll_at END \
    WHERE id = $1";

pub(super) const REMOVE_ALL: &str = "DELETE FROM sources WHERE pipeline_id = $1";

/// One source of a pipeline.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceRow {
    pub id: String,
    pub pipeline: PipelineId,
    /// A path or URL that git understands.
    pub url: String,
    pub branch: String,
    /// The pipeline file within the repository.
    pub path: String,
    pub poll_interval_ms: u64,
    /// What was last dealt with; none before the first look.
    pub head: Option<SourceHead>,
    pub next_poll_at: Time,
    /// How often somebody said that there is news.
    pub pokes: u64,
    pub last_polled_at: Option<Time>,
    /// Why the last look failed.
    pub last_error: Option<String>,
    /// What else the shell keeps with it.
    pub detail: serde_json::Value,
}

/// What is kept of a pull request beside the source that its head is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PullSource {
    /// The pipeline whose file says that it is followed.
    pub parent: PipelineId,
    pub number: u64,
    pub title: String,
    /// By the forge's own id, as its API says (IF1).
    pub author: PersonId,
    pub is_fork: bool,
    /// The commit that a person has looked at, and let do what one of the repository itself may.
    #[serde(default)]
    pub approved: Option<String>,
    /// When there was last something new; the life of a preview counts from here.
    pub active_at: Time,
    /// The release that takes the preview away.
    #[serde(default)]
    pub removal: Option<Removal>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removal {
    pub release: ReleaseNumber,
    pub why: RemovedFor,
    /// How often it was tried.
    pub tries: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RemovedFor {
    /// It sleeps: nothing was pushed for a while.
    Idle,
    /// Nothing was pushed for long.
    Age,
    /// The pull request is closed or merged, or not followed any more.
    Closed,
}

impl SourceRow {
    /// None: it is a branch.
    #[must_use]
    pub fn pull_request(&self) -> Option<PullSource> {
        serde_json::from_value(self.detail.get("pull_request")?.clone()).ok()
    }
}

/// The newest commit that was admitted or deliberately skipped (ID3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceHead {
    pub commit: String,
    pub order: SourceOrder,
}

impl Store {
    /// Adds or changes a source; its head stays, and it is looked at from `next_poll_at` on.
    pub async fn put_source(&self, row: &SourceRow) -> Result<(), Error> {
        self.db().execute(PUT, put_values(row)?).await.map(drop)
    }

    pub async fn sources(&self) -> Result<Vec<SourceRow>, Error> {
        self.db().all(ALL, Vec::new()).await?.iter().map(source).collect()
    }

    /// The pull requests of one repository that are followed.
    pub async fn pull_sources(&self, url: &str) -> Result<Vec<(SourceRow, PullSource)>, Error> {
        let rows = self.db().all(PULLS, values![url]).await?.iter().map(source).collect::<Result<Vec<_>, _>>()?;
        Ok(rows.into_iter().filter_map(|row| Some((row.pull_request()?, row))).map(|(pull, row)| (row, pull)).collect())
    }

    /// What is known of a pull request now.
    pub async fn set_pull_source(&self, id: &str, pull: &PullSource) -> Result<(), Error> {
        self.db().execute(SET_DETAIL, values![id, pull_detail(pull).to_string()]).await.map(drop)
    }

    /// The same, with the note that says who did.
    pub async fn set_pull_source_noted(&self, id: &str, pull: &PullSource, note: AuditNote) -> Result<(), Error> {
        self.execute_audited(SET_DETAIL, values![id, pull_detail(pull).to_string()], Some(note)).await.map(drop)
    }

    pub async fn sources_of(&self, pipeline: &PipelineId) -> Result<Vec<SourceRow>, Error> {
        self.db().all(OF_PIPELINE, values![pipeline]).await?.iter().map(source).collect()
    }

    /// Takes due sources; nobody else gets them before `until`.
    pub async fn claim_sources(&self, now: Time, until: Time, limit: u32) -> Result<Vec<SourceRow>, Error> {
        self.db().execute_returning(CLAIM, values![self.server(), until, now, limit]).await?.iter().map(source).collect()
    }

    /// It was looked at, as it was claimed. Without effect when the claim has passed to another server.
    pub async fn source_polled(&self, claimed: &SourceRow, head: &SourceHead, next_poll_at: Time, now: Time) -> Result<(), Error> {
        let values = values![&claimed.id, self.server(), json(head)?, next_poll_at, now, claimed.pokes];
        self.db().execute(POLLED, values).await.map(drop)
    }

    /// Somebody looked at it beside its poll.
    pub async fn source_seen(&self, id: &str, head: Option<&SourceHead>, error: Option<&str>, now: Time) -> Result<(), Error> {
        self.db().execute(SEEN, values![id, head.map(json).transpose()?, now, error]).await.map(drop)
    }

    /// The look failed.
    pub async fn source_failed(&self, claimed: &SourceRow, error: &str, next_poll_at: Time, now: Time) -> Result<(), Error> {
        let values = values![&claimed.id, self.server(), next_poll_at, now, error, claimed.pokes];
        self.db().execute(FAILED, values).await.map(drop)
    }
}

pub(super) fn put_values(row: &SourceRow) -> Result<Vec<Value>, Error> {
    Ok(values![&row.id, &row.pipeline, &row.url, &row.branch, &row.path, row.poll_interval_ms, row.next_poll_at, json(&row.detail)?])
}

/// What [`SourceRow::pull_request`] reads.
#[must_use]
pub fn pull_detail(pull: &PullSource) -> serde_json::Value {
    serde_json::json!({ "pull_request": pull })
}

fn source(record: &Record) -> Result<SourceRow, Error> {
    let head = record.optional_text("head")?.map(|_| record.json("head")).transpose()?;
    Ok(SourceRow {
        id: record.text("id")?,
        pipeline: PipelineId(record.text("pipeline_id")?),
        url: record.text("url")?,
        branch: record.text("branch")?,
        path: record.text("path")?,
        poll_interval_ms: record.count("poll_interval_ms")?,
        head,
        next_poll_at: record.time("next_poll_at")?,
        pokes: record.count("pokes")?,
        last_polled_at: record.optional_time("last_polled_at")?,
        last_error: record.optional_text("last_error")?,
        detail: record.body("sources", "id")?,
    })
}
