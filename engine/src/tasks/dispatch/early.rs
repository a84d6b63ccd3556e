//! Jobs that find their runner in the very commit that queues them.
//!
//! When a report makes the next job ready and a runner waits for it, the lease needs no round and no commit of its own. Which runner
//! gets what is the answer that a round would give on the same lists. Where several servers share a database there is no board, and so no
//! lists: every lease is a round's.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use protocol::{AttemptId, Lease, RunnerId};

use super::{Waiting, prepared};
use crate::core::dispatch::{self, Assignment, Idle, Queued};
use crate::core::id::PipelineId;
use crate::core::row::{AttemptState, Row};
use crate::core::{Actor, Changes, Effect, Input, Time};
use crate::engine::Engine;

/// Runners that were taken from the line for jobs of a commit that is still to be made. Dropped, they stand in line again.
pub(crate) struct Early {
    engine: Arc<Engine>,
    runners: Vec<Waiting>,
    assignments: Vec<Assignment>,
}

impl Early {
    /// Whom these changes would give work at once; none where a round has to look first.
    pub(crate) fn of(engine: &Arc<Engine>, pipeline: &PipelineId, changes: &Changes, now: Time) -> Option<Self> {
        let counter = engine.dispatch_counter();
        if engine.store().is_shared() || engine.is_restored() || engine.is_clock_being_set().load(Ordering::Acquire) {
            return None;
        }
        let queued = newly_queued(pipeline, changes);
        if queued.is_empty() || counter.waiting() == 0 {
            return None;
        }
        // Whoever waited before them competes for the same runners.
        let mut seen = counter.board.look(engine.settings().dispatch_batch as usize)?;
        seen.queued.retain(|older| !queued.iter().any(|new| new.attempt == older.attempt));
        let of_this_commit: Vec<AttemptId> = queued.iter().map(|new| new.attempt.clone()).collect();
        seen.queued.extend(queued);
        if engine.accepts_new_work().is_err() {
            seen.queued.retain(|attempt| attempt.urgent);
        }
        let (runners, assignments) = counter.take_for(|idle| {
            let idle: Vec<Idle> = idle
                .map(|idle| Idle {
                    running: seen.busy.get(&idle.runner).map(|busy| busy.ordinary.clone()).unwrap_or_default(),
                    ..idle.clone()
                })
                .collect();
            let mut assignments = dispatch::assign(&seen.queued, &idle, now);
            // A runner that an older attempt is due to is left to the round, which gives it both.
            let elsewhere: Vec<RunnerId> = assignments
                .iter()
                .filter(|assignment| !of_this_commit.contains(&assignment.attempt))
                .map(|assignment| assignment.runner.clone())
                .collect();
            assignments.retain(|assignment| !elsewhere.contains(&assignment.runner));
            assignments
        });
        (!assignments.is_empty()).then(|| Self { engine: Arc::clone(engine), runners, assignments })
    }

    /// The leases, as inputs that follow those of the commit.
    pub(crate) fn inputs(&self) -> Vec<(AttemptId, Actor, Input)> {
        let lease_ms = self.engine.settings().lease_ms;
        let input = |Assignment { attempt, runner }: &Assignment| {
            let token = self.engine.lease_token()?;
            let input = Input::Lease { attempt: attempt.clone(), runner: runner.clone(), token, lease_ms };
            Some((attempt.clone(), Actor::Runner { id: runner.to_string() }, input))
        };
        self.assignments.iter().filter_map(input).collect()
    }

    /// The commit was made: whoever got a lease in it hears of it. Looks at the pipeline, so nobody else may be doing that meanwhile.
    pub(crate) fn hand_out(mut self, pipeline: &PipelineId, granted: &[AttemptId]) {
        let (engine, pipeline) = (Arc::clone(&self.engine), pipeline.clone());
        let runners = std::mem::take(&mut self.runners);
        let granted: Vec<Assignment> =
            std::mem::take(&mut self.assignments).into_iter().filter(|assignment| granted.contains(&assignment.attempt)).collect();
        tokio::spawn(async move {
            let mut leases: BTreeMap<RunnerId, Vec<Lease>> = BTreeMap::new();
            for Assignment { attempt, runner } in granted {
                if let Some(lease) = prepared(&engine, &pipeline, &attempt).await {
                    leases.entry(runner).or_default().push(lease);
                }
            }
            let is_somebody_left = leases.len() < runners.len();
            engine.dispatch_counter().answer(runners, leases);
            if is_somebody_left {
                engine.hints().dispatch.notify_one();
            }
        });
    }
}

impl Drop for Early {
    fn drop(&mut self) {
        if self.runners.is_empty() {
            return;
        }
        self.engine.dispatch_counter().answer(std::mem::take(&mut self.runners), BTreeMap::new());
        self.engine.hints().dispatch.notify_one();
    }
}

fn newly_queued(pipeline: &PipelineId, changes: &Changes) -> Vec<Queued> {
    let is_queued = |id: &AttemptId| changes.effects.iter().any(|effect| matches!(effect, Effect::Queue(queued) if queued == id));
    changes
        .rows
        .iter()
        .filter_map(|row| match row {
            Row::Attempt(row) if row.state == AttemptState::Queued && is_queued(&row.id) => Some(Queued::of(pipeline, row)),
            _ => None,
        })
        .collect()
}
