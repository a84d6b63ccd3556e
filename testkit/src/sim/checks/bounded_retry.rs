use std::collections::BTreeMap;

use engine::core::id::ReleaseNumber;
use engine::core::input::Verdict;
use engine::core::row::AttemptKind;
use engine::core::{EventKind, Input, Time};
use pipelines::plan::{NodeIx, NodeKind, RetryOn};
use protocol::Outcome;

use super::{Findings, Invariant, Seen};

#[derive(Default)]
pub(super) struct BoundedRetry {
    /// How often each job went out since a person last asked for it.
    tries: BTreeMap<(ReleaseNumber, NodeIx), u32>,
    not_before: BTreeMap<(ReleaseNumber, String), Time>,
}

impl Invariant for BoundedRetry {
    fn name(&self) -> &'static str {
        "IE6"
    }

    fn says(&self) -> &'static str {
        "a job goes out no more often than its rules and the settings grant, and not before its backoff has passed"
    }

    fn see(&mut self, seen: &Seen<'_>, found: &mut Findings) {
        self.backoff(seen, found);
        granted(seen, found);
        match seen.input {
            Input::Retry { release, .. } if seen.outcome.is_ok() => {
                self.tries.retain(|(number, _), _| number != release);
                self.not_before.retain(|(number, _), _| number != release);
            }
            Input::Resolve { target, verdict: Verdict::Again, .. } | Input::BreakGlass { target, verdict: Verdict::Again, .. }
                if seen.events_of(EventKind::TargetResolved).next().is_some() =>
            {
                let lost =
                    seen.before.targets.get(target).and_then(|t| t.unknown.as_ref()).and_then(|u| seen.before.attempts.get(&u.attempt));
                if let Some(tries) = lost.and_then(|row| self.tries.get_mut(&(row.release, row.node))) {
                    *tries = tries.saturating_sub(1);
                }
            }
            Input::Lease { attempt, .. } if seen.outcome.is_ok() => {
                let Some(row) = seen.after.attempt(attempt).filter(|row| row.kind == AttemptKind::Forward) else { return };
                let Some(NodeKind::Job(job)) = seen.plan(row.release).and_then(|p| p.node(row.node)).map(|n| &n.kind) else { return };
                let settings = seen.after.settings();
                let granted: u32 = job.retry.iter().map(|rule| rule.limit).sum();
                let limit = 1 + granted + settings.build_again_limit.max(settings.inspection_limit);
                let tries = self.tries.entry((row.release, row.node)).or_default();
                *tries += 1;
                if *tries > limit {
                    found.broken("IE6", format!("{attempt} is the {tries}th time that its job goes out; {limit} are granted"));
                }
            }
            _ => {}
        }
    }
}

/// A5: the first rule that matches grants another attempt while its budget lasts.
fn granted(seen: &Seen<'_>, found: &mut Findings) {
    let (Input::Report(report), Ok(_)) = (seen.input, seen.outcome) else { return };
    let id = &report.fences.attempt;
    let Some(row) = seen.before.attempts.get(id).filter(|row| row.kind == AttemptKind::Forward && row.stop.is_none()) else { return };
    let failed = seen.events_of(EventKind::JobFailed).any(|event| event.attempt.as_ref() == Some(id));
    let Some(NodeKind::Job(job)) = seen.plan(row.release).and_then(|p| p.node(row.node)).map(|n| &n.kind) else { return };
    let rule = job.retry.iter().position(|rule| matches(&rule.on, &report.outcome));
    let Some((rule, limit)) = rule.and_then(|at| Some((at, job.retry.get(at)?.limit))) else { return };
    let used = seen.before.nodes.get(&(row.release, row.node)).and_then(|node| node.retries_used.get(rule).copied()).unwrap_or(0);
    if failed && used < limit {
        found.broken("A5", format!("{id} failed for good, though rule {rule} has granted {used} of {limit} attempts"));
    }
}

fn matches(on: &RetryOn, outcome: &Outcome) -> bool {
    match on {
        RetryOn::Any => !matches!(outcome, Outcome::Succeeded | Outcome::Cancelled { .. }),
        RetryOn::ExitCodes(codes) => matches!(outcome, Outcome::Failed { exit_code, .. } if codes.contains(exit_code)),
        RetryOn::Signals(signals) => matches!(outcome, Outcome::Signalled { signal, .. } if signals.contains(signal)),
        RetryOn::Timeout => matches!(outcome, Outcome::TimedOut { .. }),
        RetryOn::RunnerLost => matches!(outcome, Outcome::RunnerRestarted | Outcome::Error { .. }),
    }
}

impl BoundedRetry {
    fn backoff(&mut self, seen: &Seen<'_>, found: &mut Findings) {
        for event in seen.events() {
            // A person who tries again does not wait.
            if let (EventKind::ReleaseRetried, Some(number)) = (event.kind, event.release) {
                self.not_before.retain(|(of, _), _| *of != number);
            }
            let (Some(number), Some(key)) = (event.release, &event.node) else { continue };
            let name = (number, key.clone());
            match event.kind {
                EventKind::JobRetried => {
                    let ms = event.data.get("backoff_ms").and_then(serde_json::Value::as_u64).unwrap_or(0);
                    self.not_before.insert(name, seen.at + ms);
                }
                EventKind::JobQueued => {
                    if let Some(until) = self.not_before.remove(&name).filter(|until| *until > seen.at) {
                        found.broken("IE6", format!("{key} of {number} waits for a runner before its backoff ends at {until}"));
                    }
                }
                _ => {}
            }
        }
    }
}
