//! The serialised entry to a wave: who goes in, who gives way, who leaves (L1 to L9).

use pipelines::plan::{LanePolicy, WaveIx};

use super::door::{Door, reason};
use super::event::EventKind;
use super::id::{LaneKey, ReleaseNumber, SourceOrder};
use super::pipeline::Pipeline;
use super::row::{LaneRow, ReleaseState, WaveState};
use super::turn::{Fact, Turn};

/// A release in front of the lane.
#[derive(Debug, Clone, Copy)]
struct Waiting {
    order: SourceOrder,
    number: ReleaseNumber,
    wave: WaveIx,
}

impl Pipeline {
    /// Something changed at a lane's door: decide anew who may enter and who gives way.
    pub(crate) fn review_lane(&mut self, turn: &mut Turn, key: &LaneKey) {
        let waiting: Vec<Waiting> = self.waiting_at(key).map(|(order, number, wave)| Waiting { order, number, wave }).collect();
        let Some(newest) = waiting.last().copied() else { return };
        match self.policy(newest) {
            LanePolicy::Supersede => self.review_supersede(turn, key, waiting),
            LanePolicy::Queue => self.review_queue(turn, key, &waiting),
            LanePolicy::Parallel => self.review_parallel(turn, key, &waiting),
        }
    }

    /// The newest plan that waits says how the lane works.
    fn policy(&self, waiting: Waiting) -> LanePolicy {
        self.plan_of(waiting.number).wave(waiting.wave).map_or(LanePolicy::Supersede, |w| w.lane.policy)
    }

    /// L3: the newest whose gates are all satisfied goes in; older ones give way.
    fn review_supersede(&mut self, turn: &mut Turn, key: &LaneKey, waiting: Vec<Waiting>) {
        let waiting = self.drop_outdated(turn, key, waiting);
        let mut doors: Vec<(Waiting, Door)> = waiting.into_iter().map(|w| (w, self.look_at_door(turn, w.number, w.wave))).collect();
        // Newest first; whoever is newer and just as ready carries the older one's commits.
        doors.reverse();
        let mut kept: Vec<(Waiting, Door)> = Vec::new();
        for (older, door) in doors {
            let by = kept.iter().find(|(newer, other)| {
                let replaces = !door.is_approved || other.is_approved;
                replaces && !self.is_inside(key, newer.number) && !self.goes_after(newer.number, older.number, older.wave)
            });
            match by.map(|(newer, _)| newer.number) {
                Some(newer) if !self.is_inside(key, older.number) => self.supersede(turn, older, newer),
                Some(_) | None => kept.push((older, door)),
            }
        }
        let free = self.is_free(key);
        let entering = kept.iter().find(|(w, door)| door.is_open() && (self.is_inside(key, w.number) || free)).map(|(w, _)| *w);
        let entering = entering.filter(|_| self.rollback_in(key).is_none());
        if let Some(entering) = entering {
            self.let_in(turn, key, entering);
            for (older, _) in kept.iter().filter(|(w, _)| (w.order, w.number) < (entering.order, entering.number)) {
                if !self.is_inside(key, older.number) {
                    self.supersede(turn, *older, entering.number);
                }
            }
        }
        for (w, door) in kept {
            self.show_door(turn, key, w, door);
        }
    }

    /// L9: every release, the oldest first. One that was rejected lets the others pass.
    fn review_queue(&mut self, turn: &mut Turn, key: &LaneKey, waiting: &[Waiting]) {
        let waiting = self.drop_outdated(turn, key, waiting.to_vec());
        let mut ahead: Option<ReleaseNumber> = None;
        for w in waiting {
            if let Some(ahead) = ahead {
                let behind = reason("lane", format!("release {ahead} goes first"), turn.now, None, &ahead.to_string());
                self.show_waiting(turn, w.number, w.wave, vec![behind]);
                continue;
            }
            let door = self.look_at_door(turn, w.number, w.wave);
            if door.is_open() && self.rollback_in(key).is_none() && (self.is_free(key) || self.is_inside(key, w.number)) {
                self.let_in(turn, key, w);
                continue;
            }
            if !door.is_rejected {
                ahead = Some(w.number);
            }
            self.show_door(turn, key, w, door);
        }
    }

    fn review_parallel(&mut self, turn: &mut Turn, key: &LaneKey, waiting: &[Waiting]) {
        let (alone, mut waiting): (Vec<Waiting>, Vec<Waiting>) = waiting.iter().partition(|w| self.policy(**w) != LanePolicy::Parallel);
        waiting.extend(self.drop_outdated(turn, key, alone));
        waiting.sort_by_key(|w| (w.order, w.number));
        for w in waiting {
            let door = self.look_at_door(turn, w.number, w.wave);
            if door.is_open() && self.rollback_in(key).is_none() && self.may_share(key, w) {
                self.let_in(turn, key, w);
            } else {
                self.show_door(turn, key, w, door);
            }
        }
    }

    /// Where the file changed from one policy to another, a release goes in beside others only if its own plan and theirs allow it.
    fn may_share(&self, key: &LaneKey, entering: Waiting) -> bool {
        let shares = |number: ReleaseNumber| {
            self.plan_of(number)
                .waves()
                .find(|(_, _, wave)| wave.lane.key == key.0)
                .is_some_and(|(_, _, wave)| wave.lane.policy == LanePolicy::Parallel)
        };
        let inside = self.lanes.get(key).map(|lane| lane.inside.as_slice()).unwrap_or_default();
        self.is_inside(key, entering.number)
            || inside.is_empty()
            || (shares(entering.number) && inside.iter().all(|number| shares(*number)))
    }

    /// L5: after a newer release has entered, an older one may not enter any more.
    fn drop_outdated(&mut self, turn: &mut Turn, key: &LaneKey, waiting: Vec<Waiting>) -> Vec<Waiting> {
        let Some(newest) = self.lanes.get(key).and_then(|lane| lane.newest_entered) else { return waiting };
        let (old, rest): (Vec<Waiting>, Vec<Waiting>) =
            waiting.into_iter().partition(|w| (w.order, w.number) < newest && !self.is_inside(key, w.number));
        for w in old {
            let words = format!("newer release {} has entered {key}", newest.1);
            self.leave_door(turn, w, ReleaseState::Outdated, newest.1, words, EventKind::ReleaseOutdated);
        }
        rest
    }

    fn supersede(&mut self, turn: &mut Turn, older: Waiting, by: ReleaseNumber) {
        let words = format!("release {by} carries its commits");
        self.leave_door(turn, older, ReleaseState::Superseded, by, words, EventKind::ReleaseSuperseded);
    }

    /// It stays where it got to (L4), and names who carries its commits.
    fn leave_door(&mut self, turn: &mut Turn, w: Waiting, state: ReleaseState, by: ReleaseNumber, words: String, kind: EventKind) {
        let now = turn.now;
        self.edit_wave(turn, w.number, w.wave, |row| {
            row.state = WaveState::Left;
            row.ended_at = Some(now);
            row.waits_for.clear();
        });
        self.edit_release(turn, w.number, |row| {
            row.state = state;
            row.reason.clone_from(&words);
            row.ended_at = Some(now);
            row.superseded_by = Some(by);
        });
        let place = self.wave_key(w.number, w.wave);
        self.emit(turn, Fact::new(kind, words).release(w.number).place(place).data("by", by.0));
    }

    fn let_in(&mut self, turn: &mut Turn, key: &LaneKey, w: Waiting) {
        // Whoever came before does not answer for this lane's alarms any more (IC7).
        if let Some((_, before)) = self.lanes.get(key).and_then(|lane| lane.newest_entered) {
            turn.watches.extend(self.waves(before).map(|row| (before, row.wave)));
        }
        self.edit_lane(turn, key, |lane| {
            if !lane.inside.contains(&w.number) {
                lane.inside.push(w.number);
            }
            lane.newest_entered = lane.newest_entered.max(Some((w.order, w.number)));
        });
        self.enter(turn, w.number, w.wave);
    }

    /// What still waits says for what: its gates, then the lane itself.
    fn show_door(&mut self, turn: &mut Turn, key: &LaneKey, w: Waiting, door: Door) {
        if self.wave(w.number, w.wave).is_none_or(|row| row.state != WaveState::Waiting) {
            return;
        }
        let mut reasons = door.reasons;
        if let Some(of) = self.rollback_in(key) {
            reasons.push(reason("lane", format!("release {of} is being rolled back"), turn.now, None, &of.to_string()));
        } else if let Some(inside) = self.lanes.get(key).and_then(|lane| lane.inside.iter().find(|n| **n != w.number)) {
            reasons.push(reason("lane", format!("release {inside} is in {key}"), turn.now, None, &inside.to_string()));
        }
        self.show_waiting(turn, w.number, w.wave, reasons);
    }

    /// A release leaves a lane once nothing of it runs there and no later wave of it shares the lane (L8).
    pub(crate) fn leave(&mut self, turn: &mut Turn, number: ReleaseNumber, wave: WaveIx) {
        let Some(key) = self.lane_key(number, wave) else { return };
        if !self.is_inside(&key, number) || self.stays_in(&key, number) {
            return;
        }
        self.edit_lane(turn, &key, |lane| lane.inside.retain(|n| *n != number));
    }

    fn stays_in(&self, key: &LaneKey, number: ReleaseNumber) -> bool {
        let Some(release) = self.release(number) else { return false };
        let moving = release.row.state == ReleaseState::Moving;
        release.plan.waves().filter(|(_, _, wave)| wave.lane.key == key.0).any(|(ix, _, wave)| {
            let busy = release.open_in(ix) > 0 || wave.rollouts.iter().any(|r| self.is_busy(number, &r.target.as_str().into()));
            match release.waves.get(&ix).map(|row| row.state) {
                Some(WaveState::Entered | WaveState::Failing) => true,
                Some(WaveState::Completed | WaveState::Failed | WaveState::RolledBack | WaveState::Cancelled) => busy,
                // Ahead of it in the same lane, for as long as it moves.
                Some(WaveState::Waiting | WaveState::Left) | None => busy || moving,
            }
        })
    }

    /// A target of this release is still under way, though the wave was complete without it (`at_least`).
    fn is_busy(&self, number: ReleaseNumber, target: &super::id::TargetName) -> bool {
        self.release(number)
            .is_some_and(|r| matches!(r.row.state, ReleaseState::Moving | ReleaseState::Superseded | ReleaseState::Outdated))
            && self.rollout(number, target).is_some_and(|row| row.ended_at.is_none())
    }

    pub(crate) fn is_inside(&self, key: &LaneKey, number: ReleaseNumber) -> bool {
        self.lanes.get(key).is_some_and(|lane| lane.inside.contains(&number))
    }

    fn is_free(&self, key: &LaneKey) -> bool {
        self.lanes.get(key).is_none_or(|lane: &LaneRow| lane.inside.is_empty())
    }

    /// The release that is being taken back in a lane; then nothing else is admitted (L6).
    pub(crate) fn rollback_in(&self, key: &LaneKey) -> Option<ReleaseNumber> {
        self.lanes.get(key)?.rollback.as_ref().map(|r| r.of)
    }
}
