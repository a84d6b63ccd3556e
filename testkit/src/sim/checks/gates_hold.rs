use engine::core::EventKind;
use pipelines::plan::{GateCondition, NodeKind};

use super::door::Door;
use super::{Findings, Invariant, Seen};
use crate::sim::reached::Reached;

pub(super) struct GatesHold;

impl Invariant for GatesHold {
    fn name(&self) -> &'static str {
        "IB1"
    }

    fn says(&self) -> &'static str {
        "a release enters a wave only when every gate holds at that instant for its digest; no data is not OK (IB2, IC5, IC6, G3, G5)"
    }

    fn see(&mut self, seen: &Seen<'_>, found: &mut Findings) {
        for event in seen.events() {
            match event.kind {
                EventKind::ReleaseEntered => {
                    let Some((number, wave)) = seen.wave_of(event) else { continue };
                    // What holds a lane within the same input comes after the entry, and its own monitors are let go.
                    let door = Door::look(seen, number, wave);
                    if !door.is_open()
                        && seen.after.wave(number, wave).is_some_and(|row| row.state == engine::core::row::WaveState::Entered)
                    {
                        found.broken("IB1", format!("{number} entered {wave:?} past {:?}", door.closed));
                    }
                }
                EventKind::ApprovalExpired => found.reach(Reached::ApprovalExpired),
                EventKind::GateClosed => closes_between_waves(seen, event, found),
                EventKind::ReleaseOutdated => found.reach(Reached::Outdated),
                _ => {}
            }
        }
    }
}

fn closes_between_waves(seen: &Seen<'_>, event: &engine::core::Event, found: &mut Findings) {
    let (Some(number), Some(key)) = (event.release, event.node.as_deref()) else { return };
    let Some(plan) = seen.plan(number) else { return };
    let Some(node) = plan.nodes.iter().find(|node| node.key == key) else { return };
    let is_window = matches!(&node.kind, NodeKind::Gate(gate) if matches!(gate.condition, GateCondition::Window(_)));
    let entered = seen.after.waves(number).any(|row| row.wave.stage == node.stage && row.entered_at.is_some());
    if is_window && entered {
        found.reach(Reached::WindowClosedBetweenWaves);
    }
}
