use std::collections::BTreeMap;

use engine::core::id::{MonitorId, TargetName};
use engine::core::input::Reading;
use engine::core::row::{Direction, RolloutRow, RolloutState, Row, WaveState};
use engine::core::{EventKind, Input, Time, monitor_id};
use pipelines::plan::{Aggregate, Alarm};

use super::{Findings, Invariant, Seen};
use crate::sim::reached::Reached;

#[derive(Default)]
pub(super) struct AggregateReaches {
    bad_since: BTreeMap<MonitorId, Time>,
}

impl Invariant for AggregateReaches {
    fn name(&self) -> &'static str {
        "X12"
    }

    fn says(&self) -> &'static str {
        "when an aggregate alarm fires, every rollout in its region that was there before it went bad ends, and other regions go on"
    }

    fn see(&mut self, seen: &Seen<'_>, found: &mut Findings) {
        let (Input::Observe { monitor, reading }, Ok(_)) = (seen.input, seen.outcome) else { return };
        match reading {
            Reading::Ok { .. } => drop(self.bad_since.remove(monitor)),
            Reading::Bad { .. } => drop(self.bad_since.entry(monitor.clone()).or_insert(seen.at)),
            Reading::NoData { .. } | Reading::Unreadable { .. } => {}
        }
        let fired = seen
            .events_of(EventKind::AlarmFired)
            .any(|event| event.data.get("monitor").and_then(|id| id.as_str()) == Some(monitor.as_str()));
        let alarm = fired.then(|| aggregate(seen, monitor)).flatten();
        if let (Some(alarm), Some(since)) = (alarm, self.bad_since.get(monitor).copied()) {
            self.judge(seen, &alarm, since, found);
        }
        for row in seen.rows() {
            if let Row::WatchEnded(id) = row {
                self.bad_since.remove(id);
            }
        }
    }
}

impl AggregateReaches {
    fn judge(&self, seen: &Seen<'_>, alarm: &Alarm, since: Time, found: &mut Findings) {
        let place =
            alarm.target.as_deref().and_then(|target| target.split('/').nth(1)).filter(|_| alarm.aggregate == Some(Aggregate::Region));
        let reached = |target: &TargetName| place.is_none_or(|place| target.0.split('/').nth(1) == Some(place));
        for before in seen.before.rollouts.values().filter(|row| is_under_way(row)) {
            let acts = seen.plan(before.release).and_then(|p| p.stage(before.wave.stage)).is_some_and(|s| s.rollback.on_alarm);
            let after = seen.after.rollout(before.release, &before.target).map(|row| (row.state, row.reason.as_str()));
            let goes_on = after.is_some_and(|(state, _)| matches!(state, RolloutState::Running | RolloutState::Baking));
            let here = reached(&before.target);
            // A wave that fails already has had its consequences.
            let wave = seen.before.waves.get(&(before.release, before.wave)).map(|row| row.state);
            let acts = acts && wave == Some(WaveState::Entered);
            if here {
                found.reach(Reached::AggregateFired);
            }
            // Where nothing ran before, an alarm counts from the deployment on (decision 7); that is told elsewhere.
            let had_good = seen.before.targets.get(&before.target).is_some_and(|row| !row.good.is_empty());
            let long_bad = seen.at.since_ms(since) >= alarm.for_ms;
            if here && acts && goes_on && had_good && long_bad && before.started_at < since {
                found.broken("X12", format!("{} goes on at {}, where {} fires", before.release, before.target, alarm.name));
            }
            if !here && after.is_some_and(|(state, why)| state == RolloutState::Failed && why.contains(alarm.name.as_str())) {
                found.broken("X12", format!("{} was ended at {}, out of the reach of {}", before.release, before.target, alarm.name));
            }
        }
    }
}

fn is_under_way(row: &RolloutRow) -> bool {
    row.direction == Direction::Forward && matches!(row.state, RolloutState::Running | RolloutState::Baking)
}

fn aggregate(seen: &Seen<'_>, monitor: &MonitorId) -> Option<Alarm> {
    let plans = seen.after.releases().map(|release| &release.plan);
    let mut alarms = plans.flat_map(|plan| plan.waves().flat_map(|(_, _, wave)| &wave.alarms));
    alarms.find(|alarm| alarm.aggregate.is_some() && monitor_id(&alarm.monitor) == *monitor).cloned()
}
