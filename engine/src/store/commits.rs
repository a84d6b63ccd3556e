//! Commits of a source in their order, for the view of commits and for comparing releases (S1).

use crate::core::Time;
use crate::core::id::{PipelineId, SourceOrder};

use super::db::Insert;
use super::value::{Record, values};
use super::{Error, Store};

pub(super) const STATEMENTS: &[&str] = &[PAGE, BETWEEN, BY_ID];

pub(super) const COMMITS: Insert = Insert {
    into: "INSERT INTO commits (pipeline_id, source, id, epoch, position, title, author, author_email, committed_at)",
    columns: 9,
    before_first: "",
    // After a forced push a commit may stand elsewhere.
    conflict: "ON CONFLICT (pipeline_id, source, id) DO UPDATE SET epoch = excluded.epoch, position = excluded.position",
};

macro_rules! columns {
    () => {
        "SELECT source, id, epoch, position, title, author, author_email, committed_at FROM commits WHERE pipeline_id = $1 AND source = $2 "
    };
}

const PAGE: &str = concat!(
    columns!(),
    "AND (epoch < $3 OR (epoch = $3 AND position < $4)) ORDER BY epoch DESC, position DESC, committed_at DESC, id LIMIT $5"
);

const BETWEEN: &str = concat!(
    columns!(),
    "AND (epoch > $3 OR (epoch = $3 AND position > $4)) AND (epoch < $5 OR (epoch = $5 AND position <= $6)) ",
    "ORDER BY epoch DESC, position DESC, committed_at DESC, id LIMIT $7"
);

const BY_ID: &str = concat!(columns!(), "AND id = $3");

/// A commit at its place. Names are display text, never identities.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceCommit {
    pub source: String,
    pub id: String,
    pub order: SourceOrder,
    pub title: String,
    pub author: String,
    pub author_email: String,
    pub committed_at: Time,
}

/// Newest first; `next` starts the page after this one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitPage {
    pub commits: Vec<SourceCommit>,
    pub next: Option<SourceOrder>,
}

impl Store {
    pub async fn put_commits(&self, pipeline: &PipelineId, commits: &[SourceCommit]) -> Result<(), Error> {
        let rows: Vec<_> = commits.iter().map(|commit| row(pipeline, commit)).collect();
        self.db().write(rows, |tx, rows| Box::pin(async move { tx.insert_all(&COMMITS, rows.clone()).await })).await
    }

    /// Commits before a place in the order; none: the newest.
    pub async fn commits(&self, pipeline: &PipelineId, source: &str, before: Option<SourceOrder>, limit: u32) -> Result<CommitPage, Error> {
        let before = before.unwrap_or(SourceOrder { epoch: u64::MAX, position: u64::MAX });
        let values = values![pipeline, source, before.epoch, before.position, limit];
        let commits = self.db().all(PAGE, values).await?.iter().map(commit).collect::<Result<Vec<_>, _>>()?;
        let next = commits.last().filter(|_| commits.len() as u64 >= u64::from(limit)).map(|last| last.order);
        Ok(CommitPage { commits, next })
    }

    /// Commits after `from` up to and with `to`, newest first.
    pub async fn commits_between(
        &self,
        pipeline: &PipelineId,
        source: &str,
        from: SourceOrder,
        to: SourceOrder,
        limit: u32,
    ) -> Result<Vec<SourceCommit>, Error> {
        let values = values![pipeline, source, from.epoch, from.position, to.epoch, to.position, limit];
        self.db().all(BETWEEN, values).await?.iter().map(commit).collect()
    }

    pub async fn commit(&self, pipeline: &PipelineId, source: &str, id: &str) -> Result<Option<SourceCommit>, Error> {
        self.db().optional(BY_ID, values![pipeline, source, id]).await?.as_ref().map(commit).transpose()
    }
}

fn row(pipeline: &PipelineId, commit: &SourceCommit) -> Vec<super::value::Value> {
    values![
        pipeline,
        &commit.source,
        &commit.id,
        commit.order.epoch,
        commit.order.position,
        &commit.title,
        &commit.author,
        &commit.author_email,
        commit.committed_at,
    ]
}

fn commit(record: &Record) -> Result<SourceCommit, Error> {
    Ok(SourceCommit {
        source: record.text("source")?,
        id: record.text("id")?,
        order: SourceOrder { epoch: record.count("epoch")?, position: record.count("position")? },
        title: record.text("title")?,
        author: record.text("author")?,
        author_email: record.text("author_email")?,
        committed_at: record.time("committed_at")?,
    })
}
