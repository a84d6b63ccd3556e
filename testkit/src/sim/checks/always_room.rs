use std::collections::BTreeMap;

use engine::core::dispatch::{Idle, Queued, assign};
use engine::core::id::PipelineId;
use engine::core::{Effect, Time};
use protocol::AttemptId;

use super::{Findings, Invariant, Seen};
use crate::sim::reached::Reached;

/// How many attempts of a pipeline that floods the server stand beside this one's.
const FLOOD: u32 = 20;

/// Every so many times that something is queued, a flood is played beside it.
const FLOOD_EVERY: u32 = 16;

#[derive(Default)]
pub(super) struct AlwaysRoom {
    times: u32,
}

impl Invariant for AlwaysRoom {
    fn name(&self) -> &'static str {
        "IC8"
    }

    fn says(&self) -> &'static str {
        "a rollback that is due is handed out though every ordinary slot is taken, and no pipeline starves another (IE2)"
    }

    fn see(&mut self, seen: &Seen<'_>, found: &mut Findings) {
        let Ok(changes) = seen.outcome else { return };
        let is_new = changes.effects.iter().any(|effect| matches!(effect, Effect::Queue(_)));
        if !is_new {
            return;
        }
        let queued: Vec<Queued> = seen.after.queued().collect();
        if queued.iter().any(|attempt| attempt.urgent) {
            found.reach(Reached::UrgentInFull);
            urgent(&queued, seen.at, found);
        }
        self.times += 1;
        if self.times.is_multiple_of(FLOOD_EVERY) {
            starves(queued, seen.at, found);
        }
    }
}

fn urgent(queued: &[Queued], at: Time, found: &mut Findings) {
    let runners: Vec<Idle> = queued.iter().zip(0..).filter_map(|(_, number)| runner(number, 0, 1)).collect();
    let taken: Vec<AttemptId> = assign(queued, &runners, at).into_iter().map(|a| a.attempt).collect();
    for attempt in queued.iter().filter(|attempt| attempt.urgent && !taken.contains(&attempt.attempt)) {
        found.broken("IC8", format!("{} has no room, though a reserved slot is free", attempt.attempt));
    }
    if let Some(ordinary) = queued.iter().find(|attempt| !attempt.urgent && taken.contains(&attempt.attempt)) {
        found.broken("IC8", format!("{} took a slot that is kept for what is urgent", ordinary.attempt));
    }
}

/// One slot is offered again and again while another pipeline floods the server: every second offer is ours.
fn starves(mut queued: Vec<Queued>, at: Time, found: &mut Findings) {
    let Some(ours) = queued.first().cloned() else { return };
    let offers = 2 * queued.len() + 1;
    let other = PipelineId("p-other".to_owned());
    let mut running: BTreeMap<PipelineId, u32> = BTreeMap::new();
    queued.extend((0..FLOOD).filter_map(|number| {
        let attempt = format!("p-other.1.1.{number}").parse().ok()?;
        Some(Queued { attempt, pipeline: other.clone(), urgent: false, queued_at: Time(0), ..ours.clone() })
    }));
    for _ in 0..offers {
        let Some(mut idle) = runner(0, 1, 0) else { return };
        idle.running.clone_from(&running);
        let Some(next) = assign(&queued, &[idle], at).into_iter().next() else { break };
        let Some(place) = queued.iter().position(|attempt| attempt.attempt == next.attempt) else { break };
        let taken = queued.swap_remove(place);
        *running.entry(taken.pipeline).or_default() += 1;
    }
    if let Some(left) = queued.iter().find(|attempt| attempt.pipeline == ours.pipeline) {
        found.broken("IE2", format!("{} was passed over in {offers} offers", left.attempt));
    }
}

fn runner(number: usize, free: u32, reserved_free: u32) -> Option<Idle> {
    Some(Idle {
        runner: format!("r-{number}").parse().ok()?,
        pool: "default".to_owned(),
        labels: BTreeMap::new(),
        free,
        reserved_free,
        draining: false,
        running: BTreeMap::new(),
    })
}
