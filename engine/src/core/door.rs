//! In front of a lane: a release arrives, its gates are asked in order of cost, and it shows what it waits for.

use pipelines::plan::{Node, NodeIx, WaveIx};

use super::event::EventKind;
use super::gate::Opinion;
use super::id::ReleaseNumber;
use super::pipeline::Pipeline;
use super::row::{NodeState, ReleaseState, WaitReason, WaveRow, WaveState};
use super::shape::{nodes, wave_of};
use super::turn::{Fact, Turn};

/// What stands between a release and a wave.
#[derive(Debug, Default)]
pub(crate) struct Door {
    /// Empty: it may enter as far as its gates are concerned.
    pub(crate) reasons: Vec<WaitReason>,
    /// The wave asks people, and all of them have said yes (L3).
    pub(crate) is_approved: bool,
    /// A person has said no.
    pub(crate) is_rejected: bool,
}

impl Door {
    pub(crate) fn is_open(&self) -> bool {
        self.reasons.is_empty()
    }
}

impl Pipeline {
    /// A release comes to a wave: it waits there until the lane lets it in (L2).
    pub(crate) fn arrive(&mut self, turn: &mut Turn, number: ReleaseNumber, node: &Node) {
        let wave = wave_of(&self.plan_of(number), node);
        if self.release(number).is_none_or(|r| r.row.state != ReleaseState::Moving) {
            return;
        }
        match self.wave(number, wave).map(|row| row.state) {
            None | Some(WaveState::Left | WaveState::Failed | WaveState::RolledBack | WaveState::Cancelled) => {}
            // A retry of what comes before has opened its door again; it is complete all the same.
            Some(WaveState::Completed) => {
                if let Some((start, end)) = self.plan_of(number).wave(wave).map(|w| (w.start, w.end)) {
                    self.set_node(turn, number, start, NodeState::Succeeded, "");
                    turn.nodes.insert((number, end));
                }
                return;
            }
            Some(WaveState::Waiting | WaveState::Entered | WaveState::Failing) => return,
        }
        let row = WaveRow {
            release: number,
            wave,
            state: WaveState::Waiting,
            arrived_at: turn.now,
            entered_at: None,
            ended_at: None,
            waits_for: Vec::new(),
            failure: None,
        };
        let gates: Vec<NodeIx> = self.plan_of(number).wave(wave).map(|w| w.gates.clone()).unwrap_or_default();
        for gate in gates {
            self.drop_passed(turn, number, gate);
        }
        self.put_wave(turn, row);
        // What it needs read is watched from now on.
        self.review_watches(turn, number, wave);
    }

    /// Asks everything that stands before a wave, the cheap first (G2), at this very moment (G3).
    pub(crate) fn look_at_door(&mut self, turn: &mut Turn, number: ReleaseNumber, wave: WaveIx) -> Door {
        let mut door = Door::default();
        let plan = self.plan_of(number);
        let gates: Vec<NodeIx> = plan.wave(wave).map(|w| w.gates.clone()).unwrap_or_default();
        self.hold_reasons(number, wave, &mut door);
        self.barrier_reasons(number, wave, &mut door);
        self.wave_alarm_reasons(turn, number, wave, &mut door);
        for rank in 0..=super::gate::LAST_RANK {
            let may_ask = rank == 0 || door.is_open();
            for ix in gates.iter().copied().filter(|ix| super::gate::rank(&plan, *ix) == Some(rank)) {
                let opinion = self.ask_gate(turn, number, wave, ix, may_ask);
                self.note_opinion(turn, number, ix, opinion, &mut door);
            }
        }
        door.is_approved = self.is_approved(number, &gates);
        door
    }

    fn note_opinion(&self, turn: &Turn, number: ReleaseNumber, ix: NodeIx, opinion: Opinion, door: &mut Door) {
        let plan = self.plan_of(number);
        let Some((kind, name)) = super::gate::name(&plan, ix) else { return };
        let since = self.gate(number, ix).map_or(turn.now, |row| row.since);
        match opinion {
            Opinion::Open | Opinion::NotAsked => {}
            Opinion::Closed { detail, until } => door.reasons.push(reason(kind, detail, since, until, name)),
            Opinion::Rejected { detail } => {
                door.is_rejected = true;
                door.reasons.push(reason(kind, detail, since, None, name));
            }
        }
    }

    fn hold_reasons(&self, number: ReleaseNumber, wave: WaveIx, door: &mut Door) {
        if let Some(hold) = self.hold_on(number, wave, None) {
            door.reasons.push(reason("hold", format!("held: {}", hold.reason), hold.since, None, hold.id.as_str()));
        }
        if let Some(quarantine) = self.release(number).and_then(|r| r.row.quarantine.as_ref()) {
            door.reasons.push(reason("quarantine", quarantine.reason.clone(), quarantine.since, None, ""));
        }
    }

    /// Shows what a release waits for, if that has changed (S3).
    pub(crate) fn show_waiting(&mut self, turn: &mut Turn, number: ReleaseNumber, wave: WaveIx, mut reasons: Vec<WaitReason>) {
        let Some(mut row) = self.wave(number, wave).cloned() else { return };
        // A reason that was there before keeps its age.
        for new in &mut reasons {
            if let Some(old) = row.waits_for.iter().find(|old| old.kind == new.kind && old.subject == new.subject) {
                new.since = new.since.min(old.since);
            }
        }
        if row.waits_for == reasons {
            return;
        }
        let is_new = row.waits_for.is_empty();
        let details: Vec<String> = reasons.iter().map(|r| r.detail.clone()).collect();
        let kinds: Vec<String> = reasons.iter().map(|r| r.kind.clone()).collect();
        row.waits_for = reasons;
        turn.touched.insert(super::turn::Touched::Wave(number, wave));
        self.index_wave(row);
        if is_new {
            let place = self.wave_key(number, wave);
            self.emit(turn, Fact::new(EventKind::ReleaseWaiting, details.join("; ")).release(number).place(place).data("for", kinds));
        }
    }

    /// The release is in: what comes after the door may start.
    pub(crate) fn enter(&mut self, turn: &mut Turn, number: ReleaseNumber, wave: WaveIx) {
        let now = turn.now;
        self.edit_wave(turn, number, wave, |row| {
            row.state = WaveState::Entered;
            row.entered_at = Some(now);
            row.waits_for.clear();
        });
        let place = self.wave_key(number, wave);
        self.emit(turn, Fact::new(EventKind::ReleaseEntered, format!("release {number} entered {place}")).release(number).place(place));
        let plan = self.plan_of(number);
        let Some(start) = plan.wave(wave).map(|w| w.start) else { return };
        let again = self.node(number, start).is_some();
        self.set_node(turn, number, start, NodeState::Succeeded, "");
        if again {
            self.reopen_rollouts(turn, number, wave);
            turn.nodes.extend(self.unbegun(number, wave).into_iter().map(|ix| (number, ix)));
        }
    }

    /// What a retry put back, or what could not begin while the wave failed, may have its needs met already.
    fn unbegun(&self, number: ReleaseNumber, wave: WaveIx) -> Vec<NodeIx> {
        let Some(release) = self.release(number) else { return Vec::new() };
        let in_wave =
            nodes(&release.plan).filter(|(node, ix)| wave_of(&release.plan, node) == wave && !release.shape.detached.contains(ix));
        in_wave
            .map(|(_, ix)| ix)
            .filter(|ix| matches!(release.node_state(*ix), None | Some(NodeState::Pending)) && release.needs_met(*ix))
            .collect()
    }
}

pub(crate) fn reason(kind: &str, detail: String, since: super::Time, until: Option<super::Time>, subject: &str) -> WaitReason {
    WaitReason { kind: kind.to_owned(), detail, since, until, subject: (!subject.is_empty()).then(|| subject.to_owned()) }
}
