use std::collections::{BTreeMap, BTreeSet};

use crate::core::id::{LaneKey, ReleaseNumber, TargetName};
use crate::core::index::{Deadline, set_member};
use crate::core::pipeline::Pipeline;
use crate::core::row::{Direction, HoldRow, LaneRow, RolloutRow, TargetRow, WatchRow};
use crate::core::turn::{Touched, Turn};

impl Pipeline {
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
}

fn new_target(name: &TargetName) -> TargetRow {
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
        barriers: BTreeMap::new(),
        glass: None,
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
