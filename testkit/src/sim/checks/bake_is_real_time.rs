use std::collections::BTreeMap;

use engine::core::id::{MonitorId, ReleaseNumber};
use engine::core::input::Reading;
use engine::core::{EventKind, Input, Time, monitor_id};
use pipelines::plan::{Bake, NodeKind};

use super::{Findings, Invariant, Seen};
use crate::sim::reached::Reached;

/// One bake, told again from the readings alone.
struct Watched {
    began: Time,
    read: BTreeMap<MonitorId, Read>,
}

/// What was seen of one monitor.
#[derive(Clone, Copy)]
struct Read {
    last: Time,
    /// Readings that had data.
    points: u32,
    longest_gap_ms: u64,
}

#[derive(Default)]
pub(super) struct BakeIsRealTime {
    goes: BTreeMap<(ReleaseNumber, String), Watched>,
}

impl Invariant for BakeIsRealTime {
    fn name(&self) -> &'static str {
        "IB10"
    }

    fn says(&self) -> &'static str {
        "a bake passes only after its whole time, with its data points, without a gap in watching and without a bad alarm (B1, B3)"
    }

    fn see(&mut self, seen: &Seen<'_>, found: &mut Findings) {
        for event in seen.events() {
            let (Some(number), Some(key)) = (event.release, &event.node) else { continue };
            match event.kind {
                EventKind::BakeErrored => found.reach(Reached::BakeErrored),
                EventKind::BakeInconclusive => found.reach(Reached::BakeInconclusive),
                EventKind::BakeFailed => found.reach(Reached::BakeFailed),
                EventKind::BakeStarted | EventKind::BakePassed => {}
                _ => continue,
            }
            let name = (number, key.clone());
            if event.kind == EventKind::BakeStarted {
                self.goes.insert(name, Watched { began: seen.at, read: BTreeMap::new() });
            } else if let Some(mut watched) = self.goes.remove(&name)
                && event.kind == EventKind::BakePassed
            {
                // The reading that ends it counts, too.
                if let Input::Observe { monitor, reading } = seen.input {
                    watched.note(seen.at, monitor, reading);
                }
                self.judge(seen, &name, &watched, found);
            }
        }
        if let (Input::Observe { monitor, reading }, Ok(_)) = (seen.input, seen.outcome) {
            for watched in self.goes.values_mut() {
                watched.note(seen.at, monitor, reading);
            }
        }
    }
}

impl BakeIsRealTime {
    fn judge(&self, seen: &Seen<'_>, (number, key): &(ReleaseNumber, String), watched: &Watched, found: &mut Findings) {
        let node = seen.plan(*number).and_then(|plan| plan.nodes.iter().find(|node| node.key == *key));
        let Some(NodeKind::Bake(bake)) = node.map(|node| &node.kind) else { return };
        let Bake { duration_ms, min_data_points, tolerance_ms, alarms, .. } = &**bake;
        let took = seen.at.since_ms(watched.began);
        if took < *duration_ms {
            found.broken("IB10", format!("{key} of {number} passed after {took} of {duration_ms} ms"));
        }
        for alarm in alarms {
            let id = monitor_id(&alarm.monitor);
            let Read { last, points, longest_gap_ms } = watched.of(&id);
            if points < *min_data_points {
                found.broken("B1", format!("{key} of {number} passed with {points} of {min_data_points} data points"));
            }
            let gap = longest_gap_ms.max(seen.at.since_ms(last));
            if gap > *tolerance_ms {
                found.broken("B3", format!("{key} of {number} passed over a gap of {gap} ms in watching"));
            }
            if seen.after.watch(&id).is_some_and(|watch| watch.bad_since.is_some()) {
                found.broken("B1", format!("{key} of {number} passed while {} is bad", alarm.name));
            }
        }
    }
}

impl Watched {
    fn note(&mut self, at: Time, monitor: &MonitorId, reading: &Reading) {
        let has_data = matches!(reading, Reading::Ok { .. } | Reading::Bad { .. });
        if matches!(reading, Reading::Unreadable { .. }) {
            return;
        }
        let before = self.of(monitor);
        let longest_gap_ms = before.longest_gap_ms.max(at.since_ms(before.last));
        self.read.insert(monitor.clone(), Read { last: at, points: before.points + u32::from(has_data), longest_gap_ms });
    }

    fn of(&self, monitor: &MonitorId) -> Read {
        self.read.get(monitor).copied().unwrap_or(Read { last: self.began, points: 0, longest_gap_ms: 0 })
    }
}
