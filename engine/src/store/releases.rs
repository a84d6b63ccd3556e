//! Releases for people: pages and details.

use std::sync::Arc;

use pipelines::plan::{Plan, StageIx, WaveIx};

use crate::core::Time;
use crate::core::id::{PipelineId, ReleaseNumber};
use crate::core::row::{AdditionRow, AttemptRow, GateRow, NodeRow, ReleaseRow, ReleaseState, RolloutRow, WaveRow};

use super::load::bodies;
use super::value::{Record, unword, values};
use super::{Error, Store, additions, plans};

pub(super) const STATEMENTS: &[&str] = &[PAGE, MARKS, LEFT, BY_KEY, ONE, WAVES, NODES, ATTEMPTS, GATES, ROLLOUTS, TARGET_HISTORY, HOLDS];

const PAGE: &str = "SELECT number, body FROM releases WHERE pipeline_id = $1 AND number < $2 ORDER BY number DESC LIMIT $3";
const MARKS: &str = "SELECT number, state, created_at, ended_at FROM releases WHERE pipeline_id = $1 ORDER BY number DESC LIMIT $2";
const LEFT: &str =
    "SELECT release, stage, wave FROM waves WHERE pipeline_id = $1 AND release >= $2 AND state = 'left' ORDER BY release, stage, wave";
const BY_KEY: &str = "SELECT number, body FROM releases WHERE pipeline_id = $1 AND admission_key = $2";
const ONE: &str = "SELECT number, plan_digest, body FROM releases WHERE pipeline_id = $1 AND number = $2";
const WAVES: &str = "SELECT release, body FROM waves WHERE pipeline_id = $1 AND release = $2 ORDER BY stage, wave";
const NODES: &str = "SELECT node, body FROM nodes WHERE pipeline_id = $1 AND release = $2 ORDER BY node";
const ATTEMPTS: &str = "SELECT id, body FROM attempts WHERE pipeline_id = $1 AND release = $2 ORDER BY node, number";
const GATES: &str = "SELECT node, body FROM gates WHERE pipeline_id = $1 AND release = $2 ORDER BY node";
const ROLLOUTS: &str = "SELECT target, body FROM rollouts WHERE pipeline_id = $1 AND release = $2 ORDER BY target, number";
const TARGET_HISTORY: &str =
    "SELECT target, body FROM rollouts WHERE pipeline_id = $1 AND target = $2 AND number < $3 ORDER BY number DESC LIMIT $4";
const HOLDS: &str = "SELECT id, body FROM holds WHERE pipeline_id = $1 ORDER BY COALESCE(lifted_at, 9223372036854775807) DESC, id LIMIT $2";

/// A release in a line of marks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseMark {
    pub number: ReleaseNumber,
    pub state: ReleaseState,
    pub created_at: Time,
    pub ended_at: Option<Time>,
}

/// Everything about one release.
#[derive(Debug, Clone, PartialEq)]
pub struct ReleaseDetail {
    pub release: ReleaseRow,
    /// As it has grown (D1).
    pub plan: Arc<Plan>,
    /// What was added to it, in order, without the texts.
    pub additions: Vec<AdditionRow>,
    pub waves: Vec<WaveRow>,
    pub nodes: Vec<NodeRow>,
    pub attempts: Vec<AttemptRow>,
    pub gates: Vec<GateRow>,
    pub rollouts: Vec<RolloutRow>,
}

impl Store {
    /// Newest first; `before` is the last number of the page before, none for the first page.
    pub async fn releases(&self, pipeline: &PipelineId, before: Option<ReleaseNumber>, limit: u32) -> Result<Vec<ReleaseRow>, Error> {
        let before = before.map_or(u64::MAX, |release| release.0);
        self.db().all(PAGE, values![pipeline, before, limit]).await?.iter().map(|record| record.body("releases", "number")).collect()
    }

    /// The newest releases without what is in them, newest first.
    pub async fn release_marks(&self, pipeline: &PipelineId, limit: u32) -> Result<Vec<ReleaseMark>, Error> {
        self.db().all(MARKS, values![pipeline, limit]).await?.iter().map(mark).collect()
    }

    /// The doors at which releases from this number on left the queue (L4).
    pub async fn doors_left(&self, pipeline: &PipelineId, from: ReleaseNumber) -> Result<Vec<(ReleaseNumber, WaveIx)>, Error> {
        let wave = |record: &Record| {
            let index = |column: &str| Ok::<_, Error>(u32::try_from(record.count(column)?).unwrap_or(u32::MAX));
            Ok((record.release("release")?, WaveIx { stage: StageIx(index("stage")?), wave: index("wave")? }))
        };
        self.db().all(LEFT, values![pipeline, from]).await?.iter().map(wave).collect()
    }

    /// The release that an admission's key made (ID2).
    pub async fn release_by_key(&self, pipeline: &PipelineId, key: &str) -> Result<Option<ReleaseRow>, Error> {
        self.db().optional(BY_KEY, values![pipeline, key]).await?.map(|record| record.body("releases", "number")).transpose()
    }

    pub async fn release(&self, pipeline: &PipelineId, number: ReleaseNumber) -> Result<Option<ReleaseDetail>, Error> {
        self.db()
            .read((self.clone(), pipeline.clone(), number), |tx, (store, pipeline, number)| {
                Box::pin(async move {
                    let key = values![pipeline, *number];
                    let Some(record) = tx.optional(ONE, key.clone()).await? else { return Ok(None) };
                    let digest = record.optional_text("plan_digest")?;
                    let additions = additions::of_release(tx, pipeline, *number).await?;
                    let plan = plans::load(tx, &store.inner.plans, number.0, digest.as_deref()).await?;
                    Ok(Some(ReleaseDetail {
                        release: record.body("releases", "number")?,
                        plan: additions::grown(plan, *number, &additions)?,
                        additions,
                        waves: bodies(tx, WAVES, key.clone(), "waves", "release").await?,
                        nodes: bodies(tx, NODES, key.clone(), "nodes", "node").await?,
                        attempts: bodies(tx, ATTEMPTS, key.clone(), "attempts", "id").await?,
                        gates: bodies(tx, GATES, key.clone(), "gates", "node").await?,
                        rollouts: bodies(tx, ROLLOUTS, key, "rollouts", "target").await?,
                    }))
                })
            })
            .await
    }

    /// A target's history, newest first; `before` is the last number of the page before.
    pub async fn rollouts(&self, pipeline: &PipelineId, target: &str, before: Option<u64>, limit: u32) -> Result<Vec<RolloutRow>, Error> {
        let values = values![pipeline, target, before.unwrap_or(u64::MAX), limit];
        self.db().all(TARGET_HISTORY, values).await?.iter().map(|record| record.body("rollouts", "target")).collect()
    }

    /// Holds, those in force first, lifted ones with the newest first.
    pub async fn holds(&self, pipeline: &PipelineId, limit: u32) -> Result<Vec<crate::core::row::HoldRow>, Error> {
        self.db().all(HOLDS, values![pipeline, limit]).await?.iter().map(|record| record.body("holds", "id")).collect()
    }
}

fn mark(record: &Record) -> Result<ReleaseMark, Error> {
    Ok(ReleaseMark {
        number: record.release("number")?,
        state: unword("releases", &record.text("state")?)?,
        created_at: record.time("created_at")?,
        ended_at: record.optional_time("ended_at")?,
    })
}
