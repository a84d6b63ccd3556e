//! Brings queued attempts and idle runners together.
//!
//! Runners wait in long polls; a round assigns what is queued, commits each lease, and answers the polls.

pub(crate) mod board;
mod early;

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

use futures::future::join_all;
use protocol::{AttemptId, Lease, RunnerId};
use tokio::sync::oneshot;
use tracing::{debug, warn};

use self::board::{Board, Seen};
pub(crate) use self::early::Early;
use super::Next;
use crate::core::dispatch::{self, Assignment, Idle, Queued};
use crate::core::id::PipelineId;
use crate::core::{Actor, Input};
use crate::engine::{Engine, Error};
use crate::store;

/// Where runners wait for work, on this server.
#[derive(Debug, Default)]
pub(crate) struct Counter {
    waiting: Mutex<Vec<Waiting>>,
    pub(crate) board: Board,
}

#[derive(Debug)]
struct Waiting {
    idle: Idle,
    answer: oneshot::Sender<Vec<Lease>>,
}

impl Counter {
    /// Waits in line; the receiver ends without a value when it is dropped from the line.
    pub(crate) fn wait(&self, idle: Idle) -> oneshot::Receiver<Vec<Lease>> {
        let (answer, answered) = oneshot::channel();
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        // A runner asks once at a time: an older question of the same runner is not heard any more.
        waiting.retain(|other| other.idle.runner != idle.runner && !other.answer.is_closed());
        waiting.push(Waiting { idle, answer });
        answered
    }

    fn take(&self) -> Vec<Waiting> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|runner| !runner.answer.is_closed());
        std::mem::take(&mut *waiting)
    }

    pub(crate) fn waiting(&self) -> usize {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).iter().filter(|runner| !runner.answer.is_closed()).count()
    }

    /// Takes those from the line to whom `assign` gives something.
    fn take_for(&self, assign: impl FnOnce(&mut dyn Iterator<Item = &Idle>) -> Vec<Assignment>) -> (Vec<Waiting>, Vec<Assignment>) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|runner| !runner.answer.is_closed());
        let assignments = assign(&mut waiting.iter().map(|runner| &runner.idle));
        let is_needed = |runner: &mut Waiting| assignments.iter().any(|assignment| assignment.runner == runner.idle.runner);
        let taken = waiting.extract_if(.., is_needed).collect();
        (taken, assignments)
    }

    /// Whoever got nothing stands in line again.
    fn answer(&self, runners: Vec<Waiting>, mut leases: BTreeMap<RunnerId, Vec<Lease>>) {
        for runner in runners {
            match leases.remove(&runner.idle.runner) {
                // A runner that went away meanwhile is offered the same leases when it asks again.
                Some(granted) => drop(runner.answer.send(granted)),
                None => self.put_back(runner),
            }
        }
    }

    fn put_back(&self, runner: Waiting) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if !waiting.iter().any(|other| other.idle.runner == runner.idle.runner) {
            waiting.push(runner);
        }
    }
}

pub(super) async fn round(engine: Arc<Engine>) -> Next {
    let runners = engine.dispatch_counter().take();
    if runners.is_empty() {
        return Ok(None);
    }
    let outcome = assign(&engine, &runners).await;
    let (leases, failed) = match outcome {
        Ok(granted) => (granted, None),
        Err(error) => (BTreeMap::new(), Some(error)),
    };
    engine.dispatch_counter().answer(runners, leases);
    failed.map_or(Ok(None), Err)
}

async fn assign(engine: &Arc<Engine>, runners: &[Waiting]) -> Result<BTreeMap<RunnerId, Vec<Lease>>, Error> {
    if engine.is_clock_being_set().load(Ordering::Acquire) {
        return Ok(BTreeMap::new());
    }
    let Seen { mut queued, mut busy } = look(engine).await?;
    if engine.accepts_new_work().is_err() {
        queued.retain(|attempt| attempt.urgent);
    }
    let queued = engine.after_restore(queued).await?;
    if queued.is_empty() {
        return Ok(BTreeMap::new());
    }
    let idle: Vec<Idle> = runners
        .iter()
        .map(|runner| Idle { running: busy.remove(&runner.idle.runner).unwrap_or_default().ordinary, ..runner.idle.clone() })
        .collect();
    let pipelines: BTreeMap<AttemptId, PipelineId> =
        queued.iter().map(|attempt| (attempt.attempt.clone(), attempt.pipeline.clone())).collect();
    let assignments = dispatch::assign(&queued, &idle, engine.clock().now());
    let granted = join_all(
        assignments
            .into_iter()
            .filter_map(|Assignment { attempt, runner }| Some(grant(engine, pipelines.get(&attempt)?.clone(), attempt, runner))),
    )
    .await;
    let mut leases: BTreeMap<RunnerId, Vec<Lease>> = BTreeMap::new();
    for (runner, lease) in granted.into_iter().flatten() {
        leases.entry(runner).or_default().push(lease);
    }
    Ok(leases)
}

/// What waits and what runs: from the board, or from the store where there is none.
async fn look(engine: &Arc<Engine>) -> Result<Seen, Error> {
    let limit = engine.settings().dispatch_batch;
    let board = &engine.dispatch_counter().board;
    if engine.store().is_shared() {
        let queued = readable(engine, engine.store().queued(limit).await?).await;
        return Ok(Seen { queued, busy: engine.store().busy_runners().await? });
    }
    if let Some(seen) = board.look(limit as usize) {
        return Ok(seen);
    }
    board.begin_reading();
    let queued = engine.store().queued(u32::MAX).await?;
    let leased = engine.store().leased_attempts().await?;
    let queued = readable(engine, queued).await;
    board.read(queued, leased.into_iter().map(|leased| (leased.pipeline, leased.attempt)).collect());
    // None only when it was forgotten meanwhile: a hint came with that.
    Ok(board.look(limit as usize).unwrap_or_default())
}

async fn readable(engine: &Arc<Engine>, (queued, malformed): (Vec<Queued>, Vec<(PipelineId, store::Error)>)) -> Vec<Queued> {
    for (pipeline, error) in malformed {
        engine.park(&pipeline, error.to_string()).await;
    }
    queued
}

/// Commits one lease and makes the runner's copy of the job; none when the attempt is gone or cannot be prepared.
async fn grant(engine: &Arc<Engine>, pipeline: PipelineId, attempt: AttemptId, runner: RunnerId) -> Option<(RunnerId, Lease)> {
    let token = engine.lease_token()?;
    let input = Input::Lease { attempt: attempt.clone(), runner: runner.clone(), token, lease_ms: engine.settings().lease_ms };
    match engine.input(&pipeline, Actor::Runner { id: runner.to_string() }, input).await {
        Ok(_) => {}
        Err(Error::Rejected(rejected)) => {
            debug!(attempt.id = %attempt, %rejected, "an attempt was gone before it could be leased");
            engine.dispatch_counter().board.forget();
            return None;
        }
        Err(error) => {
            warn!(attempt.id = %attempt, %error, "a lease could not be committed");
            engine.dispatch_counter().board.forget();
            return None;
        }
    }
    let lease = prepared(engine, &pipeline, &attempt).await?;
    Some((runner, lease))
}

/// The runner's copy; when it cannot be made, the attempt ends with that error instead of waiting for a lease to run out.
async fn prepared(engine: &Arc<Engine>, pipeline: &PipelineId, attempt: &AttemptId) -> Option<Lease> {
    match engine.lease_payload(pipeline, attempt).await {
        Ok(lease) => Some(lease),
        Err(error) => {
            warn!(attempt.id = %attempt, %error, "a job could not be prepared");
            engine.end_unprepared(pipeline, attempt, &error).await;
            None
        }
    }
}
