//! Conditions in front of a wave (G1). None of them fails a release: it waits (G4).

mod approval;
mod check;
mod evidence;
mod upstream;
mod window;

use pipelines::plan::{Gate, GateCondition, NodeIx, NodeKind, Plan, WaveIx};

use super::Time;
use super::event::EventKind;
use super::id::ReleaseNumber;
use super::pipeline::Pipeline;
use super::rejected::Rejected;
use super::row::{GateRow, GateState, OverrideRecord, WaveState};
use super::turn::{Fact, Turn};

/// The rank of what is asked last: people.
pub(crate) const LAST_RANK: u8 = 3;

/// What a gate says at one moment.
#[derive(Debug)]
pub(crate) enum Opinion {
    Open,
    Closed {
        detail: String,
        until: Option<Time>,
    },
    Rejected {
        detail: String,
    },
    /// A cheaper gate is closed (G2).
    NotAsked,
}

/// Order of cost (G2): what costs nothing is asked first, people last.
pub(crate) fn rank(plan: &Plan, ix: NodeIx) -> Option<u8> {
    Some(match gate(plan, ix)?.condition {
        GateCondition::DependsOn(_) | GateCondition::Alarms(_) | GateCondition::Window(_) => 0,
        GateCondition::Metric(_) => 1,
        GateCondition::Check(_) => 2,
        GateCondition::Approval(_) => LAST_RANK,
    })
}

/// A gate's kind and name.
pub(crate) fn name(plan: &Plan, ix: NodeIx) -> Option<(&'static str, &str)> {
    let gate = gate(plan, ix)?;
    let kind = match gate.condition {
        GateCondition::DependsOn(_) => "depends_on",
        GateCondition::Alarms(_) => "alarms",
        GateCondition::Window(_) => "window",
        GateCondition::Metric(_) => "metric",
        GateCondition::Check(_) => "check",
        GateCondition::Approval(_) => "approval",
    };
    Some((kind, &gate.name))
}

pub(crate) fn gate(plan: &Plan, ix: NodeIx) -> Option<&Gate> {
    match &plan.node(ix)?.kind {
        NodeKind::Gate(gate) => Some(gate),
        NodeKind::Job(_) | NodeKind::Bake(_) | NodeKind::Milestone(_) => None,
    }
}

impl Pipeline {
    /// What one gate says now, written down in its row.
    pub(crate) fn ask_gate(&mut self, turn: &mut Turn, number: ReleaseNumber, wave: WaveIx, ix: NodeIx, may_ask: bool) -> Opinion {
        let plan = self.plan_of(number);
        let Some(gate) = gate(&plan, ix) else { return Opinion::Open };
        if self.gate(number, ix).is_some_and(|row| row.overridden) {
            return Opinion::Open;
        }
        if !may_ask {
            return self.not_asked(turn, number, ix, &gate.condition);
        }
        match &gate.condition {
            GateCondition::DependsOn(depends_on) => self.ask_upstream(turn, number, ix, depends_on),
            GateCondition::Alarms(_) => self.ask_alarms(turn, number, wave, ix),
            GateCondition::Window(_) => self.ask_window(turn, number, wave, ix),
            GateCondition::Metric(metric) => self.ask_metric(turn, number, ix, metric),
            GateCondition::Check(check) => self.ask_check(turn, number, ix, check),
            GateCondition::Approval(approval) => self.ask_people(turn, number, ix, approval),
        }
    }

    /// An answer that was given stays; a reading that is not looked at says nothing.
    fn not_asked(&mut self, turn: &mut Turn, number: ReleaseNumber, ix: NodeIx, condition: &GateCondition) -> Opinion {
        if matches!(condition, GateCondition::Metric(_)) && self.gate(number, ix).is_some() {
            self.note_gate(turn, number, ix, GateState::Idle, "not asked while a cheaper gate is closed", None);
        }
        Opinion::NotAsked
    }

    /// Brings a gate into a state; a change of state is one event.
    pub(crate) fn note_gate(
        &mut self,
        turn: &mut Turn,
        number: ReleaseNumber,
        ix: NodeIx,
        state: GateState,
        reason: &str,
        opens_at: Option<Time>,
    ) {
        let old = self.gate(number, ix).cloned();
        let before = old.as_ref().map(|row| row.state);
        let mut row = old.unwrap_or_else(|| new_gate(number, ix, turn.now));
        if before != Some(state) {
            row.since = turn.now;
        }
        row.state = state;
        reason.clone_into(&mut row.reason);
        row.opens_at = opens_at;
        if state != GateState::Open {
            row.closes_at = None;
        }
        self.put_gate(turn, row);
        if before != Some(state) {
            self.emit_gate(turn, number, ix, state_event(state), reason);
        }
    }

    pub(crate) fn emit_gate(&self, turn: &mut Turn, number: ReleaseNumber, ix: NodeIx, kind: EventKind, reason: &str) {
        let plan = self.plan_of(number);
        let Some(node) = plan.node(ix) else { return };
        let place = node
            .wave
            .map_or_else(|| plan.stage(node.stage).map(|s| s.name.clone()).unwrap_or_default(), |w| super::shape::wave_key(&plan, w));
        let gate = name(&plan, ix).map(|(_, name)| name.to_owned()).unwrap_or_default();
        self.emit(turn, Fact::new(kind, reason).release(number).place(place).node(node.key.clone()).data("gate", gate));
    }

    /// A gate opens, closes or gets old about now: whoever stands at it is looked at.
    pub(crate) fn gate_due(&mut self, turn: &mut Turn, number: ReleaseNumber, ix: NodeIx) {
        self.drop_passed(turn, number, ix);
        self.wake_doors(turn, number, ix);
    }

    /// Moments that have passed say nothing any more: whoever asks the gate next is told the next one, and who
    /// does not (G2, L9) needs no clock.
    pub(crate) fn drop_passed(&mut self, turn: &mut Turn, number: ReleaseNumber, ix: NodeIx) {
        self.expire(turn, number, ix);
        if let Some(mut row) = self.gate(number, ix).cloned() {
            row.opens_at = row.opens_at.filter(|at| *at > turn.now);
            row.closes_at = row.closes_at.filter(|at| *at > turn.now);
            self.put_gate(turn, row);
        }
    }

    /// Lanes where a release stands at this gate.
    pub(crate) fn wake_doors(&self, turn: &mut Turn, number: ReleaseNumber, ix: NodeIx) {
        let Some(release) = self.release(number) else { return };
        let waves = release.shape.gated.get(&ix).into_iter().flatten();
        let waiting = waves.filter(|w| release.waves.get(w).is_some_and(|row| row.state == WaveState::Waiting));
        turn.lanes.extend(waiting.filter_map(|w| self.lane_key(number, *w)));
    }

    /// The gate that a person or an outside system means: by its node's key, or by its name, where the
    /// release stands before it first of all.
    pub(crate) fn find_gate(&self, number: ReleaseNumber, text: &str) -> Result<NodeIx, Rejected> {
        let release = self.release(number).ok_or(Rejected::UnknownRelease(number))?;
        let unknown = || Rejected::UnknownGate { release: number, gate: text.to_owned() };
        if let Some(ix) = release.shape.by_key.get(text).copied().filter(|ix| gate(&release.plan, *ix).is_some()) {
            return Ok(ix);
        }
        let named: Vec<NodeIx> =
            release.shape.gated.keys().copied().filter(|ix| name(&release.plan, *ix).is_some_and(|(_, n)| n == text)).collect();
        let stands = |ix: &&NodeIx| {
            let waves = release.shape.gated.get(ix).into_iter().flatten();
            waves.into_iter().any(|w| release.waves.get(w).is_some_and(|row| row.state == WaveState::Waiting))
        };
        named.iter().find(stands).or(named.first()).copied().ok_or_else(unknown)
    }

    /// Break-glass for one gate (G8): it is open for this release, and that shows for ever.
    pub(crate) fn override_gate(&mut self, turn: &mut Turn, number: ReleaseNumber, text: &str, reason: String) -> Result<(), Rejected> {
        super::person(&turn.actor)?;
        super::needs_reason(&reason)?;
        self.must_move(number)?;
        let found = self.find_gate(number, text);
        let (key, ix) = match &found {
            Ok(ix) => (self.node_key(number, *ix), Some(*ix)),
            // The wave's own alarms and barriers are no gates of the file, and yet may be what keeps the mending release out.
            Err(error) => (self.unnamed_key(number, text).ok_or_else(|| error.clone())?, None),
        };
        let record = OverrideRecord { gate: key.clone(), at: turn.now, by: turn.actor.clone(), reason: reason.clone() };
        self.edit_release(turn, number, |row| row.overrides.push(record));
        if let Some(ix) = ix {
            let mut row = self.gate(number, ix).cloned().unwrap_or_else(|| new_gate(number, ix, turn.now));
            row.state = GateState::Open;
            row.since = turn.now;
            row.overridden = true;
            row.opens_at = None;
            row.closes_at = None;
            row.expires_at = None;
            row.reason = format!("overridden: {reason}");
            self.put_gate(turn, row);
            self.emit_gate(turn, number, ix, EventKind::GateOverridden, &reason);
            self.wake_doors(turn, number, ix);
        } else {
            self.emit(turn, Fact::new(EventKind::GateOverridden, reason).release(number).data("gate", key));
            let waves: Vec<WaveIx> = self.waves(number).filter(|row| row.state == WaveState::Waiting).map(|row| row.wave).collect();
            turn.lanes.extend(waves.into_iter().filter_map(|w| self.lane_key(number, w)));
        }
        Ok(())
    }

    /// `<wave>/alarms` or `<wave>/barrier` for the wave where the release waits, if that is what is meant.
    fn unnamed_key(&self, number: ReleaseNumber, text: &str) -> Option<String> {
        let release = self.release(number)?;
        let row = release.waves.values().find(|row| row.state == WaveState::Waiting)?;
        let wave = release.plan.wave(row.wave)?;
        let place = super::shape::wave_key(&release.plan, row.wave);
        let there = [("alarms", !wave.alarms.is_empty()), ("barrier", !release.plan.needs_barriers.is_empty())];
        let mut keys = there.into_iter().filter(|(_, is_there)| *is_there).map(|(what, _)| (what, format!("{place}/{what}")));
        keys.find(|(what, key)| text == *what || text == key).map(|(_, key)| key)
    }

    pub(crate) fn must_move(&self, number: ReleaseNumber) -> Result<(), Rejected> {
        use super::row::ReleaseState;
        let release = self.release(number).ok_or(Rejected::UnknownRelease(number))?;
        match (release.row.state, release.row.superseded_by) {
            (ReleaseState::Moving, _) => Ok(()),
            (ReleaseState::Superseded, Some(by)) => Err(Rejected::Superseded { release: number, by }),
            (ReleaseState::Outdated, Some(by)) => Err(Rejected::Outdated { by }),
            (ReleaseState::Superseded | ReleaseState::Outdated, None) => Err(Rejected::ReleaseEnded(number)),
            (ReleaseState::Completed | ReleaseState::Failed | ReleaseState::Cancelled, _) => Err(Rejected::ReleaseEnded(number)),
        }
    }
}

pub(crate) fn new_gate(release: ReleaseNumber, node: NodeIx, now: Time) -> GateRow {
    GateRow {
        release,
        node,
        state: GateState::Idle,
        since: now,
        reason: String::new(),
        opens_at: None,
        closes_at: None,
        asked_at: None,
        expires_at: None,
        approvals: Vec::new(),
        rejected: None,
        answered_at: None,
        overridden: false,
    }
}

fn state_event(state: GateState) -> EventKind {
    match state {
        GateState::Open => EventKind::GateOpened,
        GateState::Idle | GateState::Closed | GateState::Unreadable => EventKind::GateClosed,
        GateState::Rejected => EventKind::ApprovalRejected,
        GateState::Expired => EventKind::ApprovalExpired,
    }
}
