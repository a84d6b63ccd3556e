//! When the next piece of work is due, so that a task can wait for it instead of asking again and again.

use crate::core::Time;

use super::value::values;
use super::{Error, Store};

pub(super) const STATEMENTS: &[&str] =
    &[DEADLINE, SOURCE, SCHEDULE, OUTBOX, INBOX, FREE_PIPELINES, FREE_WATCHES, FREE_OUTBOX, FREE_INBOX, FREE_SOURCES];

const DEADLINE: &str = "SELECT MIN(next_deadline) AS due FROM pipelines WHERE next_deadline IS NOT NULL AND parked IS NULL \
    AND removed_at IS NULL AND COALESCE(deadline_claimed_until, 0) <= $1";
const SOURCE: &str = "SELECT MIN(s.next_poll_at) AS due FROM sources s JOIN pipelines p ON p.id = s.pipeline_id \
    WHERE COALESCE(s.claimed_until, 0) <= $1 AND p.removed_at IS NULL";
const SCHEDULE: &str =
    "SELECT MIN(s.next_at) AS due FROM schedules s JOIN pipelines p ON p.id = s.pipeline_id WHERE s.next_at >= $1 AND p.removed_at IS NULL";
const OUTBOX: &str =
    "SELECT MIN(due_at) AS due FROM outbox WHERE done_at IS NULL AND failed_at IS NULL AND COALESCE(claimed_until, 0) <= $1";
const INBOX: &str = "SELECT MIN(due_at) AS due FROM inbox WHERE done_at IS NULL AND failed_at IS NULL AND COALESCE(claimed_until, 0) <= $1";

const FREE_PIPELINES: &str =
    "UPDATE pipelines SET deadline_claimed_by = NULL, deadline_claimed_until = NULL WHERE deadline_claimed_by IS NOT NULL";
const FREE_WATCHES: &str = "UPDATE watches SET claimed_by = NULL, claimed_until = NULL WHERE claimed_by IS NOT NULL";
const FREE_OUTBOX: &str = "UPDATE outbox SET claimed_by = NULL, claimed_until = NULL WHERE claimed_by IS NOT NULL";
const FREE_INBOX: &str = "UPDATE inbox SET claimed_by = NULL, claimed_until = NULL WHERE claimed_by IS NOT NULL";
const FREE_SOURCES: &str = "UPDATE sources SET claimed_by = NULL, claimed_until = NULL WHERE claimed_by IS NOT NULL";

impl Store {
    /// The earliest deadline of a pipeline that nobody has claimed.
    pub async fn next_deadline_at(&self, now: Time) -> Result<Option<Time>, Error> {
        self.earliest(DEADLINE, now).await
    }

    /// When the next source is polled.
    pub async fn next_source_at(&self, now: Time) -> Result<Option<Time>, Error> {
        self.earliest(SOURCE, now).await
    }

    /// The next slot of a schedule from `now` on.
    pub async fn next_schedule_at(&self, now: Time) -> Result<Option<Time>, Error> {
        self.earliest(SCHEDULE, now).await
    }

    pub async fn next_outbox_at(&self, now: Time) -> Result<Option<Time>, Error> {
        self.earliest(OUTBOX, now).await
    }

    pub async fn next_inbox_at(&self, now: Time) -> Result<Option<Time>, Error> {
        self.earliest(INBOX, now).await
    }

    /// Ends every claim. On SQLite there is one server, so at its start whoever held one is gone.
    pub(super) async fn free_claims(&self) -> Result<(), Error> {
        for statement in [FREE_PIPELINES, FREE_WATCHES, FREE_OUTBOX, FREE_INBOX, FREE_SOURCES] {
            self.db().execute(statement, Vec::new()).await?;
        }
        self.free_logs().await
    }

    async fn earliest(&self, statement: &'static str, now: Time) -> Result<Option<Time>, Error> {
        self.db().optional(statement, values![now]).await?.map_or(Ok(None), |record| record.optional_time("due"))
    }
}
