use std::collections::BTreeMap;

use engine::core::id::{MonitorId, ReleaseNumber, TargetName};
use engine::core::input::Reading;
use engine::core::row::Row;
use engine::core::{EventKind, Input, Time};
use pipelines::plan::WaveIx;

use super::{Findings, Invariant, Seen};
use crate::sim::reached::Reached;

#[derive(Default)]
pub(super) struct OnlyOwnAlarms {
    bad_since: BTreeMap<MonitorId, Time>,
}

impl Invariant for OnlyOwnAlarms {
    fn name(&self) -> &'static str {
        "IC7"
    }

    fn says(&self) -> &'static str {
        "an alarm acts only on a release that was there when it went bad, and only once it has been bad for its time (IC6)"
    }

    fn see(&mut self, seen: &Seen<'_>, found: &mut Findings) {
        if let (Input::Observe { monitor, reading }, Ok(_)) = (seen.input, seen.outcome)
            && seen.before.watches.contains_key(monitor)
        {
            match reading {
                Reading::Ok { .. } => drop(self.bad_since.remove(monitor)),
                Reading::Bad { .. } => drop(self.bad_since.entry(monitor.clone()).or_insert(seen.at)),
                Reading::NoData { .. } | Reading::Unreadable { .. } => {}
            }
        }
        for event in seen.events_of(EventKind::AlarmFired) {
            found.reach(Reached::AlarmFired);
            let monitor = event.data.get("monitor").and_then(|id| id.as_str()).map(MonitorId::from);
            let Some(since) = monitor.as_ref().and_then(|id| self.bad_since.get(id)) else {
                found.broken("IC7", format!("an alarm fires whose monitor {monitor:?} is not bad"));
                continue;
            };
            let Some((number, wave)) = seen.wave_of(event) else { continue };
            let entered = seen.after.wave(number, wave).and_then(|row| row.entered_at);
            if is_first(seen, number, wave) {
                continue;
            }
            if entered.is_none_or(|entered| *since < entered) {
                found.broken("IC7", format!("an alarm that is bad since {since} fires for {number}, which entered at {entered:?}"));
            }
        }
        for row in seen.rows() {
            if let Row::WatchEnded(id) = row {
                self.bad_since.remove(id);
            }
        }
    }
}

/// At a first deployment a target cannot have been well before: what it runs answers for its alarms (decision 7).
fn is_first(seen: &Seen<'_>, number: ReleaseNumber, wave: WaveIx) -> bool {
    let rollouts = seen.plan(number).and_then(|plan| plan.wave(wave)).map(|w| w.rollouts.as_slice()).unwrap_or_default();
    let only = |other: Option<ReleaseNumber>| other.is_none_or(|other| other == number);
    let rows = || rollouts.iter().map(|r| seen.before.targets.get(&TargetName(r.target.clone())));
    rows().all(|row| row.is_none_or(|t| t.good.is_empty() && only(t.live) && only(t.partly)))
        && rows().flatten().any(|t| t.live == Some(number))
}
