use pipelines::plan::{NodeIx, WaveIx};
use pipelines::window::{CompiledWindow, State};

use super::Opinion;
use crate::core::Time;
use crate::core::id::ReleaseNumber;
use crate::core::pipeline::Pipeline;
use crate::core::row::GateState;
use crate::core::turn::Turn;

impl Pipeline {
    /// The union of all windows of the wave (G7): open when no deny is active and, where any allow exists, one is.
    pub(crate) fn ask_window(&mut self, turn: &mut Turn, number: ReleaseNumber, wave: WaveIx, ix: NodeIx) -> Opinion {
        match self.window_state(turn, number, wave) {
            Err(error) => {
                let detail = format!("the window cannot be read: {error}");
                self.note_gate(turn, number, ix, GateState::Unreadable, &detail, None);
                Opinion::Closed { detail, until: None }
            }
            Ok(State::Open { closes_at }) => {
                self.note_gate(turn, number, ix, GateState::Open, "the window is open", None);
                if let Some(mut row) = self.gate(number, ix).cloned() {
                    row.closes_at = closes_at.map(Time::from_utc);
                    self.put_gate(turn, row);
                }
                Opinion::Open
            }
            Ok(State::Closed { reason, opens_at }) => {
                let until = opens_at.map(Time::from_utc);
                self.note_gate(turn, number, ix, GateState::Closed, &reason, until);
                Opinion::Closed { detail: reason, until }
            }
        }
    }

    fn window_state(&self, turn: &Turn, number: ReleaseNumber, wave: WaveIx) -> Result<State, String> {
        let Some(release) = self.release(number) else { return Err("the release is gone".to_owned()) };
        let gates = release.plan.wave(wave).map(|w| w.gates.as_slice()).unwrap_or_default();
        let in_force = gates.iter().filter(|ix| self.gate(number, **ix).is_none_or(|row| !row.overridden));
        let windows: Vec<&CompiledWindow> = in_force
            .filter_map(|ix| release.shape.windows.get(ix))
            .map(|w| w.as_ref().map_err(Clone::clone))
            .collect::<Result<_, String>>()?;
        Ok(CompiledWindow::union_state(&windows, turn.now.to_utc()))
    }
}
