//! The watched time after a rollout or an increment of one (B1 to B4).

use pipelines::plan::{Bake, NodeIx, NodeKind, Plan, WhenUnclear};

use super::Time;
use super::event::EventKind;
use super::id::{MonitorId, ReleaseNumber, TargetName};
use super::input::Reading;
use super::pipeline::Pipeline;
use super::row::{BakeRecord, FailureCause, NodeRow, NodeState, RolloutState};
use super::shape::{rollout_of, wave_key, wave_of};
use super::turn::{Fact, Turn};

/// When a bake has to be judged next, whatever is read until then.
pub(crate) fn deadline(plan: &Plan, row: &NodeRow) -> Option<Time> {
    let NodeKind::Bake(bake) = &plan.node(row.node)?.kind else { return None };
    let record = row.bake.as_ref()?;
    // A gap is an error from the first millisecond beyond the tolerance.
    let dark = record.last_read_at.values().min().map(|at| *at + bake.tolerance_ms + 1);
    let monitors = bake
        .alarms
        .iter()
        .enumerate()
        .filter(|(at, alarm)| !bake.alarms.iter().take(*at).any(|before| before.monitor == alarm.monitor))
        .count();
    let unread = (record.last_read_at.len() < monitors).then(|| record.started_at + bake.tolerance_ms + 1);
    let read_at_end = record.last_read_at.values().all(|at| *at >= record.ends_at);
    let end = match (record.overdue, unread) {
        (false, _) => Some(record.ends_at),
        (true, None) if read_at_end => Some(record.ends_at + patience_ms(bake)),
        // Only a reading or the tolerance can end it.
        (true, None | Some(_)) => None,
    };
    [end, dark, unread].into_iter().flatten().min()
}

/// How long an overdue bake waits: at least until an alarm that is bad could fire.
fn patience_ms(bake: &Bake) -> u64 {
    bake.alarms.iter().map(|alarm| alarm.for_ms).fold(bake.patience_ms, u64::max)
}

/// The four outcomes (B2).
enum Outcome {
    Goes,
    Passed,
    Errored(String),
    Inconclusive(String),
}

impl Pipeline {
    pub(crate) fn start_bake(&mut self, turn: &mut Turn, number: ReleaseNumber, ix: NodeIx, bake: &Bake) {
        let ends_at = turn.now + bake.duration_ms;
        let mut row = self.node(number, ix).cloned().unwrap_or_else(|| super::table::new_node(number, ix, turn.now));
        row.state = NodeState::Baking;
        row.since = turn.now;
        row.reason = String::new();
        row.bake = Some(BakeRecord {
            started_at: turn.now,
            ends_at,
            data_points: std::collections::BTreeMap::new(),
            last_read_at: std::collections::BTreeMap::new(),
            overdue: false,
        });
        self.put_node(turn, row);
        self.emit_bake(turn, number, ix, EventKind::BakeStarted, &format!("watched until {ends_at}"));
        self.mark_baking(turn, number, ix, RolloutState::Baking);
        self.review_bake_watch(turn, number, ix);
        self.judge_bake(turn, number, ix);
    }

    /// A rollout bakes when the target runs the release; between increments it is still under way.
    fn mark_baking(&mut self, turn: &mut Turn, number: ReleaseNumber, ix: NodeIx, state: RolloutState) {
        let Some(target) = self.target_of(number, ix) else { return };
        let deployed = self
            .release(number)
            .is_some_and(|r| rollout_of(&r.plan, &r.shape, &target).is_some_and(|(_, _, rollout)| r.is_satisfied(rollout.deployed)));
        let goes = self.rollout(number, &target).is_some_and(|r| matches!(r.state, RolloutState::Running | RolloutState::Baking));
        if deployed && goes {
            self.edit_rollout(turn, number, &target, |row| row.state = state);
        }
    }

    pub(crate) fn target_of(&self, number: ReleaseNumber, ix: NodeIx) -> Option<TargetName> {
        self.release(number)?.plan.node(ix)?.target.clone().map(TargetName)
    }

    /// One reading of one of its alarms.
    pub(crate) fn bake_read(
        &mut self,
        turn: &mut Turn,
        number: ReleaseNumber,
        ix: NodeIx,
        id: &MonitorId,
        bad_since: Option<Time>,
        reading: &Reading,
    ) {
        let Some(mut row) = self.node(number, ix).filter(|row| row.state == NodeState::Baking).cloned() else { return };
        let Some(record) = &mut row.bake else { return };
        match reading {
            Reading::Ok { .. } | Reading::Bad { .. } => {
                let points = record.data_points.entry(id.clone()).or_default();
                *points = points.saturating_add(1);
                record.last_read_at.insert(id.clone(), turn.now);
            }
            Reading::NoData { .. } => {
                record.last_read_at.insert(id.clone(), turn.now);
            }
            Reading::Unreadable { .. } => {}
        }
        self.put_node(turn, row);
        if let Some(bad_since) = bad_since {
            self.bake_alarm(turn, number, ix, id, bad_since, reading);
        }
        self.judge_bake(turn, number, ix);
    }

    /// Only what went bad after the target's rollout began counts against it (IC7).
    fn bake_alarm(&mut self, turn: &mut Turn, number: ReleaseNumber, ix: NodeIx, id: &MonitorId, bad_since: Time, reading: &Reading) {
        let target = self.target_of(number, ix);
        let plan = self.plan_of(number);
        let Some(node) = plan.node(ix) else { return };
        let wave = wave_of(&plan, node);
        let began = match &target {
            Some(target) => self.rollout(number, target).map(|r| r.started_at),
            None => self.wave(number, wave).and_then(|row| row.entered_at),
        };
        let went_bad = bad_since;
        let Some(bad_since) = self.bad_against(number, wave, target.as_ref(), bad_since, began) else { return };
        let alarms = self.release(number).and_then(|r| r.shape.node_alarms.get(&ix)).cloned().unwrap_or_default();
        let Some(fired) = alarms.iter().find(|w| w.id == *id && turn.now.since_ms(bad_since) >= w.alarm.for_ms) else { return };
        let words = format!("alarm {} fires while {} bakes: {}", fired.alarm.name, node.key, super::watch::detail(reading));
        self.note_fired(turn, number, &wave_key(&plan, wave), fired, &words);
        self.end_bake(turn, number, ix, NodeState::Failed, EventKind::BakeFailed, &words);
        match fired.alarm.aggregate {
            Some(reach) => self.fail_all_in_reach(turn, fired, reach, went_bad, &words),
            None => return self.fail_wave(turn, number, wave, FailureCause::Alarm, words, target.as_ref()),
        }
        // Where alarms do not act by themselves, the bake has failed all the same.
        if self.wave(number, wave).is_some_and(|row| row.failure.is_none()) {
            self.fail_wave(turn, number, wave, FailureCause::Alarm, words, target.as_ref());
        }
    }

    /// A gap in watching is judged before the reading that closes it (B3).
    pub(crate) fn judge_gap(&mut self, turn: &mut Turn, number: ReleaseNumber, ix: NodeIx) {
        let plan = self.plan_of(number);
        let Some(NodeKind::Bake(bake)) = plan.node(ix).map(|n| &n.kind) else { return };
        let Some(row) = self.node(number, ix).filter(|row| row.state == NodeState::Baking) else { return };
        if let Outcome::Errored(why) = self.bake_outcome(turn.now, number, row, bake) {
            self.end_unclear(turn, number, ix, EventKind::BakeErrored, bake.on_error, &why);
        }
    }

    /// Whether a bake is over, and how (B1, B2, B3).
    pub(crate) fn judge_bake(&mut self, turn: &mut Turn, number: ReleaseNumber, ix: NodeIx) {
        let plan = self.plan_of(number);
        let Some(NodeKind::Bake(bake)) = plan.node(ix).map(|n| &n.kind) else { return };
        let Some(row) = self.node(number, ix).filter(|row| row.state == NodeState::Baking).cloned() else { return };
        match self.bake_outcome(turn.now, number, &row, bake) {
            Outcome::Goes => self.mark_overdue(turn, row),
            Outcome::Passed => {
                self.end_bake(turn, number, ix, NodeState::Succeeded, EventKind::BakePassed, "its alarms were OK throughout");
                self.mark_baking(turn, number, ix, RolloutState::Running);
            }
            Outcome::Errored(why) => self.end_unclear(turn, number, ix, EventKind::BakeErrored, bake.on_error, &why),
            Outcome::Inconclusive(why) => self.end_unclear(turn, number, ix, EventKind::BakeInconclusive, bake.on_inconclusive, &why),
        }
    }

    fn bake_outcome(&self, now: Time, number: ReleaseNumber, row: &NodeRow, bake: &Bake) -> Outcome {
        let (Some(record), Some(release)) = (&row.bake, self.release(number)) else { return Outcome::Goes };
        let alarms = release.shape.node_alarms.get(&row.node).map(Vec::as_slice).unwrap_or_default();
        let last_read = |id: &MonitorId| record.last_read_at.get(id).copied();
        if let Some(dark) = alarms.iter().find(|w| now.since_ms(last_read(&w.id).unwrap_or(record.started_at)) > bake.tolerance_ms) {
            let since = last_read(&dark.id).unwrap_or(record.started_at);
            return Outcome::Errored(format!("alarm {} could not be read since {since}", dark.alarm.name));
        }
        // The end of a bake is evidence too: every alarm has to be read once more when the time is over.
        if now < record.ends_at || alarms.iter().any(|w| last_read(&w.id).is_none_or(|at| at < record.ends_at)) {
            return Outcome::Goes;
        }
        let few = alarms.iter().find(|w| record.data_points.get(&w.id).copied().unwrap_or(0) < bake.min_data_points);
        let bad = alarms.iter().find(|w| self.watches.get(&w.id).is_some_and(|watch| watch.bad_since.is_some()));
        let why = match (few, bad) {
            (None, None) => return Outcome::Passed,
            (Some(few), _) => {
                let seen = record.data_points.get(&few.id).copied().unwrap_or(0);
                format!("alarm {} gave {seen} of {} data points", few.alarm.name, bake.min_data_points)
            }
            (None, Some(bad)) => format!("alarm {} is bad and has not fired", bad.alarm.name),
        };
        if now >= record.ends_at + patience_ms(bake) { Outcome::Inconclusive(why) } else { Outcome::Goes }
    }

    fn mark_overdue(&mut self, turn: &mut Turn, mut row: NodeRow) {
        let Some(record) = &mut row.bake else { return };
        if !record.overdue && turn.now >= record.ends_at {
            record.overdue = true;
            self.put_node(turn, row);
        } else {
            // A deadline that was met without an end is set anew.
            self.index_node(row);
        }
    }

    fn end_bake(&mut self, turn: &mut Turn, number: ReleaseNumber, ix: NodeIx, state: NodeState, kind: EventKind, reason: &str) {
        self.emit_bake(turn, number, ix, kind, reason);
        self.set_node(turn, number, ix, state, reason);
        self.review_bake_watch(turn, number, ix);
    }

    /// Neither passed nor failed: stop and tell people, or as the file says (B2).
    fn end_unclear(&mut self, turn: &mut Turn, number: ReleaseNumber, ix: NodeIx, kind: EventKind, then: WhenUnclear, why: &str) {
        let plan = self.plan_of(number);
        let Some(node) = plan.node(ix) else { return };
        let (wave, target) = (wave_of(&plan, node), self.target_of(number, ix));
        match then {
            WhenUnclear::Pass => {
                self.end_bake(turn, number, ix, NodeState::Succeeded, kind, &format!("{why}; goes on as the file says"));
                self.mark_baking(turn, number, ix, RolloutState::Running);
            }
            WhenUnclear::Stop => self.stop_bake(turn, number, ix, kind, why),
            WhenUnclear::Rollback => {
                self.end_bake(turn, number, ix, NodeState::Unclear, kind, why);
                self.fail_wave(turn, number, wave, FailureCause::Unclear, format!("{}: {why}", node.key), target.as_ref());
                self.trigger_rollback(turn, number, wave, target.as_ref(), why);
            }
        }
    }

    /// Ended without an answer: the lane is held until a person has looked.
    pub(crate) fn stop_bake(&mut self, turn: &mut Turn, number: ReleaseNumber, ix: NodeIx, kind: EventKind, why: &str) {
        let plan = self.plan_of(number);
        let Some(node) = plan.node(ix) else { return };
        let (wave, target) = (wave_of(&plan, node), self.target_of(number, ix));
        self.end_bake(turn, number, ix, NodeState::Unclear, kind, why);
        self.fail_wave(turn, number, wave, FailureCause::Unclear, format!("{}: {why}", node.key), target.as_ref());
        if let Some(lane) = self.lane_key(number, wave) {
            self.hold_lane(turn, &lane, &format!("the bake of release {number} ended without an answer: {why}"));
        }
    }

    fn emit_bake(&self, turn: &mut Turn, number: ReleaseNumber, ix: NodeIx, kind: EventKind, reason: &str) {
        let plan = self.plan_of(number);
        let Some(node) = plan.node(ix) else { return };
        let fact = Fact::new(kind, reason).release(number).place(wave_key(&plan, wave_of(&plan, node))).node(node.key.clone());
        self.emit(turn, fact.target(node.target.as_deref().map(TargetName::from)));
    }
}
