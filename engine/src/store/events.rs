//! Facts: numbered without gaps, in the order of commits, chained per pipeline (S4, ID6, ID7).

use sha2::{Digest as _, Sha256};

use crate::core::id::{PipelineId, ReleaseNumber};
use crate::core::{Actor, Event, EventKind, Time};

use super::db::{Db, Insert};
use super::save::Version;
use super::script::{Outcome, Script};
use super::value::{Record, Value, json, values, word};
use super::{Error, Store};

mod verify;

pub use verify::{Broken, FirstBad};

pub(super) const STATEMENTS: &[&str] = &[
    ALLOCATE,
    SEQ_OF,
    LAST_SEQ,
    AFTER,
    AFTER_OF_PIPELINE,
    AFTER_OF_RELEASE,
    AFTER_OF_KIND,
    AFTER_OF_KIND_AND_PIPELINE,
    AFTER_OF_ACTOR,
    BEFORE,
    BEFORE_OF_PIPELINE,
    BEFORE_OF_RELEASE,
    BEFORE_OF_KIND,
    BEFORE_OF_KIND_AND_PIPELINE,
    BEFORE_OF_ACTOR,
    verify::HEAD,
    verify::PAGE,
];

/// From here to the commit nobody else gets a number: whoever reads `seq > n` never misses one.
const ALLOCATE: &str = "UPDATE counters SET value = value + $1 WHERE name = 'events' RETURNING value";

pub(super) const EVENTS: Insert = Insert {
    into: "INSERT INTO events (seq, pipeline_id, number, at, kind, actor, release, target, previous_hash, hash, body)",
    columns: 11,
    // The numbers that ALLOCATE has just taken, counted from the last one down.
    before_first: "(SELECT value FROM counters WHERE name = 'events') - ",
    conflict: "",
};

const SEQ_OF: &str = "SELECT seq FROM events WHERE pipeline_id = $1 AND number = $2";

const LAST_SEQ: &str = "SELECT value FROM counters WHERE name = 'events'";

macro_rules! page {
    ($condition:literal, $order:literal) => {
        concat!(
            "SELECT seq, pipeline_id, number, hash, body FROM events WHERE ",
            $condition,
            " AND (CAST($2 AS TEXT) IS NULL OR kind = $2) AND (CAST($3 AS TEXT) IS NULL OR actor = $3) AND (CAST($5 AS TEXT) IS NULL OR target = $5) \
             AND at >= $6 AND at < $7 ORDER BY seq ",
            $order,
            " LIMIT $4"
        )
    };
}

const AFTER: &str = page!("seq > $1", "ASC");
const AFTER_OF_PIPELINE: &str = page!("seq > $1 AND pipeline_id = $8", "ASC");
const AFTER_OF_RELEASE: &str = page!("seq > $1 AND pipeline_id = $8 AND release = $9", "ASC");
// Through the index of kinds: SQLite, which knows no frequencies, takes no index for a column within a CAST.
const AFTER_OF_KIND: &str = page!("seq > $1 AND kind = $2", "ASC");
const AFTER_OF_KIND_AND_PIPELINE: &str = page!("seq > $1 AND kind = $2 AND CAST(pipeline_id AS TEXT) = $8", "ASC");
const AFTER_OF_ACTOR: &str = page!("seq > $1 AND actor = $3", "ASC");
const BEFORE_OF_KIND: &str = page!("seq < $1 AND kind = $2", "DESC");
const BEFORE_OF_KIND_AND_PIPELINE: &str = page!("seq < $1 AND kind = $2 AND CAST(pipeline_id AS TEXT) = $8", "DESC");
const BEFORE_OF_ACTOR: &str = page!("seq < $1 AND actor = $3", "DESC");
const BEFORE: &str = page!("seq < $1", "DESC");
const BEFORE_OF_PIPELINE: &str = page!("seq < $1 AND pipeline_id = $8", "DESC");
const BEFORE_OF_RELEASE: &str = page!("seq < $1 AND pipeline_id = $8 AND release = $9", "DESC");

/// An event as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredEvent {
    /// Counts over the whole server, in the order of commits, without a gap.
    pub seq: u64,
    pub pipeline: PipelineId,
    /// Counts within the pipeline, from 1.
    pub number: u64,
    /// SHA-256 over the hash before, the pipeline, the number and the event, in hexadecimal.
    pub hash: String,
    pub event: Event,
}

/// Which events. A release needs its pipeline.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventFilter {
    pub pipeline: Option<PipelineId>,
    pub release: Option<ReleaseNumber>,
    pub kind: Option<EventKind>,
    /// As [`EventFilter::actor_key`] writes it: `person:<id>`, `token:<id>`, `runner:<id>`, `trigger:<source>`, `engine`.
    pub actor: Option<String>,
    pub target: Option<String>,
    /// From this moment on, and before that one.
    pub since: Option<Time>,
    pub until: Option<Time>,
}

impl EventFilter {
    /// What of it an index finds.
    fn narrowest(&self) -> Narrowest {
        match (&self.pipeline, self.release, &self.kind, &self.actor) {
            (Some(_), Some(_), ..) => Narrowest::Release,
            (Some(_), None, Some(_), _) => Narrowest::KindAndPipeline,
            (Some(_), None, None, _) => Narrowest::Pipeline,
            (None, _, Some(_), _) => Narrowest::Kind,
            (None, _, None, Some(_)) => Narrowest::Actor,
            (None, _, None, None) => Narrowest::Nothing,
        }
    }

    /// The text under which an actor's events are found.
    #[must_use]
    pub fn actor_key(actor: &Actor) -> String {
        match actor {
            Actor::Person { id, .. } => format!("person:{id}"),
            Actor::Token { id, .. } => format!("token:{id}"),
            Actor::Runner { id } => format!("runner:{id}"),
            Actor::Trigger { source } => format!("trigger:{source}"),
            Actor::Engine => "engine".to_owned(),
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Narrowest {
    Nothing,
    Pipeline,
    Release,
    Kind,
    KindAndPipeline,
    Actor,
}

/// An event with its place in its pipeline's chain; it lacks only its number on the server.
pub(super) struct Chained {
    pub number: u64,
    pub hash: String,
    values: Vec<Value>,
}

/// Continues the chain of a pipeline.
pub(super) fn chain(pipeline: &PipelineId, after: &Version, events: &[Event]) -> Result<Vec<Chained>, Error> {
    let mut head = after.head.clone();
    let mut chained = Vec::with_capacity(events.len());
    for (event, number) in events.iter().zip(after.events.saturating_add(1)..) {
        let body = json(event)?;
        let hash = link(&head, pipeline, number, &body);
        let values = values![
            pipeline,
            number,
            event.at,
            word(&event.kind)?,
            EventFilter::actor_key(&event.actor),
            event.release,
            event.target.as_ref().map(|target| target.as_str()),
            &head,
            &hash,
            body,
        ];
        head.clone_from(&hash);
        chained.push(Chained { number, hash, values });
    }
    Ok(chained)
}

fn link(previous: &str, pipeline: &PipelineId, number: u64, body: &str) -> String {
    hex::encode(Sha256::digest(format!("{previous}\n{pipeline}\n{number}\n{body}").as_bytes()))
}

/// Their first statement answers [`first_seq`].
pub(super) fn append(script: &mut Script, events: Vec<Chained>) {
    let count = events.len() as u64;
    script.add(ALLOCATE, values![count]);
    let rows = events.into_iter().zip((0..count).rev()).map(|(event, from_last)| {
        let mut row = values![from_last];
        row.extend(event.values);
        row
    });
    script.insert_all(&EVENTS, rows.collect());
}

/// The number of the first of `count` events.
pub(super) fn first_seq(allocated: Option<&Outcome>, count: u64) -> Result<u64, Error> {
    let last = allocated
        .and_then(|outcome| outcome.records.first())
        .ok_or_else(|| Error::Statement("the counter of events is not there".to_owned()))?;
    Ok(last.count("value")?.saturating_sub(count).saturating_add(1))
}

pub(super) async fn seq_of(db: &Db, pipeline: &PipelineId, number: u64) -> Result<Option<u64>, Error> {
    db.optional(SEQ_OF, values![pipeline, number]).await?.map(|record| record.count("seq")).transpose()
}

impl Store {
    /// Events after `since`, oldest first: the feed. Start with 0; go on with the last `seq` that was read.
    pub async fn events_after(&self, since: u64, filter: &EventFilter, limit: u32) -> Result<Vec<StoredEvent>, Error> {
        let statement = match filter.narrowest() {
            Narrowest::Nothing => AFTER,
            Narrowest::Pipeline => AFTER_OF_PIPELINE,
            Narrowest::Release => AFTER_OF_RELEASE,
            Narrowest::Kind => AFTER_OF_KIND,
            Narrowest::KindAndPipeline => AFTER_OF_KIND_AND_PIPELINE,
            Narrowest::Actor => AFTER_OF_ACTOR,
        };
        self.events(statement, since, filter, limit).await
    }

    /// Events before `seq`, newest first: the timeline. Start with `u64::MAX`.
    pub async fn events_before(&self, seq: u64, filter: &EventFilter, limit: u32) -> Result<Vec<StoredEvent>, Error> {
        let statement = match filter.narrowest() {
            Narrowest::Nothing => BEFORE,
            Narrowest::Pipeline => BEFORE_OF_PIPELINE,
            Narrowest::Release => BEFORE_OF_RELEASE,
            Narrowest::Kind => BEFORE_OF_KIND,
            Narrowest::KindAndPipeline => BEFORE_OF_KIND_AND_PIPELINE,
            Narrowest::Actor => BEFORE_OF_ACTOR,
        };
        self.events(statement, seq, filter, limit).await
    }

    /// The number of the newest event on the server; 0 when there is none.
    pub async fn last_seq(&self) -> Result<u64, Error> {
        self.db().optional(LAST_SEQ, Vec::new()).await?.map_or(Ok(0), |record| record.count("value"))
    }

    async fn events(&self, sql: &'static str, seq: u64, filter: &EventFilter, limit: u32) -> Result<Vec<StoredEvent>, Error> {
        let kind = filter.kind.as_ref().map(word).transpose()?;
        let (since, until) = (filter.since.unwrap_or(Time(i64::MIN)), filter.until.unwrap_or(Time(i64::MAX)));
        let mut values = values![seq, kind, filter.actor.as_deref(), limit, filter.target.as_deref(), since, until];
        if let Some(pipeline) = &filter.pipeline {
            values.push(Value::from(pipeline));
            values.extend(filter.release.map(Value::from));
        }
        self.db().all(sql, values).await?.iter().map(stored).collect()
    }
}

fn stored(record: &Record) -> Result<StoredEvent, Error> {
    Ok(StoredEvent {
        seq: record.count("seq")?,
        pipeline: PipelineId(record.text("pipeline_id")?),
        number: record.count("number")?,
        hash: record.text("hash")?,
        event: record.body("events", "seq")?,
    })
}
