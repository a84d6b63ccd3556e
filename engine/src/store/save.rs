//! Saving what one input did: rows, events, outbox, all or nothing (ID4).

use std::collections::BTreeMap;

use crate::core::id::PipelineId;
use crate::core::row::Row;
use crate::core::{Changes, Time};

use super::db::{Insert, Tx};
use super::events;
use super::hint::Hint;
use super::logs::{self, LogEnd};
use super::outbox::{self, OutboxMessage};
use super::script::{Ran, Script};
use super::value::{Record, Value, json, values};
use super::{Error, Store, additions, idempotency, inbox, plans, rows};

pub(super) const STATEMENTS: &[&str] = &[ADVANCE, EXISTS, UNWATCH, WANTED, RESOLVE];

/// Exactly the version that the decision was made from (IA9). The newest commits are kept by key, so
/// that one whose answer was lost can be found (ID11).
const ADVANCE: &str = "UPDATE pipelines SET version = version + 1, next_deadline = $3, event_count = $4, event_hash = $5, \
    recent_commits = substr($6 || recent_commits, 1, 2000), name = COALESCE($7, name), body = COALESCE($8, body), \
    deadline_claimed_by = NULL, deadline_claimed_until = NULL \
    WHERE id = $1 AND version = $2 AND removed_at IS NULL";

const EXISTS: &str = "SELECT id FROM pipelines WHERE id = $1 AND removed_at IS NULL";

const UNWATCH: &str = "DELETE FROM watches WHERE pipeline_id = $1 AND id = $2";

/// Somebody new needs a reading now, however calmly the others look.
const WANTED: &str = "UPDATE watches SET next_poll_at = $3 WHERE pipeline_id = $1 AND id = $2 AND next_poll_at > $3";

/// Writes, so that it waits for a commit that is still under way.
const RESOLVE: &str = "UPDATE pipelines SET version = version WHERE id = $1 RETURNING version, recent_commits";

/// What a decision was made from. Opaque but for its number; comes from [`Store::load`], [`Store::version`] or [`Saved`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// Counts the pipeline's saves.
    pub number: u64,
    /// How many events it has had.
    pub(super) events: u64,
    /// The hash of the newest of them.
    pub(super) head: String,
}

impl Version {
    pub(super) fn read(record: &Record) -> Result<Self, Error> {
        Ok(Self { number: record.count("version")?, events: record.count("event_count")?, head: record.text("event_hash")? })
    }
}

/// One transaction of one pipeline.
#[derive(Debug)]
pub struct Save<'a> {
    pub pipeline: &'a PipelineId,
    pub expected: &'a Version,
    pub changes: &'a Changes,
    /// `Pipeline::next_deadline` after the changes.
    pub next_deadline: Option<Time>,
    /// What must leave: one message per effect that has one.
    pub outbox: Vec<OutboxMessage>,
    /// The inbox message that is dealt with by these changes.
    pub inbox_done: Option<String>,
    /// What a repetition of the request gets to hear (ID2).
    pub answer: Option<Answer>,
    /// The logs of the attempts that these changes end.
    pub logs: Vec<LogEnd>,
    pub now: Time,
}

impl<'a> Save<'a> {
    #[must_use]
    pub fn new(pipeline: &'a PipelineId, expected: &'a Version, changes: &'a Changes, now: Time) -> Self {
        Self { pipeline, expected, changes, next_deadline: None, outbox: Vec::new(), inbox_done: None, answer: None, logs: Vec::new(), now }
    }
}

/// The answer to a request with an idempotency key that [`Store::begin_request`] has begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub key: String,
    pub status: u16,
    pub body: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saved {
    pub version: Version,
    /// The sequence number of the first event; none when there was no event.
    pub first_seq: Option<u64>,
    /// A log of an attempt that these changes end is still to be sealed.
    pub is_log_left: bool,
}

/// Everything that the transaction needs, made before it begins.
struct Prepared {
    pipeline: PipelineId,
    expected: u64,
    commit_key: String,
    script: Script,
    /// Which statements of the script end a log.
    seals: Vec<usize>,
    /// Which statement of the script takes numbers for how many events.
    allocates: Option<(usize, u64)>,
    /// For the other servers.
    hints: Vec<Hint>,
}

/// What the transaction found out.
struct Written {
    first_seq: Option<u64>,
    is_log_left: bool,
}

impl Store {
    /// Saves in one transaction, or answers [`Error::Conflict`] when the pipeline has moved on.
    pub async fn save(&self, save: Save<'_>) -> Result<Saved, Error> {
        let commit_key = format!("{}/{}", self.inner.server, self.next_save());
        let wakes_outbox = !save.outbox.is_empty();
        let hints: Vec<Hint> = save.logs.iter().map(|log| Hint::Log(log.attempt.to_string())).collect();
        let hint = Hint::Pipeline(save.pipeline.clone());
        let (prepared, version) = prepare(save, commit_key)?;
        let lost = (prepared.pipeline.clone(), prepared.commit_key.clone(), prepared.expected, prepared.allocates.is_some());
        let written = self.db().write(prepared, |tx, prepared| Box::pin(write(tx, prepared))).await;
        let Written { first_seq, is_log_left } = match written {
            Err(Error::CommitUnknown(detail)) => Written { first_seq: self.resolve(lost, detail).await?, is_log_left: !hints.is_empty() },
            other => other?,
        };
        // Where nobody else is, whoever saves knows best whom to wake.
        if self.is_shared() {
            self.hint(hint);
        }
        hints.into_iter().for_each(|hint| self.hint(hint));
        if wakes_outbox {
            self.hint(Hint::Outbox);
        }
        Ok(Saved { version, first_seq, is_log_left })
    }

    /// The answer to COMMIT was lost: the commit is there under its key, or it never was (ID11).
    async fn resolve(&self, lost: (PipelineId, String, u64, bool), detail: String) -> Result<Option<u64>, Error> {
        let (pipeline, key, expected, has_events) = lost;
        let unknown = || Error::CommitUnknown(detail.clone());
        let records = self.db().execute_returning(RESOLVE, values![&pipeline]).await.map_err(|_| unknown())?;
        let record = records.first().ok_or(Error::Conflict)?;
        let since = record.count("version")?.saturating_sub(expected);
        let recent = record.text("recent_commits")?;
        let found = recent.split(';').filter_map(|entry| entry.split_once('=')).find(|(entry, _)| *entry == key);
        match found {
            Some((_, number)) if has_events => events::seq_of(self.db(), &pipeline, number.parse().map_err(|_| unknown())?).await,
            Some(_) => Ok(None),
            None if since == 0 => Err(Error::Unavailable(detail)),
            // All commits since then are still kept by key, and ours is none of them.
            None if recent.matches(';').count() as u64 >= since => Err(Error::Conflict),
            None => Err(unknown()),
        }
    }
}

fn prepare(save: Save<'_>, commit_key: String) -> Result<(Prepared, Version), Error> {
    let chained = events::chain(save.pipeline, save.expected, &save.changes.events)?;
    let version = Version {
        number: save.expected.number.saturating_add(1),
        events: chained.last().map_or(save.expected.events, |event| event.number),
        head: chained.last().map_or_else(|| save.expected.head.clone(), |event| event.hash.clone()),
    };
    let pipeline = save.changes.rows.iter().find_map(|row| if let Row::Pipeline(row) = row { Some(row) } else { None });
    let advance = values![
        save.pipeline,
        save.expected.number,
        save.next_deadline,
        version.events,
        &version.head,
        format!("{commit_key}={};", save.expected.events.saturating_add(1)),
        pipeline.map(|row| row.name.as_str()),
        pipeline.map(json).transpose()?,
    ];
    let mut script = Script::default();
    script.require(ADVANCE, advance);
    let (inserts, watching) = tables(save.pipeline, &save.changes.rows)?;
    for (insert, rows) in inserts {
        script.insert_all(insert, rows);
    }
    for (statement, values) in watching {
        script.add(statement, values);
    }
    for message in &save.outbox {
        outbox::put(&mut script, Some(save.pipeline), message, save.now)?;
    }
    if let Some(key) = &save.inbox_done {
        inbox::finish(&mut script, key, save.now);
    }
    let mut seals = Vec::new();
    for log in &save.logs {
        logs::end(&mut script, log, save.now);
        seals.push(script.len() - 1);
    }
    if let Some(answer) = &save.answer {
        idempotency::finish(&mut script, answer);
    }
    let count = chained.len() as u64;
    let allocates = (count > 0).then(|| (script.len(), count));
    if count > 0 {
        // Last, because from here to the commit nobody else can append an event.
        events::append(&mut script, chained);
    }
    let mut hints = vec![Hint::Pipeline(save.pipeline.clone())];
    hints.extend(save.logs.iter().map(|log| Hint::Log(log.attempt.to_string())));
    if !save.outbox.is_empty() {
        hints.push(Hint::Outbox);
    }
    let prepared =
        Prepared { pipeline: save.pipeline.clone(), expected: save.expected.number, commit_key, script, seals, allocates, hints };
    Ok((prepared, version))
}

type Tables = (Vec<(&'static Insert, Vec<Vec<Value>>)>, Vec<(&'static str, Vec<Value>)>);

/// Sorts the rows by table, parents first.
fn tables(pipeline: &PipelineId, changed: &[Row]) -> Result<Tables, Error> {
    let mut plan_digests = BTreeMap::new();
    let mut plan_texts = BTreeMap::new();
    for row in changed {
        if let Row::Plan(release, plan) = row {
            let (digest, text) = plans::written(plan)?;
            plan_digests.insert(*release, digest.clone());
            plan_texts.insert(digest, text);
        }
    }
    let order = [&plans::PLANS].into_iter().chain(rows::INSERTS.iter().copied()).chain([&additions::ADDITIONS]);
    let mut tables: Vec<(&'static Insert, Vec<Vec<Value>>)> = order.map(|insert| (insert, Vec::new())).collect();
    let mut put = |table: &'static Insert, values: Vec<Value>| {
        if let Some((_, rows)) = tables.iter_mut().find(|(insert, _)| insert.into == table.into) {
            rows.push(values);
        }
    };
    let mut watching = Vec::new();
    for (digest, text) in plan_texts {
        put(&plans::PLANS, values![digest, text]);
    }
    for row in changed {
        match row {
            Row::Pipeline(_) | Row::Plan(..) => {}
            Row::Addition(row) => put(&additions::ADDITIONS, additions::written(pipeline, row)?),
            Row::Release(row) => put(&rows::RELEASES, rows::release(pipeline, row, plan_digests.get(&row.number).map(String::as_str))?),
            Row::Wave(row) => put(&rows::WAVES, rows::wave(pipeline, row)?),
            Row::Node(row) => put(&rows::NODES, rows::node(pipeline, row)?),
            Row::Attempt(row) => {
                put(&rows::ATTEMPTS, rows::attempt(pipeline, row)?);
                rows::artifact_uses(pipeline, row).into_iter().for_each(|values| put(&rows::ARTIFACT_USES, values));
            }
            Row::Gate(row) => put(&rows::GATES, rows::gate(pipeline, row)?),
            Row::Lane(row) => put(&rows::LANES, rows::lane(pipeline, row)?),
            Row::Target(row) => put(&rows::TARGETS, rows::target(pipeline, row)?),
            Row::Rollout(row) => put(&rows::ROLLOUTS, rows::rollout(pipeline, row)?),
            Row::Watch(row) => {
                put(&rows::WATCHES, rows::watch(pipeline, row)?);
                if let Some(wanted_at) = row.wanted_at.filter(|wanted| row.last_at.is_none_or(|last| last < *wanted)) {
                    watching.push((WANTED, values![pipeline, &row.id, wanted_at]));
                }
            }
            Row::WatchEnded(id) => watching.push((UNWATCH, values![pipeline, id])),
            Row::Hold(row) => put(&rows::HOLDS, rows::hold(pipeline, row)?),
        }
    }
    tables.retain(|(_, rows)| !rows.is_empty());
    Ok((tables, watching))
}

async fn write(tx: &mut Tx<'_>, save: &Prepared) -> Result<Written, Error> {
    for hint in &save.hints {
        tx.notify(hint.to_text()).await?;
    }
    let Ran::All(outcomes) = tx.run(save.script.clone()).await? else {
        let exists = tx.optional(EXISTS, values![&save.pipeline]).await?.is_some();
        return Err(if exists { Error::Conflict } else { Error::NotFound { what: "pipeline", key: save.pipeline.to_string() } });
    };
    let first_seq = match save.allocates {
        Some((at, count)) => Some(events::first_seq(outcomes.get(at), count)?),
        None => None,
    };
    let is_log_left = save.seals.iter().any(|at| outcomes.get(*at).is_none_or(|seal| seal.touched == 0));
    Ok(Written { first_seq, is_log_left })
}
