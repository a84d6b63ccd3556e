//! What the end of a forward job means for its node: done, tried again, lost or failed (A2, A5).

use pipelines::plan::{Class, NodeIx, RetryOn};
use protocol::{AttemptId, Outcome};

use super::event::EventKind;
use super::id::{ReleaseNumber, TargetName};
use super::pipeline::Pipeline;
use super::row::{AttemptKind, AttemptState, FailureCause, NodeState, ReleaseState, RolloutState};
use super::shape::{rollout_of, wave_of};
use super::turn::{Fact, Turn};

/// A backoff never grows beyond this.
const LONGEST_BACKOFF_MS: u64 = 3_600_000;

impl Pipeline {
    pub(crate) fn job_succeeded(&mut self, turn: &mut Turn, number: ReleaseNumber, ix: NodeIx, id: &AttemptId) {
        let outputs = self.attempts.get(id).map(|a| a.outputs.clone()).unwrap_or_default();
        let Some(mut row) = self.node(number, ix).cloned() else { return };
        row.state = NodeState::Succeeded;
        row.since = turn.now;
        row.reason = String::new();
        row.outputs = outputs;
        self.emit_of(turn, Fact::new(EventKind::JobSucceeded, "it succeeded"), id);
        self.put_node(turn, row);
        self.deployed(turn, number, ix);
    }

    /// If this was the job that makes the target run the release, it runs it now.
    fn deployed(&mut self, turn: &mut Turn, number: ReleaseNumber, ix: NodeIx) {
        let plan = self.plan_of(number);
        let Some(target) = plan.node(ix).and_then(|n| n.target.as_deref()).map(TargetName::from) else { return };
        let Some(release) = self.releases.get(&number) else { return };
        if rollout_of(&plan, &release.shape, &target).is_none_or(|(_, _, rollout)| rollout.deployed != ix) {
            return;
        }
        let now = turn.now;
        self.edit_target(turn, &target, |row| {
            row.live = Some(number);
            row.live_since = Some(now);
            row.partly = None;
            row.flag = None;
        });
        self.edit_rollout(turn, number, &target, |row| row.deployed_at = Some(now));
    }

    pub(crate) fn forward_ended_badly(&mut self, turn: &mut Turn, number: ReleaseNumber, ix: NodeIx, id: &AttemptId, outcome: &Outcome) {
        let stopped = self.attempts.get(id).is_some_and(|a| a.stop.is_some());
        if stopped {
            let reason = if matches!(outcome, Outcome::Cancelled { .. }) {
                "it was cancelled".to_owned()
            } else {
                format!("{} after it was told to stop", in_words(outcome))
            };
            self.emit_of(turn, Fact::new(EventKind::JobCancelled, reason.clone()), id);
            return self.job_stopped(turn, number, ix, &reason);
        }
        if let Some((rule, backoff_ms)) = self.retry_rule(number, ix, Some(outcome)) {
            return self.try_again(turn, id, rule, backoff_ms, &in_words(outcome));
        }
        self.fail_job(turn, number, ix, Some(id), &in_words(outcome));
    }

    /// A job that failed without an attempt.
    pub(crate) fn job_failed(&mut self, turn: &mut Turn, number: ReleaseNumber, ix: NodeIx, reason: &str) {
        self.fail_job(turn, number, ix, None, reason);
    }

    fn fail_job(&mut self, turn: &mut Turn, number: ReleaseNumber, ix: NodeIx, id: Option<&AttemptId>, reason: &str) {
        let plan = self.plan_of(number);
        let Some(node) = plan.node(ix) else { return };
        let target = node.target.as_deref().map(TargetName::from);
        let fact = Fact::new(EventKind::JobFailed, reason);
        match id {
            Some(id) => self.emit_of(turn, fact, id),
            None => self.emit(turn, fact.release(number).node(node.key.clone()).target(target.clone())),
        }
        self.set_node(turn, number, ix, NodeState::Failed, reason);
        // A hook that fails is shown, and changes nothing else.
        if self.release(number).is_some_and(|r| r.shape.detached.contains(&ix)) {
            return;
        }
        self.fail_wave(turn, number, wave_of(&plan, node), FailureCause::Job, format!("{}: {reason}", node.key), target.as_ref());
    }

    /// A build or test job whose lease ended: it goes out again, and the old copy's word counts no more (R3).
    pub(crate) fn lease_ended(&mut self, turn: &mut Turn, id: &AttemptId) {
        let Some(attempt) = self.attempts.get(id).filter(|a| a.state == AttemptState::Leased).cloned() else { return };
        if attempt.class == Class::Target && attempt.target.is_some() {
            return self.contact_lost(turn, &attempt);
        }
        let now = turn.now;
        self.edit_attempt(turn, id, |row| {
            row.state = AttemptState::Ended;
            row.ended_at = Some(now);
        });
        let (number, ix) = (attempt.release, attempt.node);
        self.emit_of(turn, Fact::new(EventKind::JobLost, "contact with its runner was lost"), id);
        if attempt.stop.is_some() {
            return self.set_node(turn, number, ix, NodeState::Cancelled, "contact was lost after it was told to stop");
        }
        if attempt.class == Class::Target {
            // It belongs to no single target, so that no inspection can tell what it did (A2).
            return self.fail_job(turn, number, ix, None, "contact was lost, and it does not go out again by itself");
        }
        if self.grant_loss(turn, number, ix) {
            return;
        }
        match self.retry_rule(number, ix, None) {
            Some((rule, backoff_ms)) => self.try_again(turn, id, rule, backoff_ms, "its runner was lost"),
            None => self.fail_job(turn, number, ix, None, "its runner was lost, again and again"),
        }
    }

    /// A lost build job goes out again as often as the settings say. The count stands behind those of the rules.
    fn grant_loss(&mut self, turn: &mut Turn, number: ReleaseNumber, ix: NodeIx) -> bool {
        let rules = self.job(number, ix).map_or(0, |job| job.retry.len());
        let limit = self.settings.build_again_limit;
        let Some(row) = self.node(number, ix) else { return false };
        if row.retries_used.get(rules).copied().unwrap_or(0) >= limit {
            return false;
        }
        self.stand_again(turn, number, ix, rules, 0, "its runner was lost");
        true
    }

    /// The first rule that matches, if its budget is not used up (A5). None for `outcome` stands for a lost runner.
    pub(crate) fn retry_rule(&self, number: ReleaseNumber, ix: NodeIx, outcome: Option<&Outcome>) -> Option<(usize, u64)> {
        let job = self.job(number, ix)?;
        let (at, rule) = job.retry.iter().enumerate().find(|(_, rule)| matches(&rule.on, outcome))?;
        let used = self.node(number, ix)?.retries_used.get(at).copied().unwrap_or(0);
        let backoff_ms =
            rule.backoff_ms.saturating_mul(1_u64.checked_shl(used).unwrap_or(u64::MAX)).min(LONGEST_BACKOFF_MS.max(rule.backoff_ms));
        (used < rule.limit).then_some((at, backoff_ms))
    }

    fn try_again(&mut self, turn: &mut Turn, id: &AttemptId, rule: usize, backoff_ms: u64, why: &str) {
        let Some((number, ix)) = self.attempts.get(id).map(|a| (a.release, a.node)) else { return };
        let fact = Fact::new(EventKind::JobRetried, format!("{why}; tried again by rule {}", rule.saturating_add(1)));
        self.emit_of(turn, fact.data("backoff_ms", backoff_ms), id);
        self.stand_again(turn, number, ix, rule, backoff_ms, why);
    }

    fn stand_again(&mut self, turn: &mut Turn, number: ReleaseNumber, ix: NodeIx, budget: usize, backoff_ms: u64, why: &str) {
        self.use_retry(turn, number, ix, budget);
        let Some(mut row) = self.node(number, ix).cloned() else { return };
        let over = self.release(number).is_none_or(|r| r.row.state == ReleaseState::Cancelled);
        row.state = if over { NodeState::Cancelled } else { NodeState::Ready };
        row.since = turn.now;
        row.reason = why.to_owned();
        row.not_before = (backoff_ms > 0).then(|| turn.now + backoff_ms);
        self.put_node(turn, row);
        turn.nodes.insert((number, ix));
    }

    /// Counts one more attempt against a rule's budget. The engine's own budget stands behind those of the rules.
    pub(crate) fn use_retry(&mut self, turn: &mut Turn, number: ReleaseNumber, ix: NodeIx, budget: usize) {
        let Some(mut row) = self.node(number, ix).cloned() else { return };
        if row.retries_used.len() <= budget {
            row.retries_used.resize(budget.saturating_add(1), 0);
        }
        if let Some(used) = row.retries_used.get_mut(budget) {
            *used = used.saturating_add(1);
        }
        self.put_node(turn, row);
    }

    /// A queued attempt of this node is taken back before any runner saw it.
    pub(crate) fn withdraw(&mut self, turn: &mut Turn, number: ReleaseNumber, ix: NodeIx, reason: &str) -> bool {
        let Some(id) = self.index.attempt_of.get(&(number, ix)).cloned() else { return false };
        if self.attempts.get(&id).is_none_or(|a| a.state != AttemptState::Queued) {
            return false;
        }
        let now = turn.now;
        self.edit_attempt(turn, &id, |row| {
            row.state = AttemptState::Ended;
            row.ended_at = Some(now);
            row.outcome = Some(Outcome::Cancelled { reason: reason.to_owned() });
        });
        self.emit_of(turn, Fact::new(EventKind::JobCancelled, reason), &id);
        true
    }

    /// Ends what a node would still do by itself: it stands ready, waits for a runner, or bakes.
    pub(crate) fn end_idle_node(&mut self, turn: &mut Turn, number: ReleaseNumber, ix: NodeIx, reason: &str) {
        let idle = match self.node(number, ix).map(|row| row.state) {
            Some(NodeState::Ready | NodeState::Baking) => true,
            // What goes back to this release belongs to the rollback of another one.
            Some(NodeState::Queued) => !self.takes_back(number, ix) && self.withdraw(turn, number, ix, reason),
            Some(NodeState::Pending | NodeState::Running | NodeState::Unknown | NodeState::Succeeded | NodeState::Skipped) | None => false,
            Some(NodeState::Failed | NodeState::Unclear | NodeState::Cancelled) => false,
        };
        if idle {
            self.set_node(turn, number, ix, NodeState::Cancelled, reason);
            self.review_bake_watch(turn, number, ix);
        }
    }

    fn takes_back(&self, number: ReleaseNumber, ix: NodeIx) -> bool {
        let attempt = self.index.attempt_of.get(&(number, ix)).and_then(|id| self.attempts.get(id));
        attempt.is_some_and(|attempt| matches!(attempt.kind, AttemptKind::Rollback { .. }))
    }

    /// Nothing of a rollout that has not begun begins any more.
    pub(crate) fn end_idle_nodes_at(&mut self, turn: &mut Turn, number: ReleaseNumber, target: &TargetName, reason: &str) {
        let plan = self.plan_of(number);
        let Some(release) = self.releases.get(&number) else { return };
        let Some((_, _, rollout)) = rollout_of(&plan, &release.shape, target) else { return };
        for ix in std::iter::once(&rollout.start).chain(&rollout.nodes) {
            self.end_idle_node(turn, number, *ix, reason);
        }
    }

    /// A rollout came to a bad end.
    pub(crate) fn end_rollout(&mut self, turn: &mut Turn, number: ReleaseNumber, target: &TargetName, state: RolloutState, reason: &str) {
        let Some(row) = self.rollout(number, target) else { return };
        let open = match row.state {
            RolloutState::Running | RolloutState::Baking | RolloutState::Unknown => true,
            RolloutState::Succeeded => state == RolloutState::RolledBack,
            RolloutState::Failed | RolloutState::Cancelled => state == RolloutState::RolledBack,
            RolloutState::RolledBack => false,
        };
        if !open {
            return;
        }
        let (now, wave) = (turn.now, row.wave);
        self.edit_rollout(turn, number, target, |row| {
            row.state = state;
            row.ended_at = row.ended_at.or(Some(now));
            row.reason = reason.to_owned();
        });
        if state == RolloutState::Failed {
            let place = self.wave_key(number, wave);
            self.emit(turn, Fact::new(EventKind::RolloutFailed, reason).release(number).place(place).target(Some(target.clone())));
        }
    }
}

fn matches(on: &RetryOn, outcome: Option<&Outcome>) -> bool {
    match (on, outcome) {
        (_, Some(Outcome::Succeeded | Outcome::Cancelled { .. })) => false,
        (RetryOn::Any, _) => true,
        (RetryOn::ExitCodes(codes), Some(Outcome::Failed { exit_code, .. })) => codes.contains(exit_code),
        (RetryOn::Signals(signals), Some(Outcome::Signalled { signal, .. })) => signals.contains(signal),
        (RetryOn::Timeout, Some(Outcome::TimedOut { .. })) => true,
        (RetryOn::RunnerLost, None | Some(Outcome::RunnerRestarted | Outcome::Error { .. })) => true,
        (RetryOn::ExitCodes(_) | RetryOn::Signals(_) | RetryOn::Timeout | RetryOn::RunnerLost, _) => false,
    }
}

/// An outcome for people.
pub(crate) fn in_words(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Succeeded => "it succeeded".to_owned(),
        Outcome::Failed { exit_code, step } => format!("step {step:?} ended with exit code {exit_code}"),
        Outcome::Signalled { signal, step } => format!("step {step:?} was ended by signal {signal}"),
        Outcome::TimedOut { step, timeout_ms } => format!("step {step:?} ran longer than {} s", timeout_ms / 1000),
        Outcome::Cancelled { reason } => format!("it was cancelled: {reason}"),
        Outcome::Error { detail } => format!("it did not end well: {detail}"),
        Outcome::RunnerRestarted => "its runner was restarted under it".to_owned(),
    }
}
