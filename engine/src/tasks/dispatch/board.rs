//! What waits for a runner and what runs, kept beside the database so that a round need not ask it.
//!
//! Invariant: it is only a copy. Every grant is decided by the core and committed; an entry that is out of date costs a
//! refused lease, after which the board is read anew. Where several servers share a database there is no board.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use protocol::{AttemptId, RunnerId};

use crate::core::Time;
use crate::core::dispatch::Queued;
use crate::core::id::PipelineId;
use crate::core::row::{AttemptRow, AttemptState, Row};
use crate::store::Busy;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Board {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
enum State {
    /// Has to be read from the store.
    #[default]
    Unknown,
    /// Is being read; what was committed meanwhile comes on top of it.
    Reading(Vec<Change>),
    Known(Entries),
}

#[derive(Debug)]
enum Change {
    Attempt(PipelineId, Box<AttemptRow>),
    /// Parked or removed.
    Gone(PipelineId),
}

#[derive(Debug, Default)]
struct Entries {
    /// Urgent ones first, then the oldest.
    queued: BTreeMap<Key, Queued>,
    places: BTreeMap<AttemptId, Key>,
    leased: BTreeMap<AttemptId, Leased>,
}

type Key = (Reverse<bool>, Time, AttemptId);

#[derive(Debug)]
struct Leased {
    runner: RunnerId,
    pipeline: PipelineId,
    urgent: bool,
}

/// What a round needs to know.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) queued: Vec<Queued>,
    pub(super) busy: BTreeMap<RunnerId, Busy>,
}

impl Board {
    /// The rows of a pipeline that were committed, in the order of commits.
    pub(crate) fn committed(&self, pipeline: &PipelineId, rows: &[Row]) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        for row in rows {
            let Row::Attempt(attempt) = row else { continue };
            match &mut *state {
                State::Unknown => return,
                State::Reading(changes) => changes.push(Change::Attempt(pipeline.clone(), attempt.clone())),
                State::Known(entries) => entries.put(pipeline, attempt),
            }
        }
    }

    /// A pipeline was parked or removed: nothing of it starts any more.
    pub(crate) fn gone(&self, pipeline: &PipelineId) {
        match &mut *self.state.lock().unwrap_or_else(PoisonError::into_inner) {
            State::Unknown => {}
            State::Reading(changes) => changes.push(Change::Gone(pipeline.clone())),
            State::Known(entries) => entries.remove(pipeline),
        }
    }

    /// It may be out of date.
    pub(crate) fn forget(&self) {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = State::Unknown;
    }

    /// What it knows; none when it has to be read first.
    pub(super) fn look(&self, limit: usize) -> Option<Seen> {
        match &*self.state.lock().unwrap_or_else(PoisonError::into_inner) {
            State::Known(entries) => Some(entries.seen(limit)),
            State::Unknown | State::Reading(_) => None,
        }
    }

    /// Whether what this runner says that it holds is what it was granted. None when the store has to be asked.
    pub(crate) fn agrees(&self, runner: &RunnerId, holding: &[AttemptId]) -> Option<bool> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let State::Known(entries) = &*state else { return None };
        let granted = entries.leased.iter().filter(|(_, leased)| leased.runner == *runner);
        let known = granted.clone().all(|(attempt, _)| holding.contains(attempt));
        Some(known && granted.count() == holding.len())
    }

    pub(super) fn begin_reading(&self) {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = State::Reading(Vec::new());
    }

    /// What the store answered after [`Self::begin_reading`].
    pub(super) fn read(&self, queued: Vec<Queued>, leased: Vec<(PipelineId, AttemptRow)>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        // Forgotten again meanwhile: the next round reads it.
        let State::Reading(changes) = &mut *state else { return };
        let mut entries = Entries::default();
        queued.into_iter().for_each(|attempt| entries.wait(attempt));
        leased.iter().for_each(|(pipeline, attempt)| entries.put(pipeline, attempt));
        for change in std::mem::take(changes) {
            match change {
                Change::Attempt(pipeline, attempt) => entries.put(&pipeline, &attempt),
                Change::Gone(pipeline) => entries.remove(&pipeline),
            }
        }
        *state = State::Known(entries);
    }
}

impl Entries {
    fn put(&mut self, pipeline: &PipelineId, attempt: &AttemptRow) {
        if let Some(key) = self.places.remove(&attempt.id) {
            self.queued.remove(&key);
        }
        self.leased.remove(&attempt.id);
        match (attempt.state, &attempt.runner) {
            (AttemptState::Queued, _) => self.wait(Queued::of(pipeline, attempt)),
            (AttemptState::Leased, Some(runner)) => {
                let leased = Leased { runner: runner.clone(), pipeline: pipeline.clone(), urgent: attempt.urgent };
                self.leased.insert(attempt.id.clone(), leased);
            }
            (AttemptState::Leased | AttemptState::Unknown | AttemptState::Ended, _) => {}
        }
    }

    fn wait(&mut self, queued: Queued) {
        let key = (Reverse(queued.urgent), queued.queued_at, queued.attempt.clone());
        self.places.insert(queued.attempt.clone(), key.clone());
        self.queued.insert(key, queued);
    }

    fn remove(&mut self, pipeline: &PipelineId) {
        self.queued.retain(|_, queued| queued.pipeline != *pipeline);
        self.places.retain(|_, key| self.queued.contains_key(key));
        self.leased.retain(|_, leased| leased.pipeline != *pipeline);
    }

    fn seen(&self, limit: usize) -> Seen {
        let mut busy = BTreeMap::<RunnerId, Busy>::new();
        for leased in self.leased.values() {
            let of_runner = busy.entry(leased.runner.clone()).or_default();
            let counts = if leased.urgent { &mut of_runner.urgent } else { &mut of_runner.ordinary };
            *counts.entry(leased.pipeline.clone()).or_default() += 1;
        }
        Seen { queued: self.queued.values().take(limit).cloned().collect(), busy }
    }
}
