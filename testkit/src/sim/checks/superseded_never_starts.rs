use engine::core::EventKind;
use engine::core::row::{ReleaseState, RolloutState, Row, WaveState};

use super::{Findings, Invariant, Seen};
use crate::sim::reached::Reached;

pub(super) struct SupersededNeverStarts;

impl Invariant for SupersededNeverStarts {
    fn name(&self) -> &'static str {
        "IB3"
    }

    fn says(&self) -> &'static str {
        "a release that was superseded, outdated or quarantined before a wave starts nothing there"
    }

    fn see(&mut self, seen: &Seen<'_>, found: &mut Findings) {
        for event in seen.events_of(EventKind::ReleaseEntered) {
            let Some((number, wave)) = seen.wave_of(event) else { continue };
            let before = seen.before.releases.get(&number);
            let ended = before.is_some_and(|row| matches!(row.state, ReleaseState::Superseded | ReleaseState::Outdated));
            if ended || before.is_some_and(|row| row.quarantine.is_some()) {
                found.broken(
                    "IB3",
                    format!("{number} entered {wave:?} although it is {:?}", before.map(|row| (row.state, &row.quarantine))),
                );
            }
        }
        for event in seen.events_of(EventKind::RolloutStarted) {
            let Some((number, wave)) = seen.wave_of(event) else { continue };
            let state = seen.after.wave(number, wave).map(|row| row.state);
            if matches!(state, None | Some(WaveState::Left | WaveState::Waiting)) {
                found.broken("IB3", format!("{number} started at {:?} in wave {wave:?}, where it is {state:?}", event.target));
            }
        }
        for row in seen.rows() {
            if let Row::Release(row) = row
                && row.state == ReleaseState::Superseded
                && seen.before.rollouts.values().any(|r| r.release == row.number && r.state == RolloutState::Succeeded)
            {
                found.reach(Reached::SupersededLater);
            }
        }
    }
}
