//! Pipelines as a whole: registration, versions, deadlines, and those that are parked.

use crate::core::Time;
use crate::core::id::PipelineId;
use crate::core::row::PipelineRow;

use super::audit::{self, AuditNote};
use super::hint::Hint;
use super::save::Version;
use super::value::{Record, json, values};
use super::{Error, SourceRow, Store, sources};

pub(super) const STATEMENTS: &[&str] = &[REGISTER, VERSION, BY_NAME, LIST, CLAIM_DUE, SET_DEADLINE, PARK, UNPARK, PARKED, REMOVE];

const REGISTER: &str = "INSERT INTO pipelines (id, name, version, created_at, event_count, event_hash, pruned_count, pruned_hash, \
    recent_commits, body) VALUES ($1, $2, 0, $3, 0, '', 0, '', '', $4)";

const VERSION: &str = "SELECT version, event_count, event_hash FROM pipelines WHERE id = $1 AND removed_at IS NULL";

const BY_NAME: &str = "SELECT id FROM pipelines WHERE name = $1 AND removed_at IS NULL";

const LIST: &str = "SELECT id, name, version, next_deadline, parked, parked_at, created_at, body FROM pipelines \
    WHERE removed_at IS NULL AND name > $1 ORDER BY name LIMIT $2";

/// A parked pipeline waits for a person; its deadlines do not count (R11).
const CLAIM_DUE: &str = "UPDATE pipelines SET deadline_claimed_by = $1, deadline_claimed_until = $2 WHERE id IN \
    (SELECT id FROM pipelines WHERE next_deadline IS NOT NULL AND next_deadline <= $3 AND COALESCE(deadline_claimed_until, 0) <= $3 \
    AND parked IS NULL AND removed_at IS NULL ORDER BY next_deadline, id LIMIT $4) \
    AND next_deadline <= $3 AND COALESCE(deadline_claimed_until, 0) <= $3 RETURNING id, next_deadline";

const SET_DEADLINE: &str = "UPDATE pipelines SET next_deadline = $3, deadline_claimed_by = NULL, deadline_claimed_until = NULL \
    WHERE id = $1 AND version = $2";

const PARK: &str = "UPDATE pipelines SET parked = $2, parked_at = $3 WHERE id = $1 AND parked IS NULL";
const UNPARK: &str = "UPDATE pipelines SET parked = NULL, parked_at = NULL WHERE id = $1";
const PARKED: &str = "SELECT id, name, parked, parked_at FROM pipelines WHERE parked IS NOT NULL AND removed_at IS NULL ORDER BY name";
const REMOVE: &str =
    "UPDATE pipelines SET removed_at = $2, next_deadline = NULL, version = version + 1 WHERE id = $1 AND removed_at IS NULL";

/// A pipeline in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedPipeline {
    pub id: PipelineId,
    pub name: String,
    pub version: u64,
    pub next_deadline: Option<Time>,
    pub parked: Option<Parked>,
    pub created_at: Time,
}

/// A pipeline that nothing happens to until a person has looked (R11).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parked {
    pub id: PipelineId,
    pub name: String,
    pub reason: String,
    pub since: Time,
}

impl Store {
    /// Adds a pipeline; [`Error::Exists`] when its id or name is taken.
    pub async fn register_pipeline(&self, row: &PipelineRow, now: Time) -> Result<Version, Error> {
        self.db().execute(REGISTER, values![&row.id, &row.name, now, json(row)?]).await?;
        self.hint(Hint::Pipeline(row.id.clone()));
        Ok(Version { number: 0, events: 0, head: String::new() })
    }

    /// Adds a pipeline with its source, and the note that says who did; [`Error::Exists`] when its id or name is taken.
    pub async fn connect_pipeline(&self, row: &PipelineRow, source: &SourceRow, note: AuditNote) -> Result<(), Error> {
        let register = values![&row.id, &row.name, note.at, json(row)?];
        let put = sources::put_values(source)?;
        let hint = Hint::Pipeline(row.id.clone());
        self.db()
            .write((register, put, note, hint.clone()), |tx, (register, put, note, hint)| {
                Box::pin(async move {
                    tx.execute(REGISTER, register.clone()).await?;
                    tx.execute(sources::PUT, put.clone()).await?;
                    audit::append(tx, note).await?;
                    tx.notify(hint.to_text()).await
                })
            })
            .await?;
        self.hint(hint);
        Ok(())
    }

    /// Its name is free again and its sources are gone; its history stays until retention takes it. False when there is no
    /// such pipeline.
    pub async fn disconnect_pipeline(&self, pipeline: &PipelineId, note: AuditNote) -> Result<bool, Error> {
        let is_removed = self
            .db()
            .write((pipeline.clone(), note), |tx, (pipeline, note)| {
                Box::pin(async move {
                    if audit::execute(tx, REMOVE, values![pipeline, note.at], Some(note)).await? == 0 {
                        return Ok(false);
                    }
                    tx.execute(sources::REMOVE_ALL, values![pipeline]).await?;
                    tx.notify(Hint::Pipeline(pipeline.clone()).to_text()).await?;
                    Ok(true)
                })
            })
            .await?;
        self.hint(Hint::Pipeline(pipeline.clone()));
        Ok(is_removed)
    }

    /// Whether a cached pipeline is still what is stored.
    pub async fn version(&self, pipeline: &PipelineId) -> Result<Version, Error> {
        let record = self.db().optional(VERSION, values![pipeline]).await?;
        Version::read(&record.ok_or_else(|| Error::NotFound { what: "pipeline", key: pipeline.to_string() })?)
    }

    pub async fn pipeline_by_name(&self, name: &str) -> Result<Option<PipelineId>, Error> {
        self.db().optional(BY_NAME, values![name]).await?.map(|record| record.text("id").map(PipelineId)).transpose()
    }

    /// In the order of names; `after` is the last name of the page before, empty for the first.
    pub async fn pipelines(&self, after: &str, limit: u32) -> Result<Vec<ListedPipeline>, Error> {
        self.db().all(LIST, values![after, limit]).await?.iter().map(listed).collect()
    }

    /// Pipelines whose deadline has passed; nobody else gets them before `until`. A save ends the claim.
    pub async fn claim_due_pipelines(&self, now: Time, until: Time, limit: u32) -> Result<Vec<PipelineId>, Error> {
        let records = self.db().execute_returning(CLAIM_DUE, values![self.server(), until, now, limit]).await?;
        let mut due =
            records.iter().map(|record| Ok((record.time("next_deadline")?, record.text("id")?))).collect::<Result<Vec<_>, Error>>()?;
        due.sort();
        Ok(due.into_iter().map(|(_, id)| PipelineId(id)).collect())
    }

    /// Where a look at the pipeline changed nothing but its next deadline. False when it has moved on meanwhile.
    pub async fn set_deadline(&self, pipeline: &PipelineId, version: &Version, next_deadline: Option<Time>) -> Result<bool, Error> {
        Ok(self.db().execute(SET_DEADLINE, values![pipeline, version.number, next_deadline]).await? > 0)
    }

    /// Nothing happens to it until a person has looked; the first reason stays (R11).
    pub async fn park(&self, pipeline: &PipelineId, reason: &str, now: Time) -> Result<(), Error> {
        self.db().execute(PARK, values![pipeline, reason, now]).await?;
        self.hint(Hint::Pipeline(pipeline.clone()));
        Ok(())
    }

    pub async fn unpark(&self, pipeline: &PipelineId) -> Result<(), Error> {
        self.db().execute(UNPARK, values![pipeline]).await?;
        self.hint(Hint::Pipeline(pipeline.clone()));
        Ok(())
    }

    pub async fn parked(&self) -> Result<Vec<Parked>, Error> {
        let records = self.db().all(PARKED, Vec::new()).await?;
        Ok(records.iter().map(parked).collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
    }

    /// Its name is free again; its history stays until retention takes it.
    pub async fn remove_pipeline(&self, pipeline: &PipelineId, now: Time) -> Result<bool, Error> {
        let is_removed = self.db().execute(REMOVE, values![pipeline, now]).await? > 0;
        self.hint(Hint::Pipeline(pipeline.clone()));
        Ok(is_removed)
    }
}

fn listed(record: &Record) -> Result<ListedPipeline, Error> {
    Ok(ListedPipeline {
        id: PipelineId(record.text("id")?),
        name: record.text("name")?,
        version: record.count("version")?,
        next_deadline: record.optional_time("next_deadline")?,
        parked: parked(record)?,
        created_at: record.time("created_at")?,
    })
}

fn parked(record: &Record) -> Result<Option<Parked>, Error> {
    let Some(reason) = record.optional_text("parked")? else { return Ok(None) };
    let since = record.optional_time("parked_at")?.unwrap_or_default();
    Ok(Some(Parked { id: PipelineId(record.text("id")?), name: record.text("name")?, reason, since }))
}
