//! What the measures of delivery are computed from, bounded by the releases of a period.

use std::sync::Arc;

use pipelines::plan::Plan;

use crate::core::Time;
use crate::core::id::PipelineId;
use crate::core::row::{AttemptRow, ReleaseRow, WaveRow};

use super::load::bodies;
use super::value::values;
use super::{Error, Store, plans};

pub(super) const STATEMENTS: &[&str] = &[RELEASES, WAVES, ATTEMPTS];

const RELEASES: &str =
    "SELECT number, plan_digest, body FROM releases WHERE pipeline_id = $1 AND created_at >= $2 ORDER BY number DESC LIMIT $3";
const WAVES: &str = "SELECT release, body FROM waves WHERE pipeline_id = $1 AND release >= $2 ORDER BY release, stage, wave";
/// The newest releases' attempts: an attempt of a rollback belongs to an older release and is left out.
const ATTEMPTS: &str = "SELECT id, body FROM attempts WHERE pipeline_id = $1 AND release >= $2 AND kind = 'forward' AND state = 'ended' \
    ORDER BY release DESC, node LIMIT $3";

/// Rows of one pipeline's releases since a moment.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MeasuredRows {
    /// Newest first.
    pub releases: Vec<(ReleaseRow, Arc<Plan>)>,
    /// By release.
    pub waves: Vec<WaveRow>,
    pub attempts: Vec<AttemptRow>,
}

impl Store {
    /// Releases that were created since a moment, at most so many of the newest, with their waves and at most so many attempts.
    pub async fn measured(&self, pipeline: &PipelineId, since: Time, releases: u32, attempts: u32) -> Result<MeasuredRows, Error> {
        self.db()
            .read((self.clone(), pipeline.clone(), since, releases, attempts), |tx, (store, pipeline, since, releases, attempts)| {
                Box::pin(async move {
                    let mut rows = MeasuredRows::default();
                    for record in tx.all(RELEASES, values![pipeline, *since, *releases]).await? {
                        let row: ReleaseRow = record.body("releases", "number")?;
                        let digest = record.optional_text("plan_digest")?;
                        let plan = plans::load(tx, &store.inner.plans, row.number.0, digest.as_deref()).await?;
                        rows.releases.push((row, plan));
                    }
                    let Some(oldest) = rows.releases.last().map(|(row, _)| row.number) else { return Ok(rows) };
                    rows.waves = bodies(tx, WAVES, values![pipeline, oldest], "waves", "release").await?;
                    if *attempts > 0 {
                        rows.attempts = bodies(tx, ATTEMPTS, values![pipeline, oldest, *attempts], "attempts", "id").await?;
                    }
                    Ok(rows)
                })
            })
            .await
    }
}
