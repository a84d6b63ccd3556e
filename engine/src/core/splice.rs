//! A plan grows while its release is on its way: what a job printed or uploaded, and matrices whose values have become known (D1 to D4).

use std::collections::BTreeSet;
use std::sync::Arc;

use pipelines::dynamic::{self, Fragment, Origin, SpliceError, Spliced};
use pipelines::plan::{DeferredMatrix, GateCondition, NodeIx, Plan, StageIx, WaveIx};
use protocol::{AttemptId, Fences};

use super::condition;
use super::event::EventKind;
use super::gate;
use super::id::ReleaseNumber;
use super::pipeline::Pipeline;
use super::rejected::Rejected;
use super::release::Release;
use super::row::{AdditionRow, AttemptKind, AttemptState, GateState, NodeState, ReleaseState, WaveState};
use super::shape::{Around, Shape, no_plan};
use super::turn::{Fact, Turn};

/// How many keys an event names; the addition itself has them all.
const NAMED: usize = 20;

/// Who adds something, and as what it came.
struct Adder {
    origin: Origin,
    attempt: Option<AttemptId>,
    text: String,
}

/// What was added to a plan before it was stored: spliced in once more, in order.
///
/// # Errors
/// In words, when the rows are not those that this plan grew by.
pub fn replay(plan: &mut Arc<Plan>, additions: &[AdditionRow]) -> Result<(), String> {
    if additions.is_empty() {
        return Ok(());
    }
    let mut shape = Arc::new(Shape::new(plan));
    replay_into(plan, &mut shape, additions)
}

/// The same with what is read off the plan.
pub(crate) fn replay_into(plan: &mut Arc<Plan>, shape: &mut Arc<Shape>, additions: &[AdditionRow]) -> Result<(), String> {
    for row in additions {
        let around = Around::new(shape, usize::MAX, |ix| row.begun.contains(&ix));
        let origin = Origin { by: row.node, attempt: row.attempt };
        let grown = Arc::make_mut(plan);
        let spliced =
            dynamic::splice(grown, &row.fragment, origin, &around).map_err(|error| format!("addition {}: {error}", row.number))?;
        Arc::make_mut(shape).grow(grown, &spliced);
    }
    Ok(())
}

impl Pipeline {
    /// A running job adds to the plan of its release (D1). The same upload once more changes nothing (D2).
    pub(crate) fn upload(&mut self, turn: &mut Turn, fences: &Fences, fragment: &Fragment, text: String) -> Result<(), Rejected> {
        match self.check(fences)? {
            AttemptState::Leased => {}
            AttemptState::Queued | AttemptState::Unknown => return Err(Rejected::StaleLease),
            AttemptState::Ended => return Err(Rejected::AttemptEnded),
        }
        let attempt = self.attempts.get(&fences.attempt).ok_or(Rejected::UnknownAttempt)?;
        let (number, by, id) = (attempt.release, attempt.node, attempt.id.clone());
        if attempt.stop.is_some() {
            return Err(Rejected::AttemptStopped);
        }
        if attempt.kind != AttemptKind::Forward || self.release(number).is_none_or(|r| r.row.state != ReleaseState::Moving) {
            return Err(Rejected::ReleaseEnded(number));
        }
        let trust = self.release(number).map_or_else(Default::default, |release| release.row.trust);
        if let Some(excess) = trust.excess_added(fragment) {
            return Err(Rejected::Untrusted(excess));
        }
        let adder = Adder { origin: Origin { by, attempt: attempt.number }, attempt: Some(id), text };
        self.splice(turn, number, fragment, adder).map_err(|error| Rejected::Splice(Box::new(error)))
    }

    /// A matrix of which all values are known now: it stands for its jobs and runs nowhere itself.
    pub(crate) fn expand_matrix(&mut self, turn: &mut Turn, number: ReleaseNumber, ix: NodeIx, matrix: &DeferredMatrix) {
        let plan = self.plan_of(number);
        let (Some(node), Some(release)) = (plan.node(ix), self.releases.get(&number)) else { return };
        let stage = plan.stage(node.stage).map(|stage| stage.name.clone()).unwrap_or_default();
        let attempt = self.node(number, ix).map_or(0, |row| row.attempts).saturating_add(1);
        let fragment = dynamic::expand_matrix(&stage, matrix, &condition::context(release, node));
        let key = node.key.clone();
        drop(plan);
        let count = match fragment {
            Ok(fragment) => {
                let adder = Adder { origin: Origin { by: ix, attempt }, attempt: None, text: String::new() };
                self.splice(turn, number, &fragment, adder).map(|()| fragment.jobs.len()).map_err(|error| error.to_string())
            }
            Err(error) => Err(error.to_string()),
        };
        let mut row = self.node(number, ix).cloned().unwrap_or_else(|| super::table::new_node(number, ix, turn.now));
        row.attempts = attempt;
        self.put_node(turn, row);
        match count {
            Ok(count) => {
                let reason = format!("it stands for {count} jobs");
                self.emit(turn, Fact::new(EventKind::JobSucceeded, reason.clone()).release(number).node(key).by_engine());
                self.set_node(turn, number, ix, NodeState::Succeeded, reason);
            }
            Err(reason) => self.job_failed(turn, number, ix, &reason),
        }
    }

    fn splice(&mut self, turn: &mut Turn, number: ReleaseNumber, fragment: &Fragment, adder: Adder) -> Result<(), SpliceError> {
        let node_limit = self.settings.node_limit as usize;
        let Some(release) = self.releases.get_mut(&number) else { return Ok(()) };
        // Taken out, so that it is copied only where another release shares it.
        let mut plan = std::mem::replace(&mut release.plan, no_plan());
        let around = Around::new(&release.shape, node_limit, |ix| has_begun(release, ix));
        let spliced = dynamic::splice(Arc::make_mut(&mut plan), fragment, adder.origin, &around);
        let begun = around.into_begun();
        release.plan = plan;
        let spliced = spliced?;
        if spliced.is_empty() {
            return Ok(());
        }
        release.grow(&spliced);
        let addition = AdditionRow {
            release: number,
            number: u32::try_from(release.plan.added.len()).unwrap_or(u32::MAX),
            node: adder.origin.by,
            attempt: adder.origin.attempt,
            attempt_id: adder.attempt,
            at: turn.now,
            begun,
            fragment: fragment.clone(),
            text: adder.text,
        };
        self.follow_growth(turn, &addition, &spliced);
        turn.additions.push(addition);
        Ok(())
    }

    fn follow_growth(&mut self, turn: &mut Turn, addition: &AdditionRow, spliced: &Spliced) {
        let number = addition.release;
        self.forget_groups(number, &spliced.replaced);
        let changed = spliced.replaced.iter().chain(&spliced.withdrawn).chain(&spliced.waiting).copied();
        for ix in changed.collect::<BTreeSet<_>>() {
            // What stood ready waits for more now, or is another job.
            if self.node(number, ix).is_some_and(|row| row.state == NodeState::Ready) {
                self.set_node(turn, number, ix, NodeState::Pending, "");
            }
            turn.nodes.insert((number, ix));
        }
        turn.nodes.extend(spliced.added.iter().map(|ix| (number, *ix)));
        let fact = self.grown_fact(addition, spliced);
        self.emit(turn, fact);
        for stage in &spliced.grown {
            self.void_approvals(turn, number, *stage, &what_changed(spliced));
        }
    }

    /// A job that is replaced may share its limit with others than before.
    fn forget_groups(&mut self, number: ReleaseNumber, replaced: &[NodeIx]) {
        let groups = (number, String::new())..(ReleaseNumber(number.0.saturating_add(1)), String::new());
        let mut empty = Vec::new();
        for (group, ready) in self.index.ready_of.range_mut(groups) {
            ready.retain(|ix| !replaced.contains(ix));
            if ready.is_empty() {
                empty.push(group.clone());
            }
        }
        empty.iter().for_each(|group| drop(self.index.ready_of.remove(group)));
    }

    fn grown_fact(&self, addition: &AdditionRow, spliced: &Spliced) -> Fact {
        let number = addition.release;
        let keys = |nodes: &[NodeIx]| -> Vec<String> { nodes.iter().take(NAMED).map(|ix| self.node_key(number, *ix)).collect() };
        let plan = self.release(number).map(|release| release.plan.as_ref());
        let stages: Vec<&str> =
            spliced.stages.iter().filter_map(|ix| plan.and_then(|plan| plan.stage(*ix))).map(|stage| stage.name.as_str()).collect();
        let key = self.node_key(number, addition.node);
        let fact = Fact::new(EventKind::PlanGrown, format!("{key} {}", what_changed(spliced)))
            .release(number)
            .node(key)
            .data("addition", addition.number)
            .data("number", addition.attempt)
            .data("added", keys(&spliced.added))
            .data("added_count", spliced.added.len() as u64)
            .data("replaced", keys(&spliced.replaced))
            .data("withdrawn", keys(&spliced.withdrawn))
            .data("stages", stages);
        match &addition.attempt_id {
            Some(id) => fact.attempt(id),
            None => fact.by_engine(),
        }
    }

    /// What people agreed to is not what goes on: they are asked again before the release enters another wave of this stage (G6).
    fn void_approvals(&mut self, turn: &mut Turn, number: ReleaseNumber, stage: StageIx, what: &str) {
        let plan = self.plan_of(number);
        let Some(release) = self.releases.get(&number) else { return };
        let is_ahead = |ix: &WaveIx| {
            let state = release.waves.get(ix).map(|row| row.state);
            matches!(state, None | Some(WaveState::Waiting | WaveState::Left))
        };
        let waves = plan.stage(stage).into_iter().flat_map(|stage| stage.waves.iter().zip(0..));
        let ahead = waves.filter(|(_, wave)| is_ahead(&WaveIx { stage, wave: *wave }));
        let gates: BTreeSet<NodeIx> = ahead.flat_map(|(wave, _)| wave.gates.iter().copied()).collect();
        for ix in gates {
            let is_approval = gate::gate(&plan, ix).is_some_and(|gate| matches!(gate.condition, GateCondition::Approval(_)));
            let Some(mut row) = self.gate(number, ix).filter(|row| is_approval && !row.overridden).cloned() else { continue };
            let reason = format!("void: the plan has changed since ({what}); it is asked again");
            row.state = GateState::Expired;
            row.since = turn.now;
            row.reason.clone_from(&reason);
            row.expires_at = None;
            row.approvals.clear();
            row.rejected = None;
            self.put_gate(turn, row);
            self.emit_gate(turn, number, ix, EventKind::ApprovalVoided, &reason);
            self.wake_doors(turn, number, ix);
        }
    }
}

/// Queued, running, ended, skipped or lost: whatever does not simply wait (D3).
fn has_begun(release: &Release, ix: NodeIx) -> bool {
    match release.node_state(ix) {
        None | Some(NodeState::Pending | NodeState::Ready) => false,
        Some(NodeState::Queued | NodeState::Running | NodeState::Unknown | NodeState::Baking) => true,
        Some(NodeState::Succeeded | NodeState::Skipped | NodeState::Failed | NodeState::Unclear | NodeState::Cancelled) => true,
    }
}

/// `adds 3, replaces 1, withdraws 2`.
fn what_changed(spliced: &Spliced) -> String {
    let parts = [("adds", spliced.added.len()), ("replaces", spliced.replaced.len()), ("withdraws", spliced.withdrawn.len())];
    let parts: Vec<String> = parts.iter().filter(|(_, count)| *count > 0).map(|(verb, count)| format!("{verb} {count}")).collect();
    parts.join(", ")
}
