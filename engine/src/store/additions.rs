//! What jobs added to plans: written once, replayed when a plan is read (D1).

use std::sync::Arc;

use pipelines::plan::Plan;

use crate::core::id::{PipelineId, ReleaseNumber};
use crate::core::{self, row::AdditionRow};

use super::db::{Insert, Tx};
use super::load::bodies;
use super::value::{Value, json, values};
use super::{Error, Store};

pub(super) const STATEMENTS: &[&str] = &[OF_RELEASE, TEXT, EARLIER];

pub(super) const ADDITIONS: Insert = Insert {
    into: "INSERT INTO additions (pipeline_id, release, number, node, added_at, text, body)",
    columns: 7,
    before_first: "",
    conflict: "ON CONFLICT (pipeline_id, release, number) DO NOTHING",
};

const OF_RELEASE: &str = "SELECT number, body FROM additions WHERE pipeline_id = $1 AND release = $2 ORDER BY number";
const TEXT: &str = "SELECT text FROM additions WHERE pipeline_id = $1 AND release = $2 AND number = $3";

const EARLIER: &str = "SELECT DISTINCT release FROM additions WHERE pipeline_id = $1 AND release < $2 ORDER BY release DESC LIMIT $3";

pub(super) fn written(pipeline: &PipelineId, row: &AdditionRow) -> Result<Vec<Value>, Error> {
    Ok(values![pipeline, row.release, row.number, row.node.0, row.at, &row.text, json(row)?])
}

/// In order, without their texts.
pub(super) async fn of_release(tx: &mut Tx<'_>, pipeline: &PipelineId, release: ReleaseNumber) -> Result<Vec<AdditionRow>, Error> {
    bodies(tx, OF_RELEASE, values![pipeline, release], "additions", "number").await
}

/// The plan as it has grown.
pub(super) fn grown(mut plan: Arc<Plan>, release: ReleaseNumber, additions: &[AdditionRow]) -> Result<Arc<Plan>, Error> {
    core::replay(&mut plan, additions).map_err(|flaw| Error::malformed("additions", release.0.to_string(), flaw))?;
    Ok(plan)
}

impl Store {
    /// What was added to the plan of a release, in order, without the texts.
    pub async fn additions(&self, pipeline: &PipelineId, release: ReleaseNumber) -> Result<Vec<AdditionRow>, Error> {
        self.db()
            .read((pipeline.clone(), release), |tx, (pipeline, release)| Box::pin(async move { of_release(tx, pipeline, *release).await }))
            .await
    }

    /// Releases before one whose plans have grown, newest first.
    pub async fn releases_that_grew(&self, pipeline: &PipelineId, before: ReleaseNumber, limit: u32) -> Result<Vec<ReleaseNumber>, Error> {
        let records = self.db().all(EARLIER, values![pipeline, before, limit]).await?;
        records.iter().map(|record| record.count("release").map(ReleaseNumber)).collect()
    }

    /// What was printed or uploaded, as it came; empty for a matrix, none when there is no such addition.
    pub async fn addition_text(&self, pipeline: &PipelineId, release: ReleaseNumber, number: u32) -> Result<Option<String>, Error> {
        self.db().optional(TEXT, values![pipeline, release, number]).await?.map(|record| record.text("text")).transpose()
    }
}
