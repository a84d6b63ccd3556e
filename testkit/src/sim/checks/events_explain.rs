use engine::core::Event;
use engine::core::EventKind;
use engine::core::row::{AttemptKind, AttemptRow, AttemptState, Direction, ReleaseState, RolloutRow, RolloutState, Row, WaveState};

use super::{Findings, Invariant, Seen};

pub(super) struct EventsExplain;

impl Invariant for EventsExplain {
    fn name(&self) -> &'static str {
        "ID6"
    }

    fn says(&self) -> &'static str {
        "every change of a state has its event, with cause and actor, and no event is without a change"
    }

    fn see(&mut self, seen: &Seen<'_>, found: &mut Findings) {
        let Ok(changes) = seen.outcome else { return };
        if !changes.events.is_empty() && changes.rows.is_empty() {
            found.broken("ID6", format!("{:?} is said, and nothing changed", changes.events.first().map(|e| e.kind)));
        }
        for row in &changes.rows {
            if let Some(missing) = unexplained(seen, row) {
                found.broken("ID6", missing);
            }
        }
    }
}

fn unexplained(seen: &Seen<'_>, row: &Row) -> Option<String> {
    let said = |kinds: &[EventKind], about: &dyn Fn(&Event) -> bool| seen.events().iter().any(|e| kinds.contains(&e.kind) && about(e));
    let missing = |what: String| Some(format!("{what}, and no event says so"));
    match row {
        Row::Release(row) => {
            let old = seen.before.releases.get(&row.number);
            let of = |e: &Event| e.release == Some(row.number);
            if old.map(|o| o.state) != Some(row.state) && !said(&[release_event(old.is_some(), row.state)], &of) {
                return missing(format!("{} is {:?}", row.number, row.state));
            }
            let quarantined = (old.is_some_and(|o| o.quarantine.is_some()), row.quarantine.is_some());
            match quarantined {
                (false, true) if !said(&[EventKind::ReleaseQuarantined], &of) => missing(format!("{} is quarantined", row.number)),
                (true, false) if !said(&[EventKind::QuarantineLifted], &of) => {
                    missing(format!("{} is not quarantined any more", row.number))
                }
                _ => None,
            }
        }
        Row::Wave(row) => {
            let old = seen.before.waves.get(&(row.release, row.wave)).map(|o| o.state);
            let kind = match row.state {
                WaveState::Entered => EventKind::ReleaseEntered,
                WaveState::Completed => EventKind::WaveCompleted,
                _ => return None,
            };
            let of = |e: &Event| e.release == Some(row.release);
            (old != Some(row.state) && !said(&[kind], &of))
                .then(|| format!("{} is {:?} in {:?}, and no event says so", row.release, row.state, row.wave))
        }
        Row::Attempt(row) => unexplained_attempt(seen, row),
        Row::Rollout(row) => unexplained_rollout(seen, row),
        Row::Gate(row) => {
            let old = seen.before.gates.get(&(row.release, row.node)).map(|o| o.state);
            let key = seen.plan(row.release).and_then(|p| p.node(row.node)).map(|n| n.key.as_str());
            let of = |e: &Event| e.release == Some(row.release) && e.node.as_deref() == key;
            let kinds = [
                EventKind::GateOpened,
                EventKind::GateClosed,
                EventKind::ApprovalAsked,
                EventKind::ApprovalGiven,
                EventKind::ApprovalRejected,
                EventKind::ApprovalExpired,
                EventKind::ApprovalVoided,
                EventKind::CheckAnswered,
                EventKind::GateOverridden,
            ];
            (old != Some(row.state) && !said(&kinds, &of))
                .then(|| format!("gate {key:?} of {} is {:?}, and no event says so", row.release, row.state))
        }
        Row::Hold(row) => {
            let old = seen.before.holds.get(&row.id);
            let of = |e: &Event| e.data.get("hold").and_then(|id| id.as_str()) == Some(row.id.as_str());
            let kind = if row.lifted.is_some() { EventKind::HoldLifted } else { EventKind::HoldPlaced };
            let changed = old.is_none_or(|o| o.lifted.is_some() != row.lifted.is_some());
            (changed && !said(&[kind], &of)).then(|| format!("hold {} changed, and no event says so", row.id))
        }
        Row::Target(row) => {
            let was = seen.before.targets.get(&row.name).and_then(|o| o.unknown.as_ref()).map(|u| &u.attempt);
            let is = row.unknown.as_ref().map(|u| &u.attempt);
            let of = |e: &Event| e.target.as_ref() == Some(&row.name);
            match (was, is) {
                (None, Some(_)) if !said(&[EventKind::TargetUnknown], &of) => missing(format!("{} is unknown", row.name)),
                (Some(_), None) if !said(&[EventKind::TargetResolved], &of) => missing(format!("{} is known again", row.name)),
                _ => None,
            }
        }
        Row::Watch(row) => {
            let was = seen.before.watches.get(&row.id).is_some_and(|o| o.fired);
            let kind = if row.fired { EventKind::AlarmFired } else { EventKind::AlarmCleared };
            let of = |e: &Event| e.data.get("monitor").and_then(|id| id.as_str()) == Some(row.id.as_str());
            (was != row.fired && !said(&[kind], &of)).then(|| format!("alarm on {} is {}, and no event says so", row.id, row.fired))
        }
        Row::Addition(row) => {
            let of = |e: &Event| {
                e.release == Some(row.release) && e.data.get("addition").and_then(serde_json::Value::as_u64) == Some(u64::from(row.number))
            };
            (!said(&[EventKind::PlanGrown], &of)).then(|| format!("the plan of {} grew, and no event says so", row.release))
        }
        Row::Pipeline(_) | Row::Plan(..) | Row::Node(_) | Row::Lane(_) | Row::WatchEnded(_) => None,
    }
}

fn release_event(was_there: bool, state: ReleaseState) -> EventKind {
    match state {
        ReleaseState::Moving if was_there => EventKind::ReleaseRetried,
        ReleaseState::Moving => EventKind::ReleaseCreated,
        ReleaseState::Completed => EventKind::ReleaseCompleted,
        ReleaseState::Failed => EventKind::ReleaseFailed,
        ReleaseState::Cancelled => EventKind::ReleaseCancelled,
        ReleaseState::Superseded => EventKind::ReleaseSuperseded,
        ReleaseState::Outdated => EventKind::ReleaseOutdated,
    }
}

fn unexplained_attempt(seen: &Seen<'_>, row: &AttemptRow) -> Option<String> {
    let old = seen.before.attempts.get(&row.id).map(|o| o.state);
    if old == Some(row.state) {
        return None;
    }
    let ends = [EventKind::JobSucceeded, EventKind::JobFailed, EventKind::JobCancelled, EventKind::JobLost, EventKind::JobRetried];
    let kinds: &[EventKind] = match (old, row.state) {
        (_, AttemptState::Queued) => &[EventKind::JobQueued],
        (Some(AttemptState::Unknown), AttemptState::Leased) => &[EventKind::TargetResolved],
        (_, AttemptState::Leased) => &[EventKind::JobStarted],
        (_, AttemptState::Unknown) => &[EventKind::JobUnknown],
        (Some(AttemptState::Unknown), AttemptState::Ended) => &[EventKind::TargetResolved],
        (_, AttemptState::Ended) => &ends,
    };
    let by_attempt = |e: &Event| e.attempt.as_ref() == Some(&row.id);
    let back = matches!(row.kind, AttemptKind::Rollback { .. });
    let by_target =
        |e: &Event| back && matches!(e.kind, EventKind::RollbackSucceeded | EventKind::RollbackFailed) && e.target == row.target;
    let said = seen.events().iter().any(|e| (kinds.contains(&e.kind) && by_attempt(e)) || by_target(e));
    (!said).then(|| format!("attempt {} went from {old:?} to {:?}, and no event says so", row.id, row.state))
}

fn unexplained_rollout(seen: &Seen<'_>, row: &RolloutRow) -> Option<String> {
    let old = seen.before.rollouts.get(&(row.target.clone(), row.number)).map(|o| o.state);
    let forward = row.direction == Direction::Forward;
    let kind = match (old, row.state) {
        (None, _) if forward => EventKind::RolloutStarted,
        (None, _) => EventKind::RollbackStarted,
        (Some(before), now) if before == now => return None,
        (_, RolloutState::Succeeded) if forward => EventKind::RolloutSucceeded,
        (_, RolloutState::Succeeded) => EventKind::RollbackSucceeded,
        (_, RolloutState::Failed) if forward => EventKind::RolloutFailed,
        (_, RolloutState::Failed) => EventKind::RollbackFailed,
        (_, RolloutState::RolledBack) => EventKind::RollbackSucceeded,
        (_, RolloutState::Running | RolloutState::Baking | RolloutState::Unknown | RolloutState::Cancelled) => return None,
    };
    let said = seen.events().iter().any(|e| e.kind == kind && e.target.as_ref() == Some(&row.target));
    (!said).then(|| format!("rollout {} to {} went from {old:?} to {:?}, and no {kind:?} says so", row.number, row.target, row.state))
}
