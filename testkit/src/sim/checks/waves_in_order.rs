use engine::core::EventKind;

use super::{Findings, Invariant, Seen};

pub(super) struct WavesInOrder;

impl Invariant for WavesInOrder {
    fn name(&self) -> &'static str {
        "IB5"
    }

    fn says(&self) -> &'static str {
        "a release enters a wave only when all (or at_least) targets of every wave before are rolled out and baked"
    }

    fn see(&mut self, seen: &Seen<'_>, found: &mut Findings) {
        for event in seen.events_of(EventKind::ReleaseEntered) {
            let Some((number, entered)) = seen.wave_of(event) else { continue };
            let Some(release) = seen.after.release(number) else { continue };
            for (ix, _, wave) in release.plan.waves().take_while(|(ix, _, _)| *ix != entered) {
                let needed = wave.at_least.map_or(wave.rollouts.len(), |n| n as usize);
                let complete = wave.rollouts.iter().filter(|r| r.nodes.iter().chain([&r.end]).all(|n| release.is_satisfied(*n))).count();
                if complete < needed || !release.is_satisfied(wave.end) {
                    found.broken("IB5", format!("{number} entered {entered:?} with {complete} of {needed} targets complete in {ix:?}"));
                }
            }
        }
    }
}
