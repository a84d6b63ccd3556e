use std::collections::BTreeMap;

use engine::core::EventKind;
use engine::core::Input;
use engine::core::id::{LaneKey, ReleaseNumber, TargetName};
use engine::core::input::HoldScope;
use engine::core::row::Row;

use super::{Findings, Invariant, Seen};
use crate::sim::reached::Reached;

#[derive(Default)]
pub(super) struct NoPingPong {
    failed_lanes: BTreeMap<LaneKey, ()>,
    /// Targets whose rollback from this release failed.
    failed: BTreeMap<TargetName, ReleaseNumber>,
}

impl Invariant for NoPingPong {
    fn name(&self) -> &'static str {
        "IC4"
    }

    fn says(&self) -> &'static str {
        "a rollback that failed leads to a held lane, and to no other rollback by the engine (X7)"
    }

    fn see(&mut self, seen: &Seen<'_>, found: &mut Findings) {
        for event in seen.events() {
            // A person says that it is good again: what fails from now on is another cause.
            if let (EventKind::QuarantineLifted, Some(number)) = (event.kind, event.release) {
                self.failed.retain(|_, of| *of != number);
            }
            let Some(target) = &event.target else { continue };
            match event.kind {
                EventKind::RolloutStarted | EventKind::RollbackSucceeded => drop(self.failed.remove(target)),
                EventKind::RollbackStarted => {
                    let by_hand = matches!(seen.input, Input::Rollback { .. })
                        || seen.after.lanes().filter_map(|l| l.rollback.as_ref()).any(|r| r.running.contains(target) && r.key.is_some());
                    if self.failed.contains_key(target) && !by_hand {
                        found.broken("IC4", format!("{target} is rolled back again after its rollback failed"));
                    }
                    self.failed.remove(target);
                }
                EventKind::RollbackFailed => {
                    self.failed.extend(event.release.map(|of| (target.clone(), of)));
                    let lane = seen.wave_of(event).and_then(|(number, wave)| seen.plan(number)?.wave(wave).map(|w| w.lane.key.clone()));
                    self.failed_lanes.extend(lane.map(|key| (LaneKey(key), ())));
                }
                _ => {}
            }
        }
        for row in seen.rows() {
            if let Row::Lane(row) = row
                && row.rollback.is_none()
                && self.failed_lanes.remove(&row.key).is_some()
            {
                if seen.after.holds().any(|hold| hold.scope == HoldScope::Lane(row.key.0.clone())) {
                    found.reach(Reached::FailedRollbackHeld);
                } else {
                    found.broken("IC4", format!("a rollback failed in {}, and the lane is not held", row.key));
                }
            }
        }
    }
}
