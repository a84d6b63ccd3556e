//! An alarm that speaks of all that a team runs: every rollout that it may mean goes back (X12).

use std::collections::{BTreeMap, BTreeSet};

use pipelines::plan::{Aggregate, WaveIx};

use super::Time;
use super::hold::region;
use super::id::{ReleaseNumber, TargetName};
use super::pipeline::Pipeline;
use super::rollback::Order;
use super::row::{FailureCause, RolloutRow, WaveFailure};
use super::shape::WatchedAlarm;
use super::turn::Turn;

impl Pipeline {
    /// Takes back whatever is under way, or was a moment ago (X9), within the reach of an alarm. Other regions go on.
    pub(crate) fn fail_all_in_reach(&mut self, turn: &mut Turn, watched: &WatchedAlarm, reach: Aggregate, bad_since: Time, words: &str) {
        let place = watched.alarm.target.as_deref().map(TargetName::from);
        let place = place.as_ref().and_then(region).filter(|_| reach == Aggregate::Region).map(str::to_owned);
        for (number, targets) in self.in_reach(turn.now, watched, place.as_deref(), bad_since) {
            let names: BTreeSet<TargetName> = targets.iter().map(|(target, _)| target.clone()).collect();
            for (target, wave) in &targets {
                self.stop_wave(turn, number, *wave, FailureCause::Alarm, words, Some(target));
            }
            self.begin_rollback(turn, Order { of: number, targets: names, reason: words.to_owned(), key: None, to: None });
        }
    }

    /// By release: targets whose rollout the alarm counts against, with their waves (IC7).
    fn in_reach(
        &self,
        now: Time,
        watched: &WatchedAlarm,
        place: Option<&str>,
        bad_since: Time,
    ) -> BTreeMap<ReleaseNumber, Vec<(TargetName, WaveIx)>> {
        let mut found: BTreeMap<ReleaseNumber, Vec<(TargetName, WaveIx)>> = BTreeMap::new();
        for ((number, target), count) in &self.index.rollout_of {
            let Some(row) = self.rollouts.get(&(target.clone(), *count)) else { continue };
            let acts = self.plan(*number).and_then(|plan| plan.stage(row.wave.stage)).is_some_and(|stage| stage.rollback.on_alarm);
            let here = place.is_none_or(|place| region(target) == Some(place));
            let matters = self.watch_until(*number, row.wave).is_some_and(|until| until > now);
            if !(acts && here && matters) || self.has_acted_at(*number, target, row, place, bad_since) {
                continue;
            }
            let counts = self.bad_against(*number, row.wave, Some(target), bad_since, Some(row.started_at));
            if counts.is_some_and(|since| now.since_ms(since) >= watched.alarm.for_ms) {
                found.entry(*number).or_default().push((target.clone(), row.wave));
            }
        }
        found
    }

    /// This badness has taken the rollout back, or tried to. What is still under way it has not: it may have come within reach
    /// since, and what another region's alarm did counts for that region only.
    fn has_acted_at(&self, number: ReleaseNumber, target: &TargetName, row: &RolloutRow, place: Option<&str>, bad_since: Time) -> bool {
        if row.ended_at.is_none() {
            return false;
        }
        let failure = self.wave(number, row.wave).and_then(|wave| wave.failure.as_ref());
        let of_place = |failure: &&WaveFailure| place.is_none() || failure.target.as_ref().and_then(region) == place;
        let acted = failure.filter(of_place).is_some_and(|failure| failure.cause == FailureCause::Alarm && failure.since >= bad_since);
        acted || self.target(target).is_some_and(|at| at.bad.contains(&number))
    }
}
