//! Monitors that are due to be read, shared between servers by short leases.

use std::collections::BTreeMap;

use pipelines::plan::Monitor;

use crate::core::Time;
use crate::core::id::{MonitorId, PipelineId};
use crate::core::row::WatchRow;

use super::value::values;
use super::{Error, Store};

pub(super) const STATEMENTS: &[&str] = &[CLAIM, POLLED, NEXT, PUSHED];

/// An equal monitor of several pipelines is claimed as one.
const CLAIM: &str = "UPDATE watches SET claimed_by = $1, claimed_until = $2 WHERE id IN \
    (SELECT id FROM watches WHERE next_poll_at <= $3 AND COALESCE(claimed_until, 0) <= $3 GROUP BY id ORDER BY MIN(next_poll_at), id LIMIT $4) \
    AND COALESCE(claimed_until, 0) <= $3 RETURNING id, pipeline_id, body";

const POLLED: &str = "UPDATE watches SET next_poll_at = $3, claimed_by = NULL, claimed_until = NULL WHERE id = $1 AND claimed_by = $2";

const NEXT: &str = "SELECT MIN(next_poll_at) AS next_poll_at FROM watches WHERE COALESCE(claimed_until, 0) <= $1";

/// A reading that is under way may be from before the change: its claim ends, so that it does not put off the next one.
const PUSHED: &str = "UPDATE watches SET \
    next_poll_at = CASE WHEN claimed_until IS NOT NULL OR next_poll_at > $2 THEN $2 ELSE next_poll_at END, \
    claimed_by = NULL, claimed_until = NULL WHERE signal = $1";

/// A monitor that this server may read until its claim ends, for all who watch it.
#[derive(Debug, Clone, PartialEq)]
pub struct DueWatch {
    pub id: MonitorId,
    pub monitor: Monitor,
    /// Since when somebody watches it.
    pub since: Time,
    pub pipelines: Vec<PipelineId>,
}

impl Store {
    /// Takes due monitors; nobody else gets them before `until`. A row that does not decode is left out
    /// and named in the second list with its pipeline, so that the caller parks it (R11).
    pub async fn claim_watches(&self, now: Time, until: Time, limit: u32) -> Result<(Vec<DueWatch>, Vec<(PipelineId, Error)>), Error> {
        let mut due = BTreeMap::<MonitorId, DueWatch>::new();
        let mut malformed = Vec::new();
        for record in self.db().execute_returning(CLAIM, values![self.server(), until, now, limit]).await? {
            let pipeline = PipelineId(record.text("pipeline_id")?);
            match record.body::<WatchRow>("watches", "id") {
                Ok(row) => {
                    let new = || DueWatch { id: row.id.clone(), monitor: row.monitor, since: row.since, pipelines: Vec::new() };
                    let watch = due.entry(row.id.clone()).or_insert_with(new);
                    watch.since = watch.since.min(row.since);
                    watch.pipelines.push(pipeline);
                }
                Err(error) => malformed.push((pipeline, error)),
            }
        }
        for watch in due.values_mut() {
            watch.pipelines.sort();
        }
        Ok((due.into_values().collect(), malformed))
    }

    /// It was read: next at `next_poll_at`. Without effect when the claim has passed to another server.
    pub async fn watch_polled(&self, monitor: &MonitorId, next_poll_at: Time) -> Result<(), Error> {
        self.db().execute(POLLED, values![monitor, self.server(), next_poll_at]).await.map(drop)
    }

    /// Something says that this signal may have changed: whoever watches it reads it at `at`, unless that is due before anyway.
    /// Answers how many watches that concerns.
    pub async fn watch_pushed(&self, signal: &str, at: Time) -> Result<u64, Error> {
        self.db().execute(PUSHED, values![signal, at]).await
    }

    /// When the next monitor is due that nobody has claimed.
    pub async fn next_watch_at(&self, now: Time) -> Result<Option<Time>, Error> {
        self.db().optional(NEXT, values![now]).await?.map_or(Ok(None), |record| record.optional_time("next_poll_at"))
    }
}
