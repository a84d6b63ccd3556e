//! The only place where a row changes: it puts the row in place, keeps every index true, and marks it
//! for saving. Loading goes the same way, so that a restart cannot know more or less (IE10).

use std::collections::BTreeSet;

use pipelines::plan::{NodeIx, NodeKind, WaveIx};
use protocol::AttemptId;

use super::Time;
use super::effect::Effect;
use super::id::{HoldId, LaneKey, MonitorId, ReleaseNumber, TargetName};
use super::index::{Deadline, set_member};
use super::pipeline::Pipeline;
use super::row::{
    AttemptRow, AttemptState, Direction, GateRow, GateState, HoldRow, LaneRow, NodeRow, NodeState, ReleaseState, RolloutRow, Row,
    TargetRow, WatchRow, WaveRow, WaveState,
};
use super::shape::rollout_of;
use super::turn::{Fact, Touched, Turn};

impl Pipeline {
    /// Changes a release's own row.
    pub(crate) fn edit_release(&mut self, turn: &mut Turn, number: ReleaseNumber, edit: impl FnOnce(&mut super::row::ReleaseRow)) {
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
            let waves = release.plan.node(ix).map(|n| super::shape::waves_of(&release.plan, n)).unwrap_or_default();
            turn.waves.extend(waves.into_iter().map(|wave| (number, wave)));
        }
        let met = self.index_node(row);
        turn.nodes.extend(met.into_iter().map(|node| (number, node)));
    }

    /// Answers the nodes whose last need was met by it.
    pub(crate) fn index_node(&mut self, row: NodeRow) -> Vec<NodeIx> {
        let (number, ix, state) = (row.release, row.node, row.state);
        let Some(release) = self.releases.get_mut(&number) else { return Vec::new() };
        let deadline = match state {
            NodeState::Ready => row.not_before,
            NodeState::Baking => super::bake::deadline(&release.plan, &row),
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

    pub(crate) fn put_lane(&mut self, turn: &mut Turn, row: LaneRow) {
        turn.touched.insert(Touched::Lane(row.key.clone()));
        turn.lanes.insert(row.key.clone());
        let before: Vec<ReleaseNumber> = self.lanes.get(&row.key).map(named_by_lane).unwrap_or_default();
        turn.leaving.extend(before);
        self.index_lane(row);
    }

    pub(crate) fn index_lane(&mut self, row: LaneRow) {
        for number in named_by_lane(&row) {
            self.index.name(number);
        }
        let going = |row: &LaneRow| row.rollback.iter().flat_map(|r| r.waiting.iter().chain(&r.running)).cloned().collect::<Vec<_>>();
        for target in self.lanes.get(&row.key).map(going).unwrap_or_default() {
            self.index.going_back.remove(&target);
        }
        for target in going(&row) {
            self.index.going_back.insert(target, row.key.clone());
        }
        let before = self.lanes.insert(row.key.clone(), row);
        for number in before.as_ref().map(named_by_lane).unwrap_or_default() {
            self.index.unname(number);
        }
    }

    pub(crate) fn edit_lane(&mut self, turn: &mut Turn, key: &LaneKey, edit: impl FnOnce(&mut LaneRow)) {
        let mut row = self.lanes.get(key).cloned().unwrap_or_else(|| LaneRow {
            key: key.clone(),
            inside: Vec::new(),
            newest_entered: None,
            rollback: None,
        });
        edit(&mut row);
        self.put_lane(turn, row);
    }

    /// Changes a target's row; a target that was never heard of gets one.
    pub(crate) fn edit_target(&mut self, turn: &mut Turn, name: &TargetName, edit: impl FnOnce(&mut TargetRow)) {
        let mut row = self.targets.get(name).cloned().unwrap_or_else(|| new_target(name));
        turn.leaving.extend(named_by_target(&row));
        edit(&mut row);
        turn.touched.insert(Touched::Target(name.clone()));
        if row.holder.is_none() && row.unknown.is_none() {
            turn.targets.insert(name.clone());
        }
        self.index_target(row);
    }

    pub(crate) fn index_target(&mut self, row: TargetRow) {
        let name = row.name.clone();
        for number in named_by_target(&row) {
            self.index.name(number);
        }
        let inspect = row.unknown.as_ref().filter(|u| !u.needs_person).map(|u| u.inspect_after);
        self.index.set_deadline(Deadline::Inspect(name.clone()), inspect.filter(|_| self.inspection_at(&name).is_none()));
        let runs: BTreeSet<ReleaseNumber> = row.live.into_iter().chain(row.partly).collect();
        let before = self.targets.insert(name.clone(), row);
        for number in before.iter().flat_map(|b| b.live.into_iter().chain(b.partly)).filter(|n| !runs.contains(n)).collect::<Vec<_>>() {
            set_member(&mut self.index.runs_at, &number, &name, false);
        }
        for number in runs {
            set_member(&mut self.index.runs_at, &number, &name, true);
        }
        for number in before.as_ref().map(named_by_target).unwrap_or_default() {
            self.index.unname(number);
        }
    }

    pub(crate) fn put_rollout(&mut self, turn: &mut Turn, row: RolloutRow) {
        turn.touched.insert(Touched::Rollout(row.target.clone(), row.number));
        self.index_rollout(row);
    }

    pub(crate) fn index_rollout(&mut self, row: RolloutRow) {
        if row.direction == Direction::Forward {
            let newest = self.index.rollout_of.entry((row.release, row.target.clone())).or_default();
            *newest = (*newest).max(row.number);
        }
        let newest = self.index.newest_rollout.entry(row.target.clone()).or_default();
        *newest = (*newest).max(row.number);
        self.rollouts.insert((row.target.clone(), row.number), row);
    }

    /// Changes the newest rollout of a target, whichever way it goes.
    pub(crate) fn edit_newest_rollout(&mut self, turn: &mut Turn, target: &TargetName, edit: impl FnOnce(&mut RolloutRow)) {
        let newest = self.index.newest_rollout.get(target).and_then(|count| self.rollouts.get(&(target.clone(), *count)));
        if let Some(mut row) = newest.cloned() {
            edit(&mut row);
            self.put_rollout(turn, row);
        }
    }

    /// Changes the newest forward rollout of a release at a target, if there is one.
    pub(crate) fn edit_rollout(&mut self, turn: &mut Turn, number: ReleaseNumber, target: &TargetName, edit: impl FnOnce(&mut RolloutRow)) {
        if let Some(mut row) = self.rollout(number, target).cloned() {
            edit(&mut row);
            self.put_rollout(turn, row);
        }
    }

    pub(crate) fn put_attempt(&mut self, turn: &mut Turn, row: AttemptRow) {
        turn.touched.insert(Touched::Attempt(row.id.clone()));
        if row.state == AttemptState::Ended {
            turn.targets.extend(row.target.clone());
            turn.leaving.insert(row.release);
        }
        self.index_attempt(row);
    }

    pub(crate) fn index_attempt(&mut self, row: AttemptRow) {
        let ended = row.state == AttemptState::Ended;
        if row.state == AttemptState::Queued {
            self.index.queued.insert(row.id.clone());
        } else {
            self.index.queued.remove(&row.id);
        }
        let key = (row.release, row.node);
        if !ended {
            self.index.attempt_of.insert(key, row.id.clone());
        } else if self.index.attempt_of.get(&key) == Some(&row.id) {
            self.index.attempt_of.remove(&key);
        }
        let margin = super::attempt::lease_margin_ms(&self.settings, row.class);
        let lease = row.lease_until.filter(|_| row.state == AttemptState::Leased).map(|until| until + margin);
        self.index.set_deadline(Deadline::Lease(row.id.clone()), lease);
        set_member(&mut self.index.attempts, &row.release, &row.id, true);
        let target = row.target.clone().filter(|_| row.class == pipelines::plan::Class::Target);
        let id = row.id.clone();
        self.attempts.insert(row.id.clone(), row);
        if let Some(target) = target {
            set_member(&mut self.index.attempts_at, &target, &id, !ended);
            // Whether an inspection is under way decides whether one is due.
            if let Some(row) = self.targets.get(&target).filter(|t| t.unknown.is_some()).cloned() {
                self.index_target(row);
            }
        }
    }

    pub(crate) fn edit_attempt(&mut self, turn: &mut Turn, id: &AttemptId, edit: impl FnOnce(&mut AttemptRow)) {
        if let Some(mut row) = self.attempts.get(id).cloned() {
            edit(&mut row);
            self.put_attempt(turn, row);
        }
    }

    pub(crate) fn put_hold(&mut self, turn: &mut Turn, row: HoldRow) {
        turn.touched.insert(Touched::Hold(row.id.clone()));
        self.index_hold(row);
    }

    pub(crate) fn index_hold(&mut self, row: HoldRow) {
        if row.lifted.is_none() {
            self.index.holds.insert(row.id.clone());
        } else {
            self.index.holds.remove(&row.id);
        }
        self.holds.insert(row.id.clone(), row);
    }

    pub(crate) fn put_watch(&mut self, turn: &mut Turn, row: WatchRow) {
        turn.touched.insert(Touched::Watch(row.id.clone()));
        self.watches.insert(row.id.clone(), row);
    }

    /// Records a fact and tells whoever asked to be told of its kind.
    pub(crate) fn emit(&self, turn: &mut Turn, fact: Fact) {
        let event = fact.at(turn);
        let position = turn.events.len();
        if let Some(release) = event.release.and_then(|number| self.releases.get(&number)) {
            let stage = event.place.as_deref().and_then(|p| p.split('/').next());
            let of_stage = release.plan.stages.iter().filter(|s| Some(s.name.as_str()) == stage).flat_map(|s| &s.notify);
            for notify in release.plan.notify.iter().chain(of_stage).filter(|n| super::notify::wants(n, event.kind)) {
                let effect = Effect::Tell { to: notify.to.clone(), event: position };
                if !turn.effects.contains(&effect) {
                    turn.effects.push(effect);
                }
            }
        }
        turn.events.push(event);
    }

    pub(crate) fn lane_key(&self, number: ReleaseNumber, wave: WaveIx) -> Option<LaneKey> {
        Some(LaneKey(self.releases.get(&number)?.plan.wave(wave)?.lane.key.clone()))
    }

    /// The key of a node, for events.
    pub(crate) fn node_key(&self, number: ReleaseNumber, node: NodeIx) -> String {
        self.releases.get(&number).and_then(|r| r.plan.node(node)).map(|n| n.key.clone()).unwrap_or_default()
    }

    pub(crate) fn wave_key(&self, number: ReleaseNumber, wave: WaveIx) -> String {
        self.releases.get(&number).map(|r| super::shape::wave_key(&r.plan, wave)).unwrap_or_default()
    }

    /// The wave that brings a release to a target.
    pub(crate) fn wave_at(&self, number: ReleaseNumber, target: &TargetName) -> Option<WaveIx> {
        let release = self.releases.get(&number)?;
        rollout_of(&release.plan, &release.shape, target).map(|(wave, _, _)| wave)
    }

    /// The job behind a node.
    pub(crate) fn job(&self, number: ReleaseNumber, node: NodeIx) -> Option<&pipelines::plan::Job> {
        match &self.releases.get(&number)?.plan.node(node)?.kind {
            NodeKind::Job(job) => Some(job),
            NodeKind::Gate(_) | NodeKind::Bake(_) | NodeKind::Milestone(_) => None,
        }
    }

    /// Every touched row in its final state (see [`super::Changes::rows`]).
    pub(crate) fn rows(&self, touched: &BTreeSet<Touched>) -> Vec<Row> {
        touched.iter().filter_map(|key| self.touched_row(key)).collect()
    }

    fn touched_row(&self, key: &Touched) -> Option<Row> {
        Some(match key {
            Touched::Pipeline => Row::Pipeline(self.row.clone()),
            Touched::Release(number) => Row::Release(Box::new(self.releases.get(number)?.row.clone())),
            Touched::Plan(number) => Row::Plan(*number, self.releases.get(number)?.plan.clone()),
            Touched::Wave(number, wave) => Row::Wave(self.wave(*number, *wave)?.clone()),
            Touched::Node(number, node) => Row::Node(self.node(*number, *node)?.clone()),
            Touched::Gate(number, node) => Row::Gate(self.gate(*number, *node)?.clone()),
            Touched::Lane(key) => Row::Lane(self.lanes.get(key)?.clone()),
            Touched::Target(name) => Row::Target(self.targets.get(name)?.clone()),
            Touched::Rollout(target, number) => Row::Rollout(self.rollouts.get(&(target.clone(), *number))?.clone()),
            Touched::Attempt(id) => Row::Attempt(Box::new(self.attempts.get(id)?.clone())),
            Touched::Watch(id) => match self.watches.get(id) {
                Some(row) => Row::Watch(Box::new(row.clone())),
                None => Row::WatchEnded(MonitorId(id.0.clone())),
            },
            Touched::Hold(id) => Row::Hold(self.holds.get(&HoldId(id.0.clone()))?.clone()),
        })
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
        outputs: std::collections::BTreeMap::new(),
        reason: String::new(),
        bake: None,
    }
}

pub(crate) fn new_target(name: &TargetName) -> TargetRow {
    TargetRow {
        name: name.clone(),
        fence: 0,
        holder: None,
        live: None,
        live_since: None,
        partly: None,
        good: Vec::new(),
        bad: Vec::new(),
        unknown: None,
        rollouts: 0,
        flag: None,
    }
}

fn named_by_lane(row: &LaneRow) -> Vec<ReleaseNumber> {
    let rollback = row.rollback.iter().flat_map(|r| [Some(r.of), r.to]).flatten();
    row.inside.iter().copied().chain(row.newest_entered.map(|(_, number)| number)).chain(rollback).collect()
}

/// Releases that a target still needs: what runs there, and where it may go back to.
fn named_by_target(row: &TargetRow) -> Vec<ReleaseNumber> {
    row.live.into_iter().chain(row.partly).chain(row.good.iter().map(|g| g.release)).collect()
}
