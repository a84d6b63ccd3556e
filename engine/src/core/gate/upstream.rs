use pipelines::plan::{DependsOn, GateCondition, NodeIx};

use super::{Opinion, gate};
use crate::core::id::ReleaseNumber;
use crate::core::input::Revision;
use crate::core::pipeline::Pipeline;
use crate::core::rejected::Rejected;
use crate::core::row::{GateState, UpstreamCompletion};
use crate::core::turn::{Touched, Turn};

/// How many completions of other pipelines are remembered.
const COMPLETIONS_KEPT: usize = 100;

impl Pipeline {
    /// Another pipeline's release has completed a stage. Where both have a revision of the same source, it must
    /// be the same one (P5).
    pub(crate) fn ask_upstream(&mut self, turn: &mut Turn, number: ReleaseNumber, ix: NodeIx, depends_on: &DependsOn) -> Opinion {
        let what = match &depends_on.stage {
            Some(stage) => format!("{} to complete {stage}", depends_on.pipeline),
            None => format!("{} to complete", depends_on.pipeline),
        };
        match self.completion_for(number, depends_on) {
            Ok(by) => {
                self.note_gate(turn, number, ix, GateState::Open, &format!("{} {by} has completed", depends_on.pipeline), None);
                Opinion::Open
            }
            Err(why) => {
                let detail = format!("waits for {what}{why}");
                self.note_gate(turn, number, ix, GateState::Closed, &detail, None);
                Opinion::Closed { detail, until: None }
            }
        }
    }

    fn completion_for(&self, number: ReleaseNumber, depends_on: &DependsOn) -> Result<ReleaseNumber, &'static str> {
        let mine = self.release(number).map(|r| r.row.revisions.as_slice()).unwrap_or_default();
        let mut done =
            self.row.upstream.iter().rev().filter(|c| c.pipeline == depends_on.pipeline && c.stage == depends_on.stage).peekable();
        if done.peek().is_none() {
            return Err("");
        }
        done.find(|c| is_consistent(mine, &c.revisions)).map(|c| c.release).ok_or(" with the same revisions")
    }

    /// Another pipeline's release completed a stage, or its whole path. The same news twice changes nothing.
    pub(crate) fn upstream(
        &mut self,
        turn: &mut Turn,
        pipeline: String,
        stage: Option<String>,
        release: ReleaseNumber,
        revisions: Vec<Revision>,
    ) -> Result<(), Rejected> {
        if self.row.upstream.iter().any(|c| c.pipeline == pipeline && c.stage == stage && c.release == release) {
            return Ok(());
        }
        self.row.upstream.push(UpstreamCompletion { pipeline: pipeline.clone(), stage, release, revisions, at: turn.now });
        if self.row.upstream.len() > COMPLETIONS_KEPT {
            self.row.upstream.remove(0);
        }
        turn.touched.insert(Touched::Pipeline);
        let waiting = self.index.doors.iter().flat_map(|(lane, doors)| doors.iter().map(move |(_, number, wave)| (lane, *number, *wave)));
        let concerned = waiting.filter(|(_, number, wave)| {
            let plan = self.plan_of(*number);
            let gates = plan.wave(*wave).map(|w| w.gates.as_slice()).unwrap_or_default();
            gates
                .iter()
                .any(|ix| matches!(gate(&plan, *ix).map(|g| &g.condition), Some(GateCondition::DependsOn(d)) if d.pipeline == pipeline))
        });
        turn.lanes.extend(concerned.map(|(lane, _, _)| lane.clone()));
        Ok(())
    }
}

/// No source stands in both with different commits.
fn is_consistent(mine: &[Revision], theirs: &[Revision]) -> bool {
    theirs.iter().all(|other| mine.iter().all(|own| own.source != other.source || own.commit == other.commit))
}
