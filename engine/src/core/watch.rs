//! Readings of monitors: who needs them, since when they are bad, and what a fired alarm does (IC5 to IC7).

use std::collections::BTreeMap;

use pipelines::plan::{Monitor, NodeIx, Pace, WaveIx};

use super::Time;
use super::effect::Effect;
use super::event::EventKind;
use super::id::{MonitorId, ReleaseNumber, TargetName};
use super::index::{Deadline, Watcher, set_member};
use super::input::Reading;
use super::pipeline::Pipeline;
use super::rejected::Rejected;
use super::row::{FailureCause, GateState, ReleaseState, WatchRow, WaveState};
use super::shape::WatchedAlarm;
use super::turn::{Fact, Turn};

impl Pipeline {
    /// One reading, for everybody who watches that monitor. A late one that nobody needs is nothing.
    pub(crate) fn observe(&mut self, turn: &mut Turn, id: &MonitorId, reading: Reading) -> Result<(), Rejected> {
        let watchers: Vec<Watcher> = self.index.watchers.get(id).into_iter().flatten().copied().collect();
        for watcher in &watchers {
            if let Watcher::Bake(number, ix) = watcher {
                self.judge_gap(turn, *number, *ix);
            }
        }
        let Some(mut row) = self.watches.get(id).cloned() else { return Ok(()) };
        self.note_reading(turn, &mut row, &reading);
        let bad_since = row.bad_since.filter(|_| matches!(reading, Reading::Bad { .. }));
        // A bad time that has had its effect has no other (IC2).
        let is_new = !row.fired;
        if self.watches.contains_key(id) {
            self.put_watch(turn, row);
        }
        for watcher in watchers {
            match watcher {
                Watcher::Wave(number, wave) => {
                    self.wave_read(turn, number, wave, id, bad_since.filter(|_| is_new || self.is_entered(number, wave)), &reading)
                }
                Watcher::Bake(number, ix) => self.bake_read(turn, number, ix, id, bad_since, &reading),
            }
        }
        Ok(())
    }

    /// How closely a monitor is looked at: as closely as whoever needs it most wants.
    #[must_use]
    pub fn pace(&self, id: &MonitorId) -> Pace {
        let of = |watcher: &Watcher| match watcher {
            Watcher::Bake(..) => Pace::Close,
            Watcher::Wave(number, wave) => match self.wave(*number, *wave).map(|row| row.state) {
                Some(WaveState::Entered | WaveState::Failing) => Pace::Close,
                Some(WaveState::Completed) => Pace::Loose,
                _ => Pace::Usual,
            },
        };
        self.index.watchers.get(id).into_iter().flatten().map(of).max().unwrap_or(Pace::Loose)
    }

    fn note_reading(&self, turn: &mut Turn, row: &mut WatchRow, reading: &Reading) {
        let was_dark = row.dark_since.is_some();
        let is_dark = matches!(reading, Reading::NoData { .. } | Reading::Unreadable { .. });
        match reading {
            Reading::Ok { .. } => row.bad_since = None,
            Reading::Bad { .. } => row.bad_since = row.bad_since.or(Some(turn.now)),
            // What could not be read neither clears an alarm nor starts one.
            Reading::NoData { .. } | Reading::Unreadable { .. } => {}
        }
        row.dark_since = if is_dark { row.dark_since.or(Some(turn.now)) } else { None };
        row.remember(reading, turn.now);
        let about = |kind, words: String, row: &WatchRow| {
            Fact::new(kind, words).data("monitor", row.id.as_str()).data("watchers", row.watchers.clone())
        };
        if row.fired && row.bad_since.is_none() {
            row.fired = false;
            self.emit(turn, about(EventKind::AlarmCleared, detail(reading).to_owned(), row));
        }
        // That there is nothing to compare with is no news.
        let is_silent = row.monitor.is_guard() && !matches!(reading, Reading::Unreadable { .. });
        if is_silent {
            return;
        }
        if is_dark && !was_dark {
            self.emit(turn, about(EventKind::MonitorUnreadable, detail(reading).to_owned(), row));
        } else if was_dark && !is_dark {
            self.emit(turn, about(EventKind::MonitorReadable, detail(reading).to_owned(), row));
        }
    }

    fn wave_read(
        &mut self,
        turn: &mut Turn,
        number: ReleaseNumber,
        wave: WaveIx,
        id: &MonitorId,
        bad_since: Option<Time>,
        reading: &Reading,
    ) {
        let Some(row) = self.wave(number, wave) else { return };
        let entered_at = match row.state {
            WaveState::Waiting => {
                turn.lanes.extend(self.lane_key(number, wave));
                return;
            }
            WaveState::Entered | WaveState::Failing => row.entered_at,
            WaveState::Completed if self.is_answered_for(number, wave, id) => return,
            WaveState::Completed => row.entered_at,
            WaveState::Failed | WaveState::RolledBack | WaveState::Cancelled | WaveState::Left => return,
        };
        let Some(bad_since) = bad_since else { return };
        if self.watch_until(number, wave).is_none_or(|until| until <= turn.now) {
            return;
        }
        let alarms = self.release(number).and_then(|r| r.shape.wave_alarms.get(&wave)).cloned().unwrap_or_default();
        for watched in alarms.iter().filter(|w| w.id == *id) {
            let target = watched.alarm.target.as_deref().map(TargetName::from);
            let began = match &target {
                Some(target) => self.rollout(number, target).map(|r| r.started_at),
                None => entered_at,
            };
            let counts = self.bad_against(number, wave, target.as_ref(), bad_since, began);
            if counts.is_some_and(|since| turn.now.since_ms(since) >= watched.alarm.for_ms) {
                self.alarm_fired(turn, number, wave, watched, bad_since, reading);
            }
        }
    }

    fn is_entered(&self, number: ReleaseNumber, wave: WaveIx) -> bool {
        self.wave(number, wave).is_some_and(|row| matches!(row.state, WaveState::Entered | WaveState::Failing))
    }

    /// Where a monitor speaks of several waves, whoever is under way answers for it, not who was complete before.
    fn is_answered_for(&self, number: ReleaseNumber, wave: WaveIx, id: &MonitorId) -> bool {
        self.index.watchers.get(id).into_iter().flatten().any(|other| match other {
            Watcher::Wave(n, w) => (*n, *w) != (number, wave) && self.is_entered(*n, *w),
            Watcher::Bake(..) => false,
        })
    }

    /// Only what went bad after the rollout began counts against it (IC6, IC7). Nothing can have been bad at
    /// that very moment unless a person overrode the wave's alarms.
    pub(crate) fn counts_against(&self, number: ReleaseNumber, wave: WaveIx, bad_since: Time, began: Option<Time>) -> bool {
        let Some(began) = began else { return false };
        let key = format!("{}/alarms", self.wave_key(number, wave));
        let overridden = self.release(number).is_some_and(|r| r.row.overrides.iter().any(|o| o.gate == key));
        bad_since > began || (bad_since == began && !overridden)
    }

    /// X1: an alarm during rollout or bake, or soon after (X9).
    fn alarm_fired(
        &mut self,
        turn: &mut Turn,
        number: ReleaseNumber,
        wave: WaveIx,
        watched: &WatchedAlarm,
        bad_since: Time,
        reading: &Reading,
    ) {
        let target = watched.alarm.target.as_deref().map(TargetName::from);
        let place = self.wave_key(number, wave);
        let words = format!("alarm {} fires in {place}: {}", watched.alarm.name, detail(reading));
        self.note_fired(turn, number, &place, watched, &words);
        let plan = self.plan_of(number);
        let acts = plan.stage(wave.stage).is_some_and(|s| s.rollback.on_alarm);
        let has_acted = self
            .wave(number, wave)
            .and_then(|row| row.failure.as_ref())
            .is_some_and(|f| f.cause == FailureCause::Alarm && f.target == target);
        match watched.alarm.aggregate {
            Some(reach) if acts => self.fail_all_in_reach(turn, watched, reach, bad_since, &words),
            None if acts && !has_acted => self.fail_wave(turn, number, wave, FailureCause::Alarm, words, target.as_ref()),
            Some(_) | None => {}
        }
    }

    /// An alarm fires once for as long as it stays bad.
    pub(crate) fn note_fired(&mut self, turn: &mut Turn, number: ReleaseNumber, place: &str, watched: &WatchedAlarm, words: &str) {
        let Some(mut row) = self.watches.get(&watched.id).filter(|row| !row.fired).cloned() else { return };
        row.fired = true;
        self.put_watch(turn, row);
        let fact = Fact::new(EventKind::AlarmFired, words).release(number).place(place);
        self.emit(turn, fact.data("monitor", watched.id.as_str()).data("alarm", watched.alarm.name.clone()).by_engine());
    }

    /// Starts and ends watching as a release waits at a wave, is in it, or has left it.
    pub(crate) fn review_watches(&mut self, turn: &mut Turn, number: ReleaseNumber, wave: WaveIx) {
        let until = self.watch_until(number, wave).filter(|until| *until > turn.now);
        let wanted = if until.is_some() { self.watch_list(number, wave) } else { BTreeMap::new() };
        let ends = until.filter(|_| !wanted.is_empty());
        let key = format!("{number} {}", self.wave_key(number, wave));
        self.set_watched(turn, Watcher::Wave(number, wave), &key, wanted);
        self.index.set_deadline(Deadline::Within(number, wave), ends);
    }

    pub(crate) fn review_bake_watch(&mut self, turn: &mut Turn, number: ReleaseNumber, ix: NodeIx) {
        let bakes = self.node(number, ix).is_some_and(|row| row.state == super::row::NodeState::Baking);
        let alarms = self.release(number).and_then(|r| r.shape.node_alarms.get(&ix)).filter(|_| bakes).cloned().unwrap_or_default();
        let wanted = alarms.into_iter().map(|w| (w.id, w.alarm.monitor)).collect();
        let key = format!("{number} {}", self.node_key(number, ix));
        self.set_watched(turn, Watcher::Bake(number, ix), &key, wanted);
    }

    /// Until when a wave's readings matter; none: they do not.
    pub(crate) fn watch_until(&self, number: ReleaseNumber, wave: WaveIx) -> Option<Time> {
        let release = self.release(number)?;
        let row = release.waves.get(&wave)?;
        match row.state {
            WaveState::Waiting | WaveState::Entered | WaveState::Failing => Some(Time::NEVER),
            WaveState::Failed | WaveState::RolledBack | WaveState::Cancelled | WaveState::Left => None,
            WaveState::Completed => {
                let stage = release.plan.stage(wave.stage)?;
                // Once a newer release is in, its own rollout answers for the alarm (IC7).
                let key = self.lane_key(number, wave)?;
                let newest = self.lanes.get(&key)?.newest_entered?;
                if newest.1 != number || release.row.quarantine.is_some() {
                    return None;
                }
                let ended = release.nodes.get(&stage.end).filter(|n| n.state.satisfies()).map(|n| n.since);
                match (ended, release.row.state) {
                    (Some(ended), _) => Some(ended + stage.rollback.within_ms),
                    (None, ReleaseState::Moving) => Some(Time::NEVER),
                    (None, ReleaseState::Completed | ReleaseState::Superseded | ReleaseState::Outdated) => {
                        Some(release.row.ended_at? + stage.rollback.within_ms)
                    }
                    (None, ReleaseState::Failed | ReleaseState::Cancelled) => None,
                }
            }
        }
    }

    fn watch_list(&self, number: ReleaseNumber, wave: WaveIx) -> BTreeMap<MonitorId, Monitor> {
        let Some(release) = self.release(number) else { return BTreeMap::new() };
        let mut wanted: Vec<&WatchedAlarm> = release.shape.wave_alarms.get(&wave).into_iter().flatten().collect();
        if release.waves.get(&wave).is_some_and(|row| row.state == WaveState::Waiting) {
            wanted.retain(|w| !w.alarm.monitor.is_guard());
            for ix in release.plan.wave(wave).into_iter().flat_map(|w| &w.gates) {
                // A metric is read from the moment at which it is asked (G2), an alarm while somebody waits.
                let asked =
                    super::gate::rank(&release.plan, *ix) == Some(0) || release.gates.get(ix).is_some_and(|g| g.state != GateState::Idle);
                wanted.extend(release.shape.node_alarms.get(ix).into_iter().flatten().filter(|_| asked));
            }
        }
        wanted.into_iter().map(|w| (w.id.clone(), w.alarm.monitor.clone())).collect()
    }

    fn set_watched(&mut self, turn: &mut Turn, watcher: Watcher, key: &str, wanted: BTreeMap<MonitorId, Monitor>) {
        let before = self.index.watched.get(&watcher).cloned().unwrap_or_default();
        for id in before.iter().filter(|id| !wanted.contains_key(*id)) {
            self.unwatch(turn, watcher, key, id);
        }
        for (id, monitor) in wanted {
            if !before.contains(&id) {
                self.watch_for(turn, watcher, key, id, monitor);
            }
        }
    }

    fn watch_for(&mut self, turn: &mut Turn, watcher: Watcher, key: &str, id: MonitorId, monitor: Monitor) {
        self.index_watcher(watcher, &id, true);
        let mut row = self.watches.get(&id).cloned().unwrap_or_else(|| {
            turn.effects.push(Effect::Watch { id: id.clone(), monitor: monitor.clone() });
            WatchRow {
                id,
                monitor,
                since: turn.now,
                wanted_at: None,
                watchers: Vec::new(),
                last: None,
                last_at: None,
                bad_since: None,
                dark_since: None,
                fired: false,
                recent: Vec::new(),
            }
        });
        // Who comes new does not wait for a reading that others need less.
        row.wanted_at = Some(turn.now);
        row.watchers.push(key.to_owned());
        row.watchers.sort();
        self.put_watch(turn, row);
    }

    fn unwatch(&mut self, turn: &mut Turn, watcher: Watcher, key: &str, id: &MonitorId) {
        self.index_watcher(watcher, id, false);
        let Some(mut row) = self.watches.get(id).cloned() else { return };
        row.watchers.retain(|k| k != key);
        if row.watchers.is_empty() {
            turn.unwatched.insert(id.clone());
        }
        self.put_watch(turn, row);
    }

    /// What nobody took over within the turn is not watched any more.
    pub(crate) fn end_watches(&mut self, turn: &mut Turn) {
        for id in std::mem::take(&mut turn.unwatched) {
            if self.index.watchers.contains_key(&id) {
                continue;
            }
            self.watches.remove(&id);
            turn.touched.insert(super::turn::Touched::Watch(id.clone()));
            turn.effects.push(Effect::Unwatch(id));
        }
    }

    fn index_watcher(&mut self, watcher: Watcher, id: &MonitorId, watches: bool) {
        set_member(&mut self.index.watchers, id, &watcher, watches);
        set_member(&mut self.index.watched, &watcher, id, watches);
    }

    /// Who watches what stands in the watches' rows, by key.
    pub(crate) fn load_watchers(&mut self) {
        let mut keys: BTreeMap<String, Vec<MonitorId>> = BTreeMap::new();
        for row in self.watches.values() {
            for key in &row.watchers {
                keys.entry(key.clone()).or_default().push(row.id.clone());
            }
        }
        let mut found: Vec<(Watcher, MonitorId)> = Vec::new();
        for (number, release) in &self.releases {
            for wave in release.waves.keys() {
                let key = format!("{number} {}", super::shape::wave_key(&release.plan, *wave));
                found.extend(keys.get(&key).into_iter().flatten().map(|id| (Watcher::Wave(*number, *wave), id.clone())));
            }
            for ix in release.nodes.values().filter(|row| row.state == super::row::NodeState::Baking).map(|row| row.node) {
                let key = format!("{number} {}", self.node_key(*number, ix));
                found.extend(keys.get(&key).into_iter().flatten().map(|id| (Watcher::Bake(*number, ix), id.clone())));
            }
        }
        for (watcher, id) in found {
            self.index_watcher(watcher, &id, true);
            if let Watcher::Wave(number, wave) = watcher {
                let until = self.watch_until(number, wave);
                self.index.set_deadline(Deadline::Within(number, wave), until);
            }
        }
    }
}

pub(crate) fn detail(reading: &Reading) -> &str {
    match reading {
        Reading::Ok { detail, .. } | Reading::Bad { detail, .. } | Reading::NoData { detail } | Reading::Unreadable { detail } => detail,
    }
}
