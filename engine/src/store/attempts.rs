//! Attempts across pipelines: what waits for a runner, and what a runner has.

use std::collections::BTreeMap;

use pipelines::plan::RunsOn;
use protocol::{AttemptId, RunnerId};
use serde::Deserialize;

use crate::core::dispatch::Queued;
use crate::core::id::PipelineId;
use crate::core::row::AttemptRow;

use super::value::{Record, values};
use super::{Error, Store};

pub(super) const STATEMENTS: &[&str] = &[QUEUED, BY_ID, OF_RUNNER, BUSY, LEASED, ALIVE];

/// Urgent ones first, then the oldest. A parked pipeline starts nothing (R11).
const QUEUED: &str = "SELECT a.id, a.pipeline_id, a.urgent, a.queued_at, a.body FROM attempts a JOIN pipelines p ON p.id = a.pipeline_id \
    WHERE a.state = 'queued' AND p.parked IS NULL AND p.removed_at IS NULL ORDER BY a.urgent DESC, a.queued_at, a.id LIMIT $1";

const BY_ID: &str = "SELECT id, pipeline_id, body FROM attempts WHERE id = $1";

const OF_RUNNER: &str = "SELECT id, pipeline_id, body FROM attempts WHERE runner = $1 AND state IN ('leased', 'unknown') ORDER BY id";

/// `state <> 'ended'` lets the index of attempts that are alive serve: history grows, and they do not.
const BUSY: &str = "SELECT runner, pipeline_id, urgent, COUNT(*) AS running FROM attempts \
    WHERE state <> 'ended' AND state = 'leased' AND runner IS NOT NULL GROUP BY runner, pipeline_id, urgent";

const LEASED: &str = "SELECT id, pipeline_id, body FROM attempts WHERE state <> 'ended' AND state = 'leased'";

const ALIVE: &str = "SELECT state, COUNT(*) AS attempts FROM attempts WHERE state <> 'ended' GROUP BY state";

/// An attempt with the pipeline that it belongs to.
#[derive(Debug, Clone, PartialEq)]
pub struct AttemptOfPipeline {
    pub pipeline: PipelineId,
    pub attempt: AttemptRow,
}

/// What a runner executes now, per pipeline.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Busy {
    pub ordinary: BTreeMap<PipelineId, u32>,
    /// Rollbacks and inspections (R13).
    pub urgent: BTreeMap<PipelineId, u32>,
}

/// The part of an attempt that dispatch asks for.
#[derive(Deserialize)]
struct Wanted {
    runs_on: RunsOn,
}

impl Store {
    /// Attempts of all pipelines that wait for a runner. One that does not decode is left out and named
    /// in the second list with its pipeline, so that the caller parks it (R11).
    pub async fn queued(&self, limit: u32) -> Result<(Vec<Queued>, Vec<(PipelineId, Error)>), Error> {
        let mut queued = Vec::new();
        let mut malformed = Vec::new();
        for record in self.db().all(QUEUED, values![limit]).await? {
            let pipeline = PipelineId(record.text("pipeline_id")?);
            match waiting(&record, &pipeline) {
                Ok(attempt) => queued.push(attempt),
                Err(error) => malformed.push((pipeline, error)),
            }
        }
        Ok((queued, malformed))
    }

    pub async fn attempt(&self, id: &AttemptId) -> Result<Option<AttemptOfPipeline>, Error> {
        self.db().optional(BY_ID, values![id]).await?.as_ref().map(of_pipeline).transpose()
    }

    /// What a runner has: leased, or unknown since contact was lost.
    pub async fn attempts_of_runner(&self, runner: &RunnerId) -> Result<Vec<AttemptOfPipeline>, Error> {
        self.db().all(OF_RUNNER, values![runner]).await?.iter().map(of_pipeline).collect()
    }

    /// Everything that a runner executes now. A row that does not decode is left out: loading its pipeline meets it.
    pub async fn leased_attempts(&self) -> Result<Vec<AttemptOfPipeline>, Error> {
        Ok(self.db().all(LEASED, Vec::new()).await?.iter().filter_map(|record| of_pipeline(record).ok()).collect())
    }

    /// How many attempts have not ended, by their state.
    pub async fn attempts_alive(&self) -> Result<BTreeMap<String, u64>, Error> {
        self.db().all(ALIVE, Vec::new()).await?.iter().map(|record| Ok((record.text("state")?, record.count("attempts")?))).collect()
    }

    /// How much every runner executes now.
    pub async fn busy_runners(&self) -> Result<BTreeMap<RunnerId, Busy>, Error> {
        let mut busy = BTreeMap::<RunnerId, Busy>::new();
        for record in self.db().all(BUSY, Vec::new()).await? {
            let runner = record.text("runner")?;
            let runner = RunnerId::try_from(runner.clone()).map_err(|error| Error::malformed("attempts", runner, error))?;
            let running = u32::try_from(record.count("running")?).unwrap_or(u32::MAX);
            let entry = busy.entry(runner).or_default();
            let counts = if record.boolean("urgent")? { &mut entry.urgent } else { &mut entry.ordinary };
            counts.insert(PipelineId(record.text("pipeline_id")?), running);
        }
        Ok(busy)
    }
}

fn waiting(record: &Record, pipeline: &PipelineId) -> Result<Queued, Error> {
    Ok(Queued {
        attempt: attempt_id(record)?,
        pipeline: pipeline.clone(),
        runs_on: record.body::<Wanted>("attempts", "id")?.runs_on,
        urgent: record.boolean("urgent")?,
        queued_at: record.time("queued_at")?,
    })
}

fn attempt_id(record: &Record) -> Result<AttemptId, Error> {
    let id = record.text("id")?;
    AttemptId::try_from(id.clone()).map_err(|error| Error::malformed("attempts", id, error))
}

fn of_pipeline(record: &Record) -> Result<AttemptOfPipeline, Error> {
    Ok(AttemptOfPipeline { pipeline: PipelineId(record.text("pipeline_id")?), attempt: record.body("attempts", "id")? })
}
