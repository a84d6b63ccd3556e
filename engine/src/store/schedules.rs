//! Slots of schedules: each fires at most once (IE12).

use crate::core::Time;
use crate::core::id::PipelineId;

use super::hint::Hint;
use super::value::{Record, values};
use super::{Error, Store, inbox};

pub(super) const STATEMENTS: &[&str] = &[INSERT, OF_PIPELINE, DUE, FIRE, REMOVE];

const INSERT: &str = "INSERT INTO schedules (pipeline_id, cron, timezone, next_at) VALUES ($1, $2, $3, $4) \
    ON CONFLICT (pipeline_id, cron, timezone) DO NOTHING";

macro_rules! columns {
    () => {
        "SELECT s.pipeline_id, s.cron, s.timezone, s.next_at, s.last_fired_at FROM schedules s "
    };
}

const OF_PIPELINE: &str = concat!(columns!(), "WHERE s.pipeline_id = $1 ORDER BY s.cron, s.timezone");

const DUE: &str = concat!(
    columns!(),
    "JOIN pipelines p ON p.id = s.pipeline_id WHERE s.next_at <= $1 AND p.removed_at IS NULL ",
    "ORDER BY s.next_at, s.pipeline_id, s.cron, s.timezone LIMIT $2"
);

/// Only whoever moves it on from exactly this slot fires it.
const FIRE: &str =
    "UPDATE schedules SET next_at = $5, last_fired_at = $4 WHERE pipeline_id = $1 AND cron = $2 AND timezone = $3 AND next_at = $4";

const REMOVE: &str = "DELETE FROM schedules WHERE pipeline_id = $1 AND cron = $2 AND timezone = $3";

/// A schedule of a pipeline and its next slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduleRow {
    pub pipeline: PipelineId,
    /// Five fields.
    pub cron: String,
    /// An IANA name.
    pub timezone: String,
    pub next_at: Time,
    pub last_fired_at: Option<Time>,
}

impl Store {
    /// Makes the pipeline's schedules exactly these. One that stays keeps its next slot.
    pub async fn set_schedules(&self, pipeline: &PipelineId, schedules: &[ScheduleRow]) -> Result<(), Error> {
        self.db()
            .write((pipeline.clone(), schedules.to_vec()), |tx, (pipeline, schedules)| {
                Box::pin(async move {
                    for record in tx.all(OF_PIPELINE, values![pipeline]).await? {
                        let old = schedule(&record)?;
                        if !schedules.iter().any(|new| new.cron == old.cron && new.timezone == old.timezone) {
                            tx.execute(REMOVE, values![pipeline, old.cron, old.timezone]).await?;
                        }
                    }
                    for new in schedules {
                        tx.execute(INSERT, values![pipeline, &new.cron, &new.timezone, new.next_at]).await?;
                    }
                    Ok(())
                })
            })
            .await
    }

    pub async fn schedules_of(&self, pipeline: &PipelineId) -> Result<Vec<ScheduleRow>, Error> {
        self.db().all(OF_PIPELINE, values![pipeline]).await?.iter().map(schedule).collect()
    }

    /// Slots that have come.
    pub async fn due_schedules(&self, now: Time, limit: u32) -> Result<Vec<ScheduleRow>, Error> {
        self.db().all(DUE, values![now, limit]).await?.iter().map(schedule).collect()
    }

    /// Moves the schedule on to `next_at` and puts `body` into the inbox for this slot, in one
    /// transaction; false when another server did so already.
    pub async fn fire_schedule(&self, slot: &ScheduleRow, next_at: Time, body: &str, now: Time) -> Result<bool, Error> {
        let fired = self
            .db()
            .write((slot.clone(), next_at, body.to_owned(), now), |tx, (slot, next_at, body, now)| {
                Box::pin(async move {
                    let values = values![&slot.pipeline, &slot.cron, &slot.timezone, slot.next_at, *next_at];
                    if tx.execute(FIRE, values).await? == 0 {
                        return Ok(false);
                    }
                    let key = format!("schedule {} {} {} {}", slot.pipeline, slot.cron, slot.timezone, slot.next_at.0);
                    inbox::put(tx, &key, "schedule", body, *now).await?;
                    Ok(true)
                })
            })
            .await?;
        self.hint(Hint::Inbox);
        Ok(fired)
    }
}

fn schedule(record: &Record) -> Result<ScheduleRow, Error> {
    Ok(ScheduleRow {
        pipeline: PipelineId(record.text("pipeline_id")?),
        cron: record.text("cron")?,
        timezone: record.text("timezone")?,
        next_at: record.time("next_at")?,
        last_fired_at: record.optional_time("last_fired_at")?,
    })
}
