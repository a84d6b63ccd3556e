use std::collections::BTreeMap;

use pipelines::plan::{NodeIx, WaveIx};

use crate::core::Time;
use crate::core::id::{ReleaseNumber, TargetName};
use crate::core::index::{Deadline, set_member};
use crate::core::pipeline::Pipeline;
use crate::core::row::{GateRow, GateState, NodeRow, NodeState, ReleaseRow, ReleaseState, WaveRow, WaveState};
use crate::core::turn::{Touched, Turn};

impl Pipeline {
    /// Changes a release's own row.
    pub(crate) fn edit_release(&mut self, turn: &mut Turn, number: ReleaseNumber, edit: impl FnOnce(&mut ReleaseRow)) {
        let Some(release) = self.releases.get_mut(&number) else { return };
        let before = release.row.state;
        edit(&mut release.row);
        let after = release.row.state;
        turn.touched.insert(Touched::Release(number));
        self.index_release(number, after);
        if before == after {
            return;
        }
        // How long a wave's alarms matter depends on how its release ended (X9).
        let waves: Vec<_> = self.releases.get(&number).into_iter().flat_map(|r| r.waves.keys().map(|wave| (number, *wave))).collect();
        turn.watches.extend(&waves);
        if after.is_end() {
            turn.leaving.insert(number);
            turn.waves.extend(waves);
        }
    }

    pub(crate) fn index_release(&mut self, number: ReleaseNumber, state: ReleaseState) {
        match state {
            ReleaseState::Failed | ReleaseState::Cancelled => {
                self.index.ended_badly.insert(number);
            }
            ReleaseState::Moving | ReleaseState::Completed | ReleaseState::Superseded | ReleaseState::Outdated => {
                self.index.ended_badly.remove(&number);
            }
        }
    }

    pub(crate) fn put_wave(&mut self, turn: &mut Turn, row: WaveRow) {
        turn.touched.insert(Touched::Wave(row.release, row.wave));
        turn.waves.insert((row.release, row.wave));
        turn.watches.insert((row.release, row.wave));
        if let Some(lane) = self.lane_key(row.release, row.wave) {
            turn.lanes.insert(lane);
        }
        self.index_wave(row);
    }

    pub(crate) fn index_wave(&mut self, row: WaveRow) {
        let Some(key) = self.lane_key(row.release, row.wave) else { return };
        let Some(release) = self.releases.get_mut(&row.release) else { return };
        let entry = (release.row.order, row.release, row.wave);
        set_member(&mut self.index.doors, &key, &entry, row.state == WaveState::Waiting);
        let stands = |row: &WaveRow| row.state == WaveState::Waiting;
        let (wave, stood, stood_now) = (row.wave, release.waves.get(&row.wave).is_some_and(stands), stands(&row));
        release.waves.insert(wave, row);
        if stood == stood_now {
            return;
        }
        // A gate needs a clock only while somebody stands in front of it.
        let gates = release.plan.wave(wave).into_iter().flat_map(|w| &w.gates);
        for gate in gates.filter_map(|g| release.gates.get(g).cloned()).collect::<Vec<_>>() {
            self.index_gate(gate);
        }
    }

    /// Changes a wave's row, if there is one.
    pub(crate) fn edit_wave(&mut self, turn: &mut Turn, number: ReleaseNumber, wave: WaveIx, edit: impl FnOnce(&mut WaveRow)) {
        if let Some(mut row) = self.wave(number, wave).cloned() {
            edit(&mut row);
            self.put_wave(turn, row);
        }
    }

    pub(crate) fn put_node(&mut self, turn: &mut Turn, row: NodeRow) {
        let (number, ix) = (row.release, row.node);
        turn.touched.insert(Touched::Node(number, ix));
        if let Some(release) = self.releases.get(&number) {
            let waves = release.plan.node(ix).map(|n| crate::core::shape::waves_of(&release.plan, n)).unwrap_or_default();
            turn.waves.extend(waves.into_iter().map(|wave| (number, wave)));
        }
        let left_group = if row.state.is_busy() { None } else { self.group_of(number, ix).filter(|group| self.is_busy_in(group, ix)) };
        let met = self.index_node(row);
        turn.nodes.extend(met.into_iter().map(|node| (number, node)));
        // There is room for another of those that share its limit.
        let ready = left_group.and_then(|group| self.index.ready_of.get(&group));
        turn.nodes.extend(ready.into_iter().flatten().map(|node| (number, *node)));
    }

    /// The limit that a job shares with others, by its key in the indexes.
    fn group_of(&self, number: ReleaseNumber, ix: NodeIx) -> Option<(ReleaseNumber, String)> {
        self.job(number, ix)?.parallel.as_ref().map(|parallel| (number, parallel.group.clone()))
    }

    fn is_busy_in(&self, group: &(ReleaseNumber, String), ix: NodeIx) -> bool {
        self.index.busy_of.get(group).is_some_and(|busy| busy.contains(&ix))
    }

    /// Answers the nodes whose last need was met by it.
    pub(crate) fn index_node(&mut self, row: NodeRow) -> Vec<NodeIx> {
        let (number, ix, state) = (row.release, row.node, row.state);
        if let Some(group) = self.group_of(number, ix) {
            set_member(&mut self.index.busy_of, &group, &ix, state.is_busy());
            set_member(&mut self.index.ready_of, &group, &ix, state == NodeState::Ready);
        }
        let Some(release) = self.releases.get_mut(&number) else { return Vec::new() };
        let deadline = match state {
            NodeState::Ready => row.not_before,
            NodeState::Baking => crate::core::bake::deadline(&release.plan, &row),
            NodeState::Pending | NodeState::Queued | NodeState::Running | NodeState::Unknown | NodeState::Succeeded => None,
            NodeState::Skipped | NodeState::Failed | NodeState::Unclear | NodeState::Cancelled => None,
        };
        let target = release.plan.node(ix).and_then(|n| n.target.clone()).map(TargetName);
        let met = release.put_node(row);
        self.index.set_deadline(Deadline::Node(number, ix), deadline);
        let ready = state == NodeState::Ready;
        if ready {
            self.index.ready.insert((number, ix));
        } else {
            self.index.ready.remove(&(number, ix));
        }
        if let Some(target) = target {
            set_member(&mut self.index.ready_at, &target, &(number, ix), ready);
        }
        met
    }

    /// Brings a node into a state. Rows that carry more (outputs, bakes, retries) keep it.
    pub(crate) fn set_node(&mut self, turn: &mut Turn, number: ReleaseNumber, node: NodeIx, state: NodeState, reason: impl Into<String>) {
        let mut row = self.node(number, node).cloned().unwrap_or_else(|| new_node(number, node, turn.now));
        row.state = state;
        row.since = turn.now;
        row.reason = reason.into();
        self.put_node(turn, row);
    }

    pub(crate) fn put_gate(&mut self, turn: &mut Turn, row: GateRow) {
        if self.gate(row.release, row.node) == Some(&row) {
            return;
        }
        turn.touched.insert(Touched::Gate(row.release, row.node));
        let gated = self.releases.get(&row.release).and_then(|r| r.shape.gated.get(&row.node));
        turn.watches.extend(gated.into_iter().flatten().map(|wave| (row.release, *wave)));
        self.index_gate(row);
    }

    pub(crate) fn index_gate(&mut self, row: GateRow) {
        let waiting = [row.opens_at, row.closes_at, row.expires_at].into_iter().flatten().min();
        let due = match row.state {
            GateState::Closed | GateState::Open | GateState::Rejected | GateState::Unreadable => waiting,
            GateState::Idle | GateState::Expired => None,
        };
        let Some(release) = self.releases.get_mut(&row.release) else { return };
        // A gate that nobody stands at needs no clock.
        let live = release
            .shape
            .gated
            .get(&row.node)
            .into_iter()
            .flatten()
            .any(|w| release.waves.get(w).is_some_and(|w| w.state == WaveState::Waiting));
        self.index.set_deadline(Deadline::Gate(row.release, row.node), due.filter(|_| live));
        release.gates.insert(row.node, row);
    }
}

pub(crate) fn new_node(release: ReleaseNumber, node: NodeIx, now: Time) -> NodeRow {
    NodeRow {
        release,
        node,
        state: NodeState::Pending,
        since: now,
        attempts: 0,
        retries_used: Vec::new(),
        not_before: None,
        outputs: BTreeMap::new(),
        reason: String::new(),
        bake: None,
    }
}
