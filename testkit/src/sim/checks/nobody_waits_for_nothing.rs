use engine::core::Input;
use pipelines::plan::LanePolicy;

use super::door::Door;
use super::{Findings, Invariant, Seen};

pub(super) struct NobodyWaitsForNothing;

impl Invariant for NobodyWaitsForNothing {
    fn name(&self) -> &'static str {
        "IE3"
    }

    fn says(&self) -> &'static str {
        "nobody stands in front of a free lane whose door is open, and a tick leaves no deadline in the past"
    }

    fn see(&mut self, seen: &Seen<'_>, found: &mut Findings) {
        let next = seen.after.next_deadline();
        if matches!(seen.input, Input::Tick)
            && seen.outcome.is_ok()
            && let Some(late) = next.filter(|at| *at <= seen.at)
        {
            found.broken("IE3", format!("after a tick at {} a deadline of {late} is left", seen.at));
        }
        // Who is late with its ticks knows nothing of what has opened meanwhile.
        if next.is_some_and(|at| at <= seen.at) || seen.events().is_empty() {
            return;
        }
        for lane in seen.after.lanes().filter(|lane| lane.rollback.is_none() && lane.inside.is_empty()) {
            let waiting: Vec<_> = seen.after.waiting_at(&lane.key).collect();
            let Some((_, newest, wave)) = waiting.last() else { continue };
            let policy = seen.plan(*newest).and_then(|plan| plan.wave(*wave)).map(|w| w.lane.policy);
            // In a queue only the first has its turn.
            let turn = if policy == Some(LanePolicy::Queue) { waiting.get(..1) } else { waiting.get(..) };
            for (_, number, wave) in turn.unwrap_or_default() {
                if Door::look(seen, *number, *wave).is_open() {
                    found.broken("IE3", format!("{number} waits before {} with an open door and a free lane", lane.key));
                }
            }
        }
    }
}
