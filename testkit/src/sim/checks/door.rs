//! What stands before a wave, told again from rows and readings, the slow way.

use engine::core::id::{ReleaseNumber, TargetName};
use engine::core::input::{Reading, Revision};
use engine::core::row::{GateRow, GateState, ReleaseRow};
use engine::core::{Actor, Input, Time, monitor_id};
use pipelines::plan::{Alarm, Approval, GateCondition, Monitor, NodeIx, NodeKind, WaveIx};
use pipelines::window::{CompiledWindow, State};

use super::Seen;
use super::held::covers;

#[derive(Debug, Default)]
pub(super) struct Door {
    /// What is in the way; empty: open.
    pub(super) closed: Vec<String>,
}

impl Door {
    pub(super) fn is_open(&self) -> bool {
        self.closed.is_empty()
    }

    /// As it stands after the input.
    pub(super) fn look(seen: &Seen<'_>, number: ReleaseNumber, wave: WaveIx) -> Self {
        let mut door = Self::default();
        let Some(release) = seen.after.release(number) else { return door };
        // As it was committed, whatever the core makes of it.
        let Some(plan) = seen.plan(number) else { return door };
        let Some(wave_plan) = plan.wave(wave) else { return door };
        if release.row.quarantine.is_some() {
            door.closed.push("quarantined".to_owned());
        }
        door.closed.extend(seen.after.holds().filter(|hold| covers(&hold.scope, plan, wave, None)).map(|h| format!("hold {}", h.id)));
        let arrived_at = seen.after.wave(number, wave).map_or(seen.at, |row| row.arrived_at);
        let stage = plan.stage(wave.stage).map_or("", |s| s.name.as_str());
        let place = if wave_plan.name.is_empty() { stage.to_owned() } else { format!("{stage}/{}", wave_plan.name) };
        if !release.row.overrides.iter().any(|o| o.gate == format!("{place}/alarms")) {
            // An alarm whose targets run nothing yet has nothing to say.
            let runs = |alarm: &Alarm| {
                let mut of = wave_plan.rollouts.iter().filter(|r| alarm.target.as_ref().is_none_or(|target| *target == r.target));
                of.any(|r| {
                    let row = seen.before.targets.get(&TargetName(r.target.clone()));
                    row.is_some_and(|row| row.live.is_some() || row.partly.is_some() || !row.good.is_empty())
                })
            };
            door.closed.extend(wave_plan.alarms.iter().filter(|alarm| runs(alarm)).filter_map(|alarm| trouble(seen, alarm, arrived_at)));
        }
        for ix in &wave_plan.gates {
            door.closed.extend(closed(seen, &release.row, plan.node(*ix).map(|n| &n.kind), *ix, arrived_at));
        }
        if !release.row.overrides.iter().any(|o| o.gate == format!("{place}/barrier")) {
            let been = |name: &String, target: &str| {
                seen.after.target(&target.into()).and_then(|row| row.barriers.get(name)).is_some_and(|brought| brought.proven)
            };
            let missing = plan.needs_barriers.iter().find(|name| wave_plan.rollouts.iter().any(|r| !been(name, &r.target)));
            door.closed.extend(missing.map(|name| format!("barrier {name}")));
        }
        door
    }
}

fn closed(seen: &Seen<'_>, release: &ReleaseRow, kind: Option<&NodeKind>, ix: NodeIx, arrived_at: Time) -> Option<String> {
    let Some(NodeKind::Gate(gate)) = kind else { return None };
    let row = seen.after.gate(release.number, ix);
    if row.is_some_and(|row| row.overridden) {
        return None;
    }
    let is_closed = match &gate.condition {
        GateCondition::Approval(approval) => {
            // Whom the commit involves never changes after it was committed (P1).
            let made = seen.before.releases.get(&release.number).unwrap_or(release);
            let grown = seen.plan(release.number).map_or(0, |plan| plan.added.len());
            !row.is_some_and(|row| is_approved(seen.at, made, grown, row, approval))
        }
        GateCondition::Check(_) => !row
            .is_some_and(|row| row.state == GateState::Open && row.answered_at.is_some() && row.expires_at.is_none_or(|at| at > seen.at)),
        GateCondition::Alarms(alarms) => alarms.iter().any(|alarm| trouble(seen, alarm, arrived_at).is_some()),
        GateCondition::Metric(metric) => match last_reading(seen, &metric.monitor, Time::default()) {
            Some(Reading::Ok { value: Some(value), .. }) => *value > metric.bound,
            _ => true,
        },
        GateCondition::Window(window) => CompiledWindow::new(window)
            .map_or(true, |window| matches!(CompiledWindow::union_state(&[&window], seen.at.to_utc()), State::Closed { .. })),
        GateCondition::DependsOn(on) => !seen.after.row().upstream.iter().any(|done| {
            let same = |theirs: &Revision| release.revisions.iter().all(|own| own.source != theirs.source || own.commit == theirs.commit);
            done.pipeline == on.pipeline && done.stage == on.stage && done.revisions.iter().all(same)
        }),
    };
    is_closed.then(|| format!("gate {}", gate.name))
}

/// Whether somebody saw this release when they approved: its digest, and how often its plan had grown by then. That growth of the
/// stage itself voids what was given (G6) is not for here.
fn is_of(given: &str, digest: &str, grown: usize) -> bool {
    let Some(rest) = given.strip_prefix(digest) else { return false };
    rest.is_empty() || rest.strip_prefix('+').and_then(|count| count.parse().ok()).is_some_and(|count: usize| (1..=grown).contains(&count))
}

/// G5, IB2, IF1: enough distinct people, none of them involved, about this digest, not too long ago.
fn is_approved(at: Time, release: &ReleaseRow, grown: usize, row: &GateRow, approval: &Approval) -> bool {
    let mut people: Vec<&str> = row
        .approvals
        .iter()
        .filter(|given| is_of(&given.digest, &release.digest, grown))
        .filter_map(|given| match &given.by {
            Actor::Person { id, groups, .. } => {
                let may = approval.from.is_empty() || approval.from.iter().any(|from| groups.contains(from));
                let own = approval.no_self_approval && release.involved.contains(id);
                (may && !own).then_some(id.as_str())
            }
            Actor::Token { .. } | Actor::Runner { .. } | Actor::Trigger { .. } | Actor::Engine => None,
        })
        .collect();
    people.sort_unstable();
    people.dedup();
    row.state == GateState::Open
        && row.rejected.is_none()
        && people.len() >= approval.count as usize
        && row.expires_at.is_some_and(|end| end > at)
}

fn trouble(seen: &Seen<'_>, alarm: &Alarm, arrived_at: Time) -> Option<String> {
    match last_reading(seen, &alarm.monitor, arrived_at) {
        Some(Reading::Ok { .. }) => None,
        _ => Some(format!("alarm {}", alarm.name)),
    }
}

/// The last reading, unless it is too old to say anything (IC5) or from before it was asked for (IC6). Who has just entered needs it no more, so that
/// the core may have let go of the monitor within the same input.
fn last_reading<'a>(seen: &'a Seen<'_>, monitor: &Monitor, asked_at: Time) -> Option<&'a Reading> {
    let id = monitor_id(monitor);
    if let Input::Observe { monitor, reading } = seen.input
        && *monitor == id
    {
        return Some(reading);
    }
    let watch = seen.after.watch(&id).or_else(|| seen.before.watches.get(&id))?;
    let fresh_ms = 2 * monitor.interval_ms + monitor.timeout_ms;
    watch.last.as_ref().filter(|_| watch.last_at.is_some_and(|at| at >= asked_at && seen.at.since_ms(at) <= fresh_ms))
}
