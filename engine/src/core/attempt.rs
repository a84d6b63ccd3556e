//! One try of a job: queued, leased, ended; and whose word counts (R2, A1).

use std::collections::BTreeMap;

use pipelines::plan::{Adds, Class, Job, Node, NodeIx, Purpose};
use protocol::{AttemptId, Fences, LeaseToken, Outcome, Report, RunnerId, StepReport, TargetFence};

use super::effect::Effect;
use super::event::EventKind;
use super::id::{ReleaseNumber, TargetName};
use super::pipeline::Pipeline;
use super::rejected::Rejected;
use super::row::{AttemptKind, AttemptRow, AttemptState, NodeState};
use super::settings::Settings;
use super::turn::{Fact, Turn};
use super::{Time, condition};

/// How long after the end of a lease it counts as lost (R5).
pub(crate) fn lease_margin_ms(settings: &Settings, class: Class) -> u64 {
    match class {
        Class::BuildTest => settings.build_again_ms,
        Class::Target => settings.contact_lost_ms,
    }
}

/// More than any target ever grants; JSON numbers hold it for two million restores.
const FENCES_OF_A_GENERATION: u64 = 1 << 32;

impl Pipeline {
    /// A forward job whose way is free.
    pub(crate) fn start_job(&mut self, turn: &mut Turn, number: ReleaseNumber, ix: NodeIx, node: &Node, job: &Job) {
        match self.condition_holds(number, node, job) {
            Ok(true) => match &job.adds {
                Some(Adds::Matrix(matrix)) => self.expand_matrix(turn, number, ix, matrix),
                Some(Adds::Generated { .. }) | None => drop(self.queue(turn, number, ix, AttemptKind::Forward)),
            },
            Ok(false) => {
                let reason = format!("its condition is false: {}", job.condition.as_deref().unwrap_or_default());
                self.set_node(turn, number, ix, NodeState::Skipped, reason.clone());
                let fact = Fact::new(EventKind::JobSkipped, reason).release(number).node(node.key.clone());
                self.emit(turn, fact.target(node.target.as_deref().map(TargetName::from)));
            }
            Err(error) => self.job_failed(turn, number, ix, &format!("its condition cannot be evaluated: {error}")),
        }
    }

    fn condition_holds(&self, number: ReleaseNumber, node: &Node, job: &Job) -> Result<bool, String> {
        match (&job.condition, self.releases.get(&number)) {
            (Some(condition), Some(release)) => condition::holds(condition, release, node),
            (None, _) | (_, None) => Ok(true),
        }
    }

    /// Puts a new attempt of a job in front of the runners.
    pub(crate) fn queue(&mut self, turn: &mut Turn, number: ReleaseNumber, ix: NodeIx, kind: AttemptKind) -> Option<AttemptId> {
        let job = self.job(number, ix)?.clone();
        let target = self.releases.get(&number)?.plan.node(ix)?.target.clone().map(TargetName);
        let count = self.node(number, ix).map_or(0, |row| row.attempts).saturating_add(1);
        let id = self.attempt_id(number, ix, count)?;
        let urgent = match kind {
            AttemptKind::Forward => false,
            AttemptKind::Rollback { .. } | AttemptKind::Inspect { .. } => true,
        };
        let row = AttemptRow {
            id: id.clone(),
            release: number,
            node: ix,
            number: count,
            kind,
            class: job.class,
            target: target.clone(),
            fence: None,
            runs_on: job.runs_on,
            state: AttemptState::Queued,
            urgent,
            queued_at: turn.now,
            runner: None,
            token: None,
            leased_at: None,
            lease_until: None,
            credentials_until: None,
            stop: None,
            ended_at: None,
            outcome: None,
            steps: Vec::new(),
            outputs: BTreeMap::new(),
            summary: String::new(),
            artifacts: Vec::new(),
            log_bytes: 0,
            log_digest: String::new(),
        };
        self.put_attempt(turn, row);
        let mut node = self.node(number, ix).cloned().unwrap_or_else(|| super::table::new_node(number, ix, turn.now));
        node.state = NodeState::Queued;
        node.since = turn.now;
        node.attempts = count;
        node.not_before = None;
        node.reason = String::new();
        self.put_node(turn, node);
        turn.effects.push(Effect::Queue(id.clone()));
        let fact = Fact::new(EventKind::JobQueued, format!("{} waits for a runner", job.name));
        self.emit_of(turn, fact, &id);
        Some(id)
    }

    /// `<pipeline id>.<release>.<node>.<number of the attempt>`.
    fn attempt_id(&self, number: ReleaseNumber, ix: NodeIx, count: u32) -> Option<AttemptId> {
        let allowed = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '/');
        let pipeline: String = self.row.id.0.chars().filter(allowed).take(60).collect();
        format!("{pipeline}.{}.{}.{count}", number.0, ix.0).parse().ok()
    }

    /// A runner takes a queued attempt; whatever touches a target gets the next fence (A4).
    pub(crate) fn lease(
        &mut self,
        turn: &mut Turn,
        id: &AttemptId,
        runner: RunnerId,
        token: LeaseToken,
        lease_ms: u64,
    ) -> Result<(), Rejected> {
        let attempt = self.attempts.get(id).ok_or(Rejected::UnknownAttempt)?;
        match attempt.state {
            AttemptState::Queued => {}
            AttemptState::Leased | AttemptState::Unknown => return Err(Rejected::NotQueued),
            AttemptState::Ended => return Err(Rejected::AttemptEnded),
        }
        let (number, ix, kind, class) = (attempt.release, attempt.node, attempt.kind.clone(), attempt.class);
        let target = attempt.target.clone().filter(|_| class == Class::Target);
        if !self.may_go_out(id) {
            return Err(Rejected::Restored);
        }
        if let Some(target) = &target {
            self.may_take(target, &kind)?;
        }
        let fence = target.as_ref().map(|target| self.grant(turn, target, id, number, ix, &kind));
        let now = turn.now;
        self.edit_attempt(turn, id, |row| {
            row.state = AttemptState::Leased;
            row.runner = Some(runner.clone());
            row.token = Some(token);
            row.leased_at = Some(now);
            row.lease_until = Some(now + lease_ms);
            row.fence = fence.map(TargetFence);
        });
        if !matches!(kind, AttemptKind::Inspect { .. }) {
            self.set_node(turn, number, ix, NodeState::Running, "");
        }
        let fact = Fact::new(EventKind::JobStarted, format!("runs on {runner}")).data("runner", runner.as_str());
        self.emit_of(turn, fact, id);
        Ok(())
    }

    /// Only an inspection may take a target from a lost attempt; nobody takes it from a running one.
    fn may_take(&self, target: &TargetName, kind: &AttemptKind) -> Result<(), Rejected> {
        let Some(row) = self.targets.get(target) else { return Ok(()) };
        match (&row.unknown, kind) {
            (Some(unknown), AttemptKind::Inspect { unknown: lost }) if unknown.attempt == *lost => Ok(()),
            (Some(_), _) => Err(Rejected::NotQueued),
            (None, _) if row.holder.is_some() => Err(Rejected::NotQueued),
            (None, _) => Ok(()),
        }
    }

    fn grant(
        &mut self,
        turn: &mut Turn,
        target: &TargetName,
        id: &AttemptId,
        number: ReleaseNumber,
        ix: NodeIx,
        kind: &AttemptKind,
    ) -> u64 {
        let deploys = self.job(number, ix).is_some_and(|job| matches!(job.purpose, Purpose::Deploy { .. }));
        if deploys && *kind == AttemptKind::Forward {
            self.bring_barriers(turn, number, target);
        }
        let mut fence = 0;
        // Beyond what was granted after the backup that the data came from (IA3).
        let before = self.settings.generation.0.saturating_sub(1).saturating_mul(FENCES_OF_A_GENERATION);
        self.edit_target(turn, target, |row| {
            row.fence = row.fence.max(before).saturating_add(1);
            fence = row.fence;
            row.holder = Some(id.clone());
            if deploys && *kind == AttemptKind::Forward && row.live != Some(number) {
                row.partly = Some(number);
            }
        });
        fence
    }

    /// The lease goes on. A lost attempt whose runner is heard of again is no longer unknown.
    pub(crate) fn heartbeat(&mut self, turn: &mut Turn, fences: &Fences, lease_ms: u64, steps: Vec<StepReport>) -> Result<(), Rejected> {
        let state = self.check(fences)?;
        let now = turn.now;
        match state {
            AttemptState::Leased => {}
            // It has told how it ended; what is unknown is its target.
            AttemptState::Unknown if self.attempts.get(&fences.attempt).is_some_and(|a| a.outcome.is_some()) => {
                return Err(Rejected::AttemptEnded);
            }
            AttemptState::Unknown => self.heard_again(turn, &fences.attempt),
            AttemptState::Queued => return Err(Rejected::StaleLease),
            AttemptState::Ended => return Err(Rejected::AttemptEnded),
        }
        self.edit_attempt(turn, &fences.attempt, |row| {
            row.lease_until = row.lease_until.max(Some(now + lease_ms));
            merge_steps(&mut row.steps, steps);
        });
        Ok(())
    }

    /// Credentials were issued; until they end, the attempt may act, whatever else is known (R4).
    pub(crate) fn issued(&mut self, turn: &mut Turn, fences: &Fences, until: Time) -> Result<(), Rejected> {
        match self.check(fences)? {
            AttemptState::Leased => {}
            AttemptState::Queued | AttemptState::Unknown => return Err(Rejected::StaleLease),
            AttemptState::Ended => return Err(Rejected::AttemptEnded),
        }
        if self.attempts.get(&fences.attempt).is_some_and(|a| a.stop.is_some()) {
            return Err(Rejected::AttemptStopped);
        }
        self.edit_attempt(turn, &fences.attempt, |row| row.credentials_until = row.credentials_until.max(Some(until)));
        Ok(())
    }

    /// An attempt ended. The same report again gets the first answer (IA7).
    pub(crate) fn report(&mut self, turn: &mut Turn, report: Report) -> Result<(), Rejected> {
        let id = report.fences.attempt.clone();
        if let Some(attempt) = self.attempts.get(&id) {
            let same_lease =
                attempt.token.as_ref() == Some(&report.fences.lease_token) && report.fences.generation == self.settings.generation;
            let has_told = matches!(attempt.state, AttemptState::Ended | AttemptState::Unknown) && attempt.outcome.is_some();
            if same_lease && has_told {
                return Ok(());
            }
        }
        match self.check(&report.fences)? {
            AttemptState::Leased => {}
            AttemptState::Unknown => self.resolved_by_report(turn, &id),
            AttemptState::Queued => return Err(Rejected::StaleLease),
            AttemptState::Ended => return Err(Rejected::AttemptEnded),
        }
        let (now, outcome) = (turn.now, report.outcome.clone());
        self.edit_attempt(turn, &id, |row| {
            row.state = AttemptState::Ended;
            row.ended_at = Some(now);
            row.outcome = Some(report.outcome);
            row.outputs = report.outputs;
            row.summary = report.summary;
            row.artifacts = report.artifacts;
            merge_steps(&mut row.steps, report.steps);
            row.log_bytes = report.log_bytes;
            row.log_digest = report.log_digest;
        });
        if self.could_not_reach(&id, &outcome) {
            self.unreachable(turn, &id, &outcome);
            return Ok(());
        }
        self.release_target(turn, &id);
        self.attempt_ended(turn, &id, &outcome);
        Ok(())
    }

    /// The four fences (R2, IA6). Answers the state of an attempt whose message is current.
    pub(crate) fn check(&self, fences: &Fences) -> Result<AttemptState, Rejected> {
        let attempt = self.attempts.get(&fences.attempt).ok_or(Rejected::UnknownAttempt)?;
        if fences.generation != self.settings.generation || attempt.token.as_ref() != Some(&fences.lease_token) {
            return Err(Rejected::StaleLease);
        }
        if attempt.fence != fences.fence {
            return Err(self.stale_fence(attempt));
        }
        if let (Some(fence), Some(target)) = (attempt.fence, attempt.target.as_ref().and_then(|t| self.targets.get(t)))
            && target.fence > fence.0
        {
            return Err(self.stale_fence(attempt));
        }
        Ok(attempt.state)
    }

    fn stale_fence(&self, attempt: &AttemptRow) -> Rejected {
        match attempt.target.as_ref().map(|name| (name, self.targets.get(name))) {
            Some((name, row)) => Rejected::StaleFence { target: name.clone(), current: row.map_or(0, |r| r.fence) },
            None => Rejected::StaleLease,
        }
    }

    /// The target is free again, if this attempt had it.
    pub(crate) fn release_target(&mut self, turn: &mut Turn, id: &AttemptId) {
        let Some(target) = self.attempts.get(id).and_then(|a| a.target.clone()) else { return };
        if self.targets.get(&target).is_some_and(|t| t.holder.as_ref() == Some(id)) {
            self.edit_target(turn, &target, |row| row.holder = None);
        }
    }

    /// What an end means, by what the attempt was for.
    fn attempt_ended(&mut self, turn: &mut Turn, id: &AttemptId, outcome: &Outcome) {
        let Some(attempt) = self.attempts.get(id) else { return };
        let (number, ix, kind) = (attempt.release, attempt.node, attempt.kind.clone());
        match kind {
            AttemptKind::Forward if *outcome == Outcome::Succeeded => self.job_succeeded(turn, number, ix, id),
            AttemptKind::Forward => self.forward_ended_badly(turn, number, ix, id, outcome),
            AttemptKind::Rollback { of } => self.rollback_ended(turn, id, of, outcome),
            AttemptKind::Inspect { unknown } => self.inspected(turn, id, &unknown, outcome),
        }
    }

    /// An event about an attempt, with everything that names it.
    pub(crate) fn emit_of(&self, turn: &mut Turn, fact: Fact, id: &AttemptId) {
        let Some(attempt) = self.attempts.get(id) else { return };
        let plan = self.plan_of(attempt.release);
        let mut fact =
            fact.release(attempt.release).node(self.node_key(attempt.release, attempt.node)).attempt(id).target(attempt.target.clone());
        if let Some(node) = plan.node(attempt.node) {
            fact = fact.place(super::shape::wave_key(&plan, super::shape::wave_of(&plan, node)));
        }
        self.emit(turn, fact.data("number", attempt.number));
    }
}

/// Steps by their position; the newest word about each counts.
fn merge_steps(known: &mut Vec<StepReport>, news: Vec<StepReport>) {
    for step in news {
        match known.binary_search_by_key(&step.index, |s| s.index) {
            Ok(at) => {
                if let Some(old) = known.get_mut(at) {
                    *old = step;
                }
            }
            Err(at) => known.insert(at, step),
        }
    }
}
