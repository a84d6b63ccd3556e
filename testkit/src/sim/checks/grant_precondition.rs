use std::collections::BTreeMap;

use engine::core::id::TargetName;
use engine::core::input::Verdict;
use engine::core::row::AttemptKind;
use engine::core::{Actor, EventKind, Input, Time};
use pipelines::plan::Class;
use protocol::AttemptId;

use super::{Findings, Invariant, Seen};

/// The last deployment that was granted a target.
struct Holder {
    attempt: AttemptId,
    /// The end of its lease or of its last credentials.
    horizon: Time,
    /// It reported, or an inspection or a person said after the horizon that it is over.
    is_over: bool,
}

#[derive(Default)]
pub(super) struct GrantPrecondition {
    holders: BTreeMap<TargetName, Holder>,
}

impl Invariant for GrantPrecondition {
    fn name(&self) -> &'static str {
        "IA4"
    }

    fn says(&self) -> &'static str {
        "a target is granted only after its last holder reported, or after its credentials ended and an inspection or a person said that it is over"
    }

    fn see(&mut self, seen: &Seen<'_>, found: &mut Findings) {
        if seen.outcome.is_err() {
            return;
        }
        match seen.input {
            Input::Lease { attempt, lease_ms, .. } => self.granted(seen, attempt, *lease_ms, found),
            Input::Heartbeat { fences, lease_ms, .. } => self.extend(&fences.attempt, seen.at + *lease_ms),
            Input::Issued { fences, until } => self.extend(&fences.attempt, *until),
            Input::Report(report) => {
                let id = &report.fences.attempt;
                let Some(row) = seen.before.attempts.get(id) else { return };
                match (&row.kind, &row.target) {
                    (AttemptKind::Inspect { unknown }, Some(target)) => {
                        let busy = report.outputs.get("in_progress").is_some_and(|text| text == "true");
                        if let Some(holder) = self.holders.get_mut(target).filter(|h| h.attempt == *unknown && !busy) {
                            holder.is_over = true;
                        }
                    }
                    (_, Some(target)) => {
                        if let Some(holder) = self.holders.get_mut(target).filter(|h| h.attempt == *id) {
                            holder.is_over = true;
                        }
                    }
                    (_, None) => {}
                }
            }
            Input::Resolve { target, .. } => self.resolved(seen, target, found),
            Input::BreakGlass { target, verdict, .. } => self.broke_glass(seen, target, verdict, found),
            _ => {}
        }
    }
}

impl GrantPrecondition {
    fn granted(&mut self, seen: &Seen<'_>, id: &AttemptId, lease_ms: u64, found: &mut Findings) {
        let Some(row) = seen.after.attempt(id).filter(|row| row.class == Class::Target) else { return };
        let Some(target) = &row.target else { return };
        let margin = seen.after.settings().unknown_margin_ms;
        if let Some(last) = self.holders.get(target).filter(|h| !h.is_over) {
            let inspects = matches!(&row.kind, AttemptKind::Inspect { unknown } if *unknown == last.attempt);
            if !(inspects && seen.at >= last.horizon + margin) {
                found.broken("IA4", format!("{id} was granted {target}, which {} may change until {}", last.attempt, last.horizon));
            }
        }
        if !matches!(row.kind, AttemptKind::Inspect { .. }) {
            self.holders.insert(target.clone(), Holder { attempt: id.clone(), horizon: seen.at + lease_ms, is_over: false });
        }
    }

    fn resolved(&mut self, seen: &Seen<'_>, target: &TargetName, found: &mut Findings) {
        let needs_person = seen.before.targets.get(target).and_then(|t| t.unknown.as_ref()).is_some_and(|u| u.needs_person);
        let Some(holder) = self.holders.get_mut(target) else { return };
        // Whose end was reported, as of a region that did not answer, cannot act any more.
        if !holder.is_over && seen.at < holder.horizon && !needs_person {
            found.broken("IA4", format!("a person ended {} at {target} while it may act until {}", holder.attempt, holder.horizon));
        }
        holder.is_over = true;
    }

    /// IF12: two people, one verdict, in time.
    fn broke_glass(&mut self, seen: &Seen<'_>, target: &TargetName, verdict: &Verdict, found: &mut Findings) {
        let Some(event) = seen.events_of(EventKind::TargetResolved).find(|event| event.target.as_ref() == Some(target)) else { return };
        let first = seen.before.targets.get(target).and_then(|row| row.glass.as_ref());
        let agreed = first.is_some_and(|first| {
            let distinct = match (&first.by, &event.actor) {
                (Actor::Person { id: one, .. }, Actor::Person { id: other, .. }) => one != other,
                _ => false,
            };
            distinct && first.verdict == *verdict && first.until > seen.at
        });
        if !agreed {
            found.broken("IF12", format!("the glass at {target} was broken by {:?} after {first:?}", event.actor));
        }
        if let Some(holder) = self.holders.get_mut(target) {
            holder.is_over = true;
        }
    }

    fn extend(&mut self, id: &AttemptId, until: Time) {
        if let Some(holder) = self.holders.values_mut().find(|h| h.attempt == *id) {
            holder.horizon = holder.horizon.max(until);
        }
    }
}
