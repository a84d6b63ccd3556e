use pipelines::plan::{Check, GateCondition, NodeIx};

use super::{Opinion, gate, new_gate};
use crate::core::event::EventKind;
use crate::core::id::ReleaseNumber;
use crate::core::pipeline::Pipeline;
use crate::core::rejected::Rejected;
use crate::core::row::GateState;
use crate::core::turn::Turn;

impl Pipeline {
    /// Waits for an outside system, which is asked from the moment at which the cheaper gates hold.
    pub(crate) fn ask_check(&mut self, turn: &mut Turn, number: ReleaseNumber, ix: NodeIx, check: &Check) -> Opinion {
        self.expire(turn, number, ix);
        match self.gate(number, ix).map(|row| (row.state, row.reason.clone())) {
            Some((GateState::Open, _)) => Opinion::Open,
            Some((GateState::Closed | GateState::Unreadable | GateState::Rejected, reason)) => {
                Opinion::Closed { detail: reason, until: None }
            }
            Some((GateState::Idle | GateState::Expired, _)) | None => {
                let detail = format!("waits for an answer: {}", check.description);
                self.note_gate(turn, number, ix, GateState::Closed, &detail, None);
                if let Some(mut row) = self.gate(number, ix).cloned() {
                    row.asked_at = Some(turn.now);
                    row.expires_at = None;
                    self.put_gate(turn, row);
                }
                Opinion::Closed { detail, until: None }
            }
        }
    }

    /// The outside system's answer; the last one counts.
    pub(crate) fn answer(
        &mut self,
        turn: &mut Turn,
        number: ReleaseNumber,
        text: &str,
        passed: bool,
        detail: String,
    ) -> Result<(), Rejected> {
        self.must_move(number)?;
        let ix = self.find_gate(number, text)?;
        let plan = self.plan_of(number);
        let Some(GateCondition::Check(check)) = gate(&plan, ix).map(|g| &g.condition) else {
            return Err(Rejected::NotWaiting { gate: text.to_owned() });
        };
        let mut row = self.gate(number, ix).cloned().unwrap_or_else(|| new_gate(number, ix, turn.now));
        row.state = if passed { GateState::Open } else { GateState::Closed };
        row.since = turn.now;
        row.answered_at = Some(turn.now);
        row.expires_at = check.expires_ms.map(|ms| turn.now + ms);
        row.reason.clone_from(&detail);
        if self.gate(number, ix) == Some(&row) {
            return Ok(());
        }
        self.put_gate(turn, row);
        self.emit_gate(turn, number, ix, EventKind::CheckAnswered, &detail);
        self.wake_doors(turn, number, ix);
        Ok(())
    }
}
