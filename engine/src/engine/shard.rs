//! One pipeline's door: inputs queue here, are handled in order and committed in batches.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

use protocol::AttemptId;
use tokio::sync::oneshot;
use tracing::{error, warn};

use super::{Applied, Engine, Error};
use crate::core::id::PipelineId;
use crate::core::row::{AttemptState, Row, RowKey};
use crate::core::{Actor, Changes, Effect, Event, Input, Pipeline, Rejected, Time};
use crate::store::{self, LogEnd, Save, Version};
use crate::tasks::dispatch::Early;

/// Inputs that share one commit at the most.
const BATCH: usize = 64;
/// Rounds against another server before the caller is told.
const ROUNDS: usize = 8;

#[derive(Debug)]
pub(super) struct Shard {
    pub(super) id: PipelineId,
    queue: Mutex<Queue>,
    pub(super) state: tokio::sync::Mutex<Option<Current>>,
}

#[derive(Debug, Default)]
struct Queue {
    waiting: VecDeque<Pending>,
    /// A task is draining; whoever pushes need not start one.
    draining: bool,
}

/// The pipeline as it was committed last, as far as this server knows.
#[derive(Debug)]
pub(super) struct Current {
    pub(super) pipeline: Pipeline,
    version: Version,
}

#[derive(Debug)]
pub(super) struct Pending {
    pub(super) actor: Actor,
    pub(super) input: Input,
    /// What an attempt's runner says of its log, when the input is its report.
    pub(super) log: Option<LogEnd>,
    pub(super) answer: oneshot::Sender<Result<Applied, Error>>,
}

impl Shard {
    pub(super) fn new(id: PipelineId) -> Self {
        Self { id, queue: Mutex::default(), state: tokio::sync::Mutex::default() }
    }

    /// Queues an input; true when the caller must start [`drain`].
    pub(super) fn push(&self, pending: Pending) -> bool {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.waiting.push_back(pending);
        !std::mem::replace(&mut queue.draining, true)
    }

    fn take_batch(&self) -> Vec<Pending> {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let many = queue.waiting.len().min(BATCH);
        if many == 0 {
            queue.draining = false;
        }
        queue.waiting.drain(..many).collect()
    }
}

/// Carries batch after batch until nobody waits.
pub(super) async fn drain(engine: Arc<Engine>, shard: Arc<Shard>) {
    loop {
        let batch = shard.take_batch();
        if batch.is_empty() {
            return;
        }
        let mut state = shard.state.lock().await;
        carry(&engine, &shard.id, &mut state, batch).await;
    }
}

/// Loads the pipeline, or loads it again when another server has moved it on.
pub(super) async fn make_current(engine: &Engine, id: &PipelineId, state: &mut Option<Current>) -> Result<(), Error> {
    if let Some(current) = state.as_ref()
        && (!engine.store.is_shared() || engine.store.version(id).await?.number == current.version.number)
    {
        return Ok(());
    }
    *state = None;
    *state = Some(load(engine, id).await?);
    Ok(())
}

async fn load(engine: &Engine, id: &PipelineId) -> Result<Current, Error> {
    if let Some(parked) = engine.store.parked().await?.into_iter().find(|parked| parked.id == *id) {
        return Err(Error::Parked { pipeline: parked.name, reason: parked.reason });
    }
    let reason = match engine.store.load(id).await {
        Ok((loaded, version)) => match Pipeline::load(loaded, engine.settings.core) {
            Ok(pipeline) => return Ok(Current { pipeline, version }),
            Err(error) => error.to_string(),
        },
        Err(error @ store::Error::Malformed { .. }) => error.to_string(),
        Err(store::Error::NotFound { .. }) => return Err(Error::UnknownPipeline(id.to_string())),
        Err(error) => return Err(error.into()),
    };
    Err(park(engine, id, reason).await)
}

/// Takes one pipeline out of service with its error; all others go on, and a restart does not meet it again (R11).
pub(super) async fn park(engine: &Engine, id: &PipelineId, reason: String) -> Error {
    error!(pipeline.id = %id, reason, "pipeline parked; mend it and unpark it, all others go on");
    engine.dispatch.board.gone(id);
    if let Err(error) = engine.store.park(id, &reason, engine.clock().now()).await {
        error!(pipeline.id = %id, %error, "the parking could not be stored");
    }
    Error::Parked { pipeline: id.to_string(), reason }
}

type Answer = Result<Vec<Event>, Rejected>;

/// Handles a batch and commits it as a whole; on a conflict with another server, loads and handles it again.
async fn carry(engine: &Arc<Engine>, id: &PipelineId, state: &mut Option<Current>, batch: Vec<Pending>) {
    let mut last = Error::Conflict;
    for round in 0..ROUNDS {
        if round > 0 {
            *state = None;
        }
        match attempt(engine, id, state, &batch).await {
            Ok(Some((version, answers))) => {
                for (pending, answer) in batch.into_iter().zip(answers) {
                    // A caller that stopped waiting is no reason to fail.
                    drop(pending.answer.send(answer.map(|events| Applied { version, events }).map_err(Error::Rejected)));
                }
                return;
            }
            Ok(None) => {}
            Err(error) => {
                *state = None;
                // A commit whose answer was lost may have been made all the same.
                engine.dispatch.board.forget();
                last = error;
                break;
            }
        }
    }
    refuse_all(batch, &last);
}

/// One round: none when another server was faster.
async fn attempt(
    engine: &Arc<Engine>,
    id: &PipelineId,
    state: &mut Option<Current>,
    batch: &[Pending],
) -> Result<Option<(u64, Vec<Answer>)>, Error> {
    if state.is_none() {
        *state = Some(load(engine, id).await?);
    }
    let Some(current) = state.as_mut() else { return Ok(None) };
    let now = engine.clock().now();
    let handled = catch_unwind(AssertUnwindSafe(|| handle_all(engine, id, &mut current.pipeline, now, batch)));
    let Handled { changes, answers, early } = match handled {
        Ok(handled) => handled,
        Err(panic) => {
            *state = None;
            return Err(park(engine, id, format!("handling an input failed: {}", panic_text(panic.as_ref()))).await);
        }
    };
    if changes.is_empty() {
        // Nothing to save proves nothing when another server may have moved the pipeline on.
        if engine.store.is_shared() && engine.store.version(id).await?.number != current.version.number {
            return Ok(None);
        }
        for log in ended_logs(batch, &answers) {
            engine.end_log(log).await?;
        }
        if batch.iter().any(|pending| matches!(pending.input, Input::Tick)) {
            // The deadline that woke us may have been met by nothing but a later one.
            engine.store.set_deadline(id, &current.version, current.pipeline.next_deadline()).await?;
        }
        return Ok(Some((current.version.number, answers)));
    }
    let outbox = crate::tasks::outbox::messages(engine, &current.pipeline, &changes);
    let expected = current.version.clone();
    let next_deadline = current.pipeline.next_deadline();
    let logs = ended_logs(batch, &answers);
    let save = Save { next_deadline, outbox, logs, ..Save::new(id, &expected, &changes, now) };
    match engine.store.save(save).await {
        Ok(saved) => {
            let number = saved.version.number;
            current.version = saved.version;
            engine.dispatch.board.committed(id, &changes.rows);
            hint(engine, &changes, next_deadline, saved.first_seq);
            if saved.is_log_left {
                engine.log_has_ended();
            }
            if let Some((early, granted)) = early {
                early.hand_out(id, &granted);
            }
            Ok(Some((number, answers)))
        }
        Err(store::Error::Conflict) => Ok(None),
        Err(error) => {
            warn!(pipeline.id = %id, %error, "a commit failed; the pipeline is loaded again");
            Err(error.into())
        }
    }
}

/// The logs of the reports that were taken.
fn ended_logs(batch: &[Pending], answers: &[Answer]) -> Vec<LogEnd> {
    batch.iter().zip(answers).filter(|(_, answer)| answer.is_ok()).filter_map(|(pending, _)| pending.log.clone()).collect()
}

struct Handled {
    changes: Changes,
    answers: Vec<Answer>,
    /// The runners that jobs of this batch go to at once, and which jobs.
    early: Option<(Early, Vec<AttemptId>)>,
}

fn handle_all(engine: &Arc<Engine>, id: &PipelineId, pipeline: &mut Pipeline, now: Time, batch: &[Pending]) -> Handled {
    let mut all = Together::default();
    let answers = batch
        .iter()
        .map(|pending| {
            let changes = pipeline.handle(now, &pending.actor, pending.input.clone())?;
            let events = changes.events.clone();
            all.add(changes);
            Ok(events)
        })
        .collect();
    let early = Early::of(engine, id, &all.changes, now).map(|early| {
        let mut granted = Vec::new();
        for (attempt, actor, lease) in early.inputs() {
            if let Ok(changes) = pipeline.handle(now, &actor, lease) {
                all.add(changes);
                granted.push(attempt);
            }
        }
        (early, granted)
    });
    Handled { changes: all.changes, answers, early }
}

/// What the inputs of a batch did together: rows in their last state, events and effects in order.
#[derive(Default)]
struct Together {
    changes: Changes,
    places: HashMap<RowKey, usize>,
}

impl Together {
    fn add(&mut self, later: Changes) {
        let Changes { rows, events, effects } = &mut self.changes;
        for row in later.rows {
            match self.places.entry(row.key()) {
                Entry::Occupied(place) => {
                    if let Some(earlier) = rows.get_mut(*place.get()) {
                        *earlier = row;
                    }
                }
                Entry::Vacant(place) => {
                    place.insert(rows.len());
                    rows.push(row);
                }
            }
        }
        let shift = events.len();
        events.extend(later.events);
        effects.extend(later.effects.into_iter().map(|effect| match effect {
            Effect::Tell { to, event } => Effect::Tell { to, event: event + shift },
            Effect::Queue(_)
            | Effect::Stop(_)
            | Effect::Watch { .. }
            | Effect::Unwatch(_)
            | Effect::AskApproval { .. }
            | Effect::Upstream { .. } => effect,
        }));
    }
}

/// Wakes who has work now, and nobody else: each of them asks the database. What they do, they find there.
fn hint(engine: &Engine, changes: &Changes, next_deadline: Option<Time>, first_seq: Option<u64>) {
    let hints = engine.hints();
    if next_deadline.is_some_and(|due| engine.next_tick.would_miss(due)) {
        hints.deadlines.notify_one();
    }
    if let Some(first) = first_seq {
        engine.has_events_up_to(first + changes.events.len() as u64 - 1);
    }
    for row in &changes.rows {
        match row {
            // Somebody new needs a reading at once.
            Row::Watch(row) if row.wanted_at.is_some_and(|wanted| row.last_at.is_none_or(|last| last < wanted)) => {
                hints.watches.notify_one();
            }
            // It has left room for another one of its pipeline.
            Row::Attempt(row) if row.state == AttemptState::Ended => hints.dispatch.notify_one(),
            _ => {}
        }
    }
    for effect in &changes.effects {
        match effect {
            Effect::Queue(_) | Effect::Stop(_) => hints.dispatch.notify_one(),
            Effect::Watch { .. } | Effect::Unwatch(_) => hints.watches.notify_one(),
            Effect::AskApproval { .. } | Effect::Tell { .. } | Effect::Upstream { .. } => hints.outbox.notify_one(),
        }
    }
}

fn refuse_all(batch: Vec<Pending>, error: &Error) {
    for pending in batch {
        let answer = match error {
            Error::Parked { pipeline, reason } => Error::Parked { pipeline: pipeline.clone(), reason: reason.clone() },
            Error::UnknownPipeline(name) => Error::UnknownPipeline(name.clone()),
            Error::Store(error) => Error::Store(error.clone()),
            _ => Error::Conflict,
        };
        drop(pending.answer.send(Err(answer)));
    }
}

/// What a panic said.
pub(crate) fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a panic without a text".to_owned())
}
