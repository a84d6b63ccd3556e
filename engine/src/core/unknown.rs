//! Contact was lost while an attempt had the right to touch a target: what runs there is unknown, and
//! nobody guesses (A3, R3, R4, R9).

use std::collections::BTreeMap;

use pipelines::plan::Class;
use protocol::{AttemptId, Outcome};

use super::event::EventKind;
use super::id::{ReleaseNumber, TargetName};
use super::input::Verdict;
use super::needs_reason;
use super::pipeline::Pipeline;
use super::rejected::Rejected;
use super::row::{AttemptKind, AttemptRow, AttemptState, GlassAsked, NodeState, ReleaseState, RolloutState, Unknown};
use super::shape::rollout_of;
use super::turn::{Fact, Turn};

/// An operation that an inspection finds in progress is waited for this many times longer than an
/// inspection that fails.
const PATIENCE_IN_PROGRESS: u32 = 40;

/// A region that is down comes back by itself: it is asked for half a day.
const PATIENCE_UNREACHABLE: u32 = 480;

/// With this code a step says that it could not reach its target: nobody refused anything, nobody answered (`EX_TEMPFAIL` of sysexits.h).
pub(crate) const UNREACHABLE: i32 = 75;

/// What an inspection found.
enum Finding {
    /// The release that the lost attempt worked for, and it is well.
    Done,
    /// That release, and it is not well.
    Unwell,
    Elsewhere,
    InProgress,
    Unreachable,
    Nothing(String),
}

impl Pipeline {
    /// The lease of an attempt at a target has ended: not failed, not over, unknown.
    pub(crate) fn contact_lost(&mut self, turn: &mut Turn, attempt: &AttemptRow) {
        let Some(target) = attempt.target.clone() else { return };
        if let AttemptKind::Inspect { .. } = attempt.kind {
            self.end_attempt(turn, &attempt.id);
            self.emit_of(turn, Fact::new(EventKind::JobLost, "contact with its runner was lost"), &attempt.id);
            self.set_node(turn, attempt.release, attempt.node, NodeState::Failed, "contact with its runner was lost");
            return self.inspect_again(turn, &target, 1, "the inspection's runner was lost");
        }
        // Credentials are the real fence: until the last slice has ended, the attempt may act (R4).
        let horizon = attempt.lease_until.max(attempt.credentials_until).unwrap_or(turn.now);
        let inspect_after = horizon + self.settings.unknown_margin_ms;
        let words = format!("{target} is unknown since the runner of {} was lost", attempt.id);
        self.mark_unknown(turn, attempt, inspect_after, "contact with its runner was lost; it may still act", &words);
    }

    /// Holds the target until somebody has looked, at `inspect_after` at the earliest. `of_job` and `of_target`: what is said of either.
    fn mark_unknown(&mut self, turn: &mut Turn, attempt: &AttemptRow, inspect_after: super::Time, of_job: &str, of_target: &str) {
        let Some(target) = &attempt.target else { return };
        self.edit_attempt(turn, &attempt.id, |row| {
            row.state = AttemptState::Unknown;
            row.ended_at = None;
        });
        self.set_node(turn, attempt.release, attempt.node, NodeState::Unknown, of_job);
        self.emit_of(turn, Fact::new(EventKind::JobUnknown, of_job), &attempt.id);
        self.edit_newest_rollout(turn, target, |row| {
            if row.ended_at.is_none() {
                row.state = RolloutState::Unknown;
            }
        });
        let pending = self.index.going_back.get(target).and_then(|lane| self.lanes.get(lane)).and_then(|row| row.rollback.as_ref());
        let unknown = Unknown {
            attempt: attempt.id.clone(),
            since: turn.now,
            inspect_after,
            inspections: 0,
            needs_person: false,
            pending_failure: pending.filter(|r| r.waiting.contains(target)).map(|r| r.reason.clone()),
        };
        self.edit_target(turn, target, |row| row.unknown = Some(unknown));
        self.emit_of(turn, Fact::new(EventKind::TargetUnknown, of_target).data("until", inspect_after.to_string()), &attempt.id);
    }

    /// Whether an attempt that changes a target says that it could not reach it. A rule of its own for that code comes first.
    pub(crate) fn could_not_reach(&self, id: &AttemptId, outcome: &Outcome) -> bool {
        let Some(attempt) = self.attempts.get(id).filter(|a| a.target.is_some() && a.class == Class::Target) else { return false };
        matches!(outcome, Outcome::Failed { exit_code: UNREACHABLE, .. })
            && !matches!(attempt.kind, AttemptKind::Inspect { .. })
            && self.retry_rule(attempt.release, attempt.node, Some(outcome)).is_none()
    }

    /// Its runner is well and its job is over, but what runs at the target now nobody knows: it may have got half-way. That is no failure of
    /// the release (R9): the target waits until it can be asked, and the others go on as they would.
    pub(crate) fn unreachable(&mut self, turn: &mut Turn, id: &AttemptId, outcome: &Outcome) {
        let Some(attempt) = self.attempts.get(id).cloned() else { return };
        let Some(target) = attempt.target.clone() else { return };
        let why = super::job::in_words(outcome);
        let words = format!("{target} could not be reached, and is asked again and again: {why}");
        self.mark_unknown(turn, &attempt, turn.now + self.settings.inspection_backoff_ms, &why, &words);
    }

    /// The runner is there again, under the same fence: nothing was lost.
    pub(crate) fn heard_again(&mut self, turn: &mut Turn, id: &AttemptId) {
        let Some(attempt) = self.attempts.get(id).cloned() else { return };
        self.edit_attempt(turn, id, |row| row.state = AttemptState::Leased);
        self.set_node(turn, attempt.release, attempt.node, NodeState::Running, "");
        self.known_again(turn, &attempt, "its runner is heard of again");
    }

    /// A late report under the current fence says how it ended.
    pub(crate) fn resolved_by_report(&mut self, turn: &mut Turn, id: &AttemptId) {
        let Some(attempt) = self.attempts.get(id).cloned() else { return };
        self.known_again(turn, &attempt, "its runner reported late");
    }

    fn known_again(&mut self, turn: &mut Turn, attempt: &AttemptRow, why: &str) {
        let Some(target) = attempt.target.clone() else { return };
        self.drop_inspection(turn, &target);
        self.edit_target(turn, &target, |row| {
            row.unknown = None;
            row.glass = None;
        });
        let goes_back = self.index.going_back.get(&target).is_some_and(|lane| {
            self.lanes
                .get(lane)
                .and_then(|row| row.rollback.as_ref())
                .is_some_and(|r| r.of == attempt.release && r.waiting.contains(&target))
        });
        if goes_back {
            self.end_rollout(turn, attempt.release, &target, RolloutState::Failed, why);
        } else {
            self.edit_newest_rollout(turn, &target, |row| {
                if row.state == RolloutState::Unknown {
                    row.state = RolloutState::Running;
                }
            });
        }
        self.emit_of(turn, Fact::new(EventKind::TargetResolved, why), &attempt.id);
    }

    /// An inspection that no runner has yet is not needed any more.
    fn drop_inspection(&mut self, turn: &mut Turn, target: &TargetName) {
        let Some((number, ix)) = self.inspection_at(target).map(|a| (a.release, a.node)) else { return };
        if self.withdraw(turn, number, ix, "the target is known again") {
            self.set_node(turn, number, ix, NodeState::Cancelled, "the target is known again");
        }
    }

    /// The inspection under way at a target.
    pub(crate) fn inspection_at(&self, target: &TargetName) -> Option<&AttemptRow> {
        let attempts = self.index.attempts_at.get(target)?;
        attempts.iter().filter_map(|id| self.attempts.get(id)).find(|a| matches!(a.kind, AttemptKind::Inspect { .. }))
    }

    /// The last credentials have ended: ask what runs there (IA4).
    pub(crate) fn inspect(&mut self, turn: &mut Turn, target: &TargetName) {
        let Some(unknown) = self.target(target).and_then(|row| row.unknown.clone()) else { return };
        if unknown.needs_person || unknown.inspect_after > turn.now || self.inspection_at(target).is_some() {
            return;
        }
        let node = self.attempts.get(&unknown.attempt).and_then(|lost| {
            let release = self.release(lost.release)?;
            Some((lost.release, rollout_of(&release.plan, &release.shape, target)?.2.inspect))
        });
        match node.filter(|(number, ix)| self.job(*number, *ix).is_some()) {
            Some((number, ix)) => {
                self.queue(turn, number, ix, AttemptKind::Inspect { unknown: unknown.attempt });
            }
            None => self.needs_person(turn, target, "no block can inspect it"),
        }
    }

    /// What an inspection said.
    pub(crate) fn inspected(&mut self, turn: &mut Turn, id: &AttemptId, lost: &AttemptId, outcome: &Outcome) {
        let Some(attempt) = self.attempts.get(id).cloned() else { return };
        let Some(target) = attempt.target.clone() else { return };
        let ended = if *outcome == Outcome::Succeeded {
            (NodeState::Succeeded, EventKind::JobSucceeded)
        } else {
            (NodeState::Failed, EventKind::JobFailed)
        };
        self.set_node(turn, attempt.release, attempt.node, ended.0, super::job::in_words(outcome));
        self.emit_of(turn, Fact::new(ended.1, super::job::in_words(outcome)), id);
        if self.target(&target).and_then(|row| row.unknown.as_ref()).is_none_or(|u| u.attempt != *lost) {
            return;
        }
        match self.finding(lost, outcome, &attempt.outputs) {
            Finding::Done => self.settle_unknown(turn, &target, &Verdict::Succeeded, "the inspection found the release there, and well"),
            Finding::Unwell => self.settle_unknown(turn, &target, &Verdict::Failed, "the inspection found the release there, and unwell"),
            Finding::Elsewhere => {
                let verdict = if self.may_run_again(lost) { Verdict::Again } else { Verdict::Failed };
                self.settle_unknown(turn, &target, &verdict, "the inspection found another release there, and nothing in progress");
            }
            Finding::InProgress => self.inspect_again(turn, &target, PATIENCE_IN_PROGRESS, "an operation is still in progress"),
            Finding::Unreachable => self.inspect_again(turn, &target, PATIENCE_UNREACHABLE, "it cannot be reached"),
            Finding::Nothing(why) => self.inspect_again(turn, &target, 1, &why),
        }
    }

    fn finding(&self, lost: &AttemptId, outcome: &Outcome, outputs: &BTreeMap<String, String>) -> Finding {
        if matches!(outcome, Outcome::Failed { exit_code: UNREACHABLE, .. }) {
            return Finding::Unreachable;
        }
        if *outcome != Outcome::Succeeded {
            return Finding::Nothing(format!("the inspection failed: {}", super::job::in_words(outcome)));
        }
        let said = |key: &str| outputs.get(key).map(|text| text.trim().to_lowercase()).unwrap_or_default();
        if matches!(said("in_progress").as_str(), "true" | "yes" | "1") {
            return Finding::InProgress;
        }
        let runs = said("release");
        if runs.is_empty() {
            return Finding::Nothing("the inspection did not say which release runs there".to_owned());
        }
        let wanted = self.attempts.get(lost).and_then(|a| self.release(a.release));
        let is_it =
            wanted.is_some_and(|r| runs.trim_start_matches('#') == r.row.number.0.to_string() || runs == r.row.digest.to_lowercase());
        match (is_it, said("health").as_str()) {
            (false, _) => Finding::Elsewhere,
            (true, "" | "ok" | "healthy" | "true" | "good") => Finding::Done,
            (true, _) => Finding::Unwell,
        }
    }

    /// Nothing of it is there: it may run again, unless somebody wants it to end, within its budget.
    fn may_run_again(&self, lost: &AttemptId) -> bool {
        let Some(attempt) = self.attempts.get(lost) else { return false };
        let goes = self.release(attempt.release).is_some_and(|r| r.row.state != ReleaseState::Cancelled);
        let rules = self.job(attempt.release, attempt.node).map_or(0, |job| job.retry.len());
        let used = self.node(attempt.release, attempt.node).and_then(|row| row.retries_used.get(rules).copied()).unwrap_or(0);
        attempt.stop.is_none() && goes && used < self.settings.inspection_limit
    }

    /// Later once more, or never: then only a person can end it.
    fn inspect_again(&mut self, turn: &mut Turn, target: &TargetName, patience: u32, why: &str) {
        let Some(unknown) = self.target(target).and_then(|row| row.unknown.clone()) else { return };
        let inspections = unknown.inspections.saturating_add(1);
        let limit = self.settings.inspection_limit.saturating_mul(patience);
        let after = turn.now + self.settings.inspection_backoff_ms;
        self.edit_target(turn, target, |row| {
            if let Some(unknown) = &mut row.unknown {
                unknown.inspections = inspections;
                unknown.inspect_after = after;
            }
        });
        if inspections >= limit {
            self.needs_person(turn, target, why);
        }
    }

    pub(crate) fn needs_person(&mut self, turn: &mut Turn, target: &TargetName, why: &str) {
        let Some(attempt) = self.target(target).and_then(|row| row.unknown.as_ref()).map(|u| u.attempt.clone()) else { return };
        self.edit_target(turn, target, |row| {
            if let Some(unknown) = &mut row.unknown {
                unknown.needs_person = true;
            }
        });
        let words = format!("only a person can say what runs at {target}: {why}");
        self.emit_of(turn, Fact::new(EventKind::TargetUnknown, words).data("needs_person", true), &attempt);
    }

    /// A person says what is true (R9), once the lost attempt cannot act any more (IA4).
    pub(crate) fn resolve(&mut self, turn: &mut Turn, target: &TargetName, verdict: &Verdict, reason: String) -> Result<(), Rejected> {
        super::person(&turn.actor)?;
        needs_reason(&reason)?;
        let row = self.target(target).ok_or_else(|| Rejected::UnknownPlace(target.0.clone()))?;
        let unknown = row.unknown.clone().ok_or_else(|| Rejected::NotUnknown(target.clone()))?;
        let until = unknown.inspect_after.max(self.inspection_until(target));
        if turn.now < until && !unknown.needs_person {
            return Err(Rejected::StillFenced { target: target.clone(), until: until.to_string() });
        }
        self.drop_inspection(turn, target);
        self.settle_unknown(turn, target, verdict, &reason);
        Ok(())
    }

    /// Two people take the target from an attempt that may still act (IA4). What it does from then on counts no more.
    pub(crate) fn break_glass(&mut self, turn: &mut Turn, target: &TargetName, verdict: Verdict, reason: String) -> Result<(), Rejected> {
        let person = super::person(&turn.actor)?.clone();
        needs_reason(&reason)?;
        let row = self.target(target).ok_or_else(|| Rejected::UnknownPlace(target.0.clone()))?;
        let attempt = row.unknown.as_ref().map(|u| u.attempt.clone()).ok_or_else(|| Rejected::NotUnknown(target.clone()))?;
        let asked = row.glass.clone().filter(|asked| asked.attempt == attempt && asked.verdict == verdict && asked.until > turn.now);
        let Some(first) = asked else {
            let until = turn.now + self.settings.glass_ms;
            let words =
                format!("somebody asks to break the glass at {target}: {reason}; a second person must ask for the same until {until}");
            let asked = GlassAsked { attempt: attempt.clone(), by: turn.actor.clone(), verdict, reason, until };
            self.edit_target(turn, target, |row| row.glass = Some(asked));
            self.emit_of(turn, Fact::new(EventKind::TargetUnknown, words).data("break_glass", until.to_string()), &attempt);
            return Ok(());
        };
        if super::person(&first.by).is_ok_and(|other| *other == person) {
            return Err(Rejected::SecondPersonNeeded(person.0));
        }
        // An inspection that a runner has looks in vain from now on; its target is in other hands.
        self.drop_inspection(turn, target);
        self.end_inspection(turn, target);
        let words = format!("two people broke the glass: {}; {reason}", first.reason);
        self.settle_unknown(turn, target, &verdict, &words);
        Ok(())
    }

    /// The inspection that a runner has is over, whatever it would have found.
    fn end_inspection(&mut self, turn: &mut Turn, target: &TargetName) {
        let Some((id, number, ix)) = self.inspection_at(target).map(|a| (a.id.clone(), a.release, a.node)) else { return };
        self.end_attempt(turn, &id);
        self.set_node(turn, number, ix, NodeState::Cancelled, "the glass was broken");
        self.emit_of(turn, Fact::new(EventKind::JobCancelled, "the glass was broken"), &id);
    }

    /// Until when a running inspection has the target.
    fn inspection_until(&self, target: &TargetName) -> super::Time {
        self.inspection_at(target)
            .and_then(|a| a.lease_until.max(a.credentials_until))
            .map_or(super::Time::default(), |at| at + self.settings.unknown_margin_ms)
    }

    /// The lost attempt is over; its word counts no more.
    fn settle_unknown(&mut self, turn: &mut Turn, target: &TargetName, verdict: &Verdict, why: &str) {
        let Some(lost) = self.target(target).and_then(|row| row.unknown.as_ref()).and_then(|u| self.attempts.get(&u.attempt)).cloned()
        else {
            return;
        };
        self.known_again(turn, &lost, why);
        self.end_attempt(turn, &lost.id);
        self.edit_target(turn, target, |row| {
            // Whoever had the right before has it no more, even where no inspection took it.
            row.fence = row.fence.saturating_add(1);
            row.holder = None;
        });
        let (number, ix) = (lost.release, lost.node);
        match (&lost.kind, verdict) {
            (AttemptKind::Forward, Verdict::Succeeded) => self.job_succeeded(turn, number, ix, &lost.id),
            (AttemptKind::Forward, Verdict::Failed) if lost.stop.is_some() => self.job_stopped(turn, number, ix, why),
            (AttemptKind::Forward, Verdict::Failed) => self.job_failed(turn, number, ix, why),
            (AttemptKind::Forward, Verdict::Again) => self.run_again(turn, &lost, target, why),
            (AttemptKind::Rollback { of }, Verdict::Succeeded) => self.went_back(turn, target, *of, number, ix),
            (AttemptKind::Rollback { of }, Verdict::Failed) => self.back_failed(turn, target, *of, number, ix, why),
            (AttemptKind::Rollback { of }, Verdict::Again) => {
                self.use_retry(turn, number, ix, self.job(number, ix).map_or(0, |job| job.retry.len()));
                self.queue(turn, number, ix, AttemptKind::Rollback { of: *of });
            }
            // An inspection is never unknown itself: it only looks.
            (AttemptKind::Inspect { .. }, Verdict::Succeeded | Verdict::Failed | Verdict::Again) => {}
        }
    }

    fn run_again(&mut self, turn: &mut Turn, lost: &AttemptRow, target: &TargetName, why: &str) {
        let (number, ix): (ReleaseNumber, _) = (lost.release, lost.node);
        if lost.stop.is_some()
            || self.index.going_back.contains_key(target)
            || self.release(number).is_none_or(|r| r.row.state == ReleaseState::Cancelled)
        {
            return self.job_stopped(turn, number, ix, why);
        }
        self.use_retry(turn, number, ix, self.job(number, ix).map_or(0, |job| job.retry.len()));
        self.set_node(turn, number, ix, NodeState::Ready, why);
        turn.nodes.insert((number, ix));
    }

    fn end_attempt(&mut self, turn: &mut Turn, id: &AttemptId) {
        let now = turn.now;
        self.edit_attempt(turn, id, |row| {
            row.state = AttemptState::Ended;
            row.ended_at = Some(now);
        });
        self.release_target(turn, id);
    }
}
