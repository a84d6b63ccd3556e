use super::index::Deadline;
use super::pipeline::Pipeline;
use super::row::Row;
use super::turn::Turn;
use super::{Actor, Changes, Input, Rejected, Time};

impl Pipeline {
    /// What follows from one input. Total: every input in every state has an answer.
    ///
    /// # Errors
    /// [`Rejected`] is the closed list of what a caller may be told; then nothing has changed.
    pub fn handle(&mut self, now: Time, actor: &Actor, input: Input) -> Result<Changes, Rejected> {
        let mut turn = Turn::new(now, actor.clone());
        let turn_ref = &mut turn;
        match input {
            Input::Admit(admission) => self.admit(turn_ref, *admission),
            Input::Lease { attempt, runner, token, lease_ms } => self.lease(turn_ref, &attempt, runner, token, lease_ms),
            Input::Heartbeat { fences, lease_ms, steps } => self.heartbeat(turn_ref, &fences, lease_ms, steps),
            Input::Report(report) => self.report(turn_ref, *report),
            Input::Upload { fences, fragment, text } => self.upload(turn_ref, &fences, &fragment, text),
            Input::Issued { fences, until } => self.issued(turn_ref, &fences, until),
            Input::Approve { release, gate, digest, reason } => self.approve(turn_ref, release, &gate, digest, reason),
            Input::Reject { release, gate, reason } => self.reject(turn_ref, release, &gate, reason),
            Input::Override { release, gate, reason } => self.override_gate(turn_ref, release, &gate, reason),
            Input::Answer { release, gate, passed, detail } => self.answer(turn_ref, release, &gate, passed, detail),
            Input::Hold { id, scope, reason } => self.hold(turn_ref, id, scope, reason),
            Input::Lift { id, reason } => self.lift(turn_ref, &id, reason),
            Input::Rollback { key, place, to, reason } => self.roll_back(turn_ref, key, &place, to, reason),
            Input::Retry { release, what } => self.retry(turn_ref, release, &what),
            Input::Cancel { release, reason } => self.cancel(turn_ref, release, reason),
            Input::Quarantine { release, reason } => self.quarantine(turn_ref, release, reason),
            Input::LiftQuarantine { release, reason } => self.lift_quarantine(turn_ref, release, reason),
            Input::Resolve { target, verdict, reason } => self.resolve(turn_ref, &target, &verdict, reason),
            Input::BreakGlass { target, verdict, reason } => self.break_glass(turn_ref, &target, verdict, reason),
            Input::Observe { monitor, reading } => self.observe(turn_ref, &monitor, reading),
            Input::Upstream { pipeline, stage, release, revisions } => self.upstream(turn_ref, pipeline, stage, release, revisions),
            Input::Restored { reason } => self.restored(turn_ref, reason),
            Input::Tick => self.tick(turn_ref),
        }?;
        self.settle(&mut turn);
        self.end_watches(&mut turn);
        self.forget(&mut turn);
        Ok(Changes { rows: turn.rows, events: turn.events, effects: turn.effects })
    }

    /// Deadlines that have passed.
    fn tick(&mut self, turn: &mut Turn) -> Result<(), Rejected> {
        // Each is taken out first: what it leads to may set it anew, and a moment in the past would never end.
        while let Some((at, deadline)) = self.index.deadlines.first().cloned().filter(|(at, _)| *at <= turn.now) {
            self.index.deadlines.remove(&(at, deadline.clone()));
            self.index.deadline_of.remove(&deadline);
            self.meet(turn, deadline);
        }
        Ok(())
    }

    fn meet(&mut self, turn: &mut Turn, deadline: Deadline) {
        match deadline {
            Deadline::Lease(attempt) => self.lease_ended(turn, &attempt),
            Deadline::Node(number, node) => {
                turn.nodes.insert((number, node));
            }
            Deadline::Gate(number, node) => self.gate_due(turn, number, node),
            Deadline::Inspect(target) => self.inspect(turn, &target),
            Deadline::Within(number, wave) => {
                turn.watches.insert((number, wave));
            }
        }
    }

    /// Follows everything that the input has set in motion, until nothing more does.
    ///
    /// The order is part of the rules: what is ready goes on before a wave is judged to be over, and a
    /// lane is looked at last, when it is clear who has left it (L6).
    fn settle(&mut self, turn: &mut Turn) {
        loop {
            if let Some((number, node)) = turn.nodes.pop_first() {
                self.advance(turn, number, node);
            } else if let Some(lane) = turn.rollbacks.pop_first() {
                self.continue_rollback(turn, &lane);
            } else if let Some(target) = turn.targets.pop_first() {
                self.serve_target(turn, &target);
            } else if let Some((number, wave)) = turn.waves.pop_first() {
                self.review_wave(turn, number, wave);
            } else if let Some(lane) = turn.lanes.pop_first() {
                self.review_lane(turn, &lane);
            } else if let Some((number, wave)) = turn.watches.pop_first() {
                self.review_watches(turn, number, wave);
            } else {
                break;
            }
        }
    }

    /// Drops releases that no rule can ask for any more (see [`super::Loaded`]), after their rows are saved.
    fn forget(&mut self, turn: &mut Turn) {
        turn.rows = self.rows(&turn.touched);
        turn.rows.extend(std::mem::take(&mut turn.additions).into_iter().map(|row| Row::Addition(Box::new(row))));
        while self.index.ended_badly.len() > super::load::KEPT_ENDED_BADLY {
            let Some(oldest) = self.index.ended_badly.pop_first() else { break };
            turn.leaving.insert(oldest);
        }
        for number in std::mem::take(&mut turn.leaving) {
            if !self.is_kept(number) {
                self.drop_release(number);
            }
        }
    }
}
