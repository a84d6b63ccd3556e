//! A person's click or an API call: a target, wave or stage goes back (X1, X10).

use std::collections::{BTreeMap, BTreeSet};

use super::id::{ReleaseNumber, TargetName};
use super::input::Place;
use super::needs_reason;
use super::pipeline::Pipeline;
use super::rejected::Rejected;
use super::rollback::Order;
use super::row::FailureCause;
use super::turn::Turn;

impl Pipeline {
    pub(crate) fn roll_back(
        &mut self,
        turn: &mut Turn,
        key: String,
        place: &Place,
        to: Option<ReleaseNumber>,
        reason: String,
    ) -> Result<(), Rejected> {
        let content = format!("roll back {place:?} to {to:?}");
        if let Some(used) = self.row.keys.iter().find(|used| used.key == key) {
            return if used.content == content { Ok(()) } else { Err(Rejected::KeyReused) };
        }
        needs_reason(&reason)?;
        let targets = self.targets_at(place)?;
        let orders = match to {
            None => self.newest_goes(&targets)?,
            Some(to) => self.all_go_to(&targets, to)?,
        };
        for (of, targets) in &orders {
            let lanes = targets.iter().filter_map(|t| self.lane_key(*of, self.wave_at(*of, t)?));
            if let Some(lane) = lanes.into_iter().find(|lane| self.rollback_in(lane).is_some()) {
                return Err(Rejected::RollbackUnderWay(lane.0));
            }
        }
        self.remember_key(turn, key.clone(), content, None);
        for (of, targets) in orders {
            for target in &targets {
                // A person may try again what failed before (X7).
                self.edit_target(turn, target, |row| row.bad.retain(|bad| *bad != of));
            }
            if let Some(wave) = targets.iter().find_map(|t| self.wave_at(of, t)) {
                self.fail_wave(turn, of, wave, FailureCause::Person, format!("rolled back by hand: {reason}"), None);
            }
            self.begin_rollback(turn, Order { of, targets, reason: reason.clone(), key: Some(key.clone()), to });
        }
        Ok(())
    }

    /// The targets of a place, by the newest plan that has it.
    pub(crate) fn targets_at(&self, place: &Place) -> Result<BTreeSet<TargetName>, Rejected> {
        let (name, found) = match place {
            Place::Target { target } => {
                let target = TargetName(target.clone());
                let known = self.targets.contains_key(&target);
                (target.0.clone(), known.then(|| BTreeSet::from([target])))
            }
            Place::Wave { stage, wave } => (format!("{stage}/{wave}"), self.targets_of_stage(stage, Some(wave))),
            Place::Stage { stage } => (stage.clone(), self.targets_of_stage(stage, None)),
        };
        found.ok_or(Rejected::UnknownPlace(name))
    }

    fn targets_of_stage(&self, stage: &str, wave: Option<&str>) -> Option<BTreeSet<TargetName>> {
        self.releases.values().rev().find_map(|release| {
            let waves = release.plan.waves().filter(|(_, s, w)| s.name == stage && wave.is_none_or(|wave| w.name == wave));
            let mut waves = waves.map(|(_, _, w)| w).peekable();
            waves.peek()?;
            Some(waves.flat_map(|w| &w.rollouts).map(|r| TargetName(r.target.clone())).collect())
        })
    }

    /// The newest release that runs there goes back, wherever it has a good one to go back to.
    pub(crate) fn newest_goes(&self, targets: &BTreeSet<TargetName>) -> Result<BTreeMap<ReleaseNumber, BTreeSet<TargetName>>, Rejected> {
        let running = targets.iter().filter_map(|t| Some((self.running_at(t)?, t)));
        let newest = running.clone().map(|(of, _)| of).max_by_key(|of| (self.release(*of).map(|r| r.row.order), *of));
        let first = targets.first().cloned().unwrap_or_else(|| TargetName(String::new()));
        let of = newest.ok_or(Rejected::NoDestination(first.clone()))?;
        let chosen: BTreeSet<TargetName> = running.filter(|(runs, _)| *runs == of).map(|(_, t)| t.clone()).collect();
        if chosen.iter().all(|t| self.destination(t, of, None).is_none()) {
            return Err(Rejected::NoDestination(chosen.first().cloned().unwrap_or(first)));
        }
        Ok(BTreeMap::from([(of, chosen)]))
    }

    /// X10: everything that runs something newer goes back to one earlier good release.
    pub(crate) fn all_go_to(
        &self,
        targets: &BTreeSet<TargetName>,
        to: ReleaseNumber,
    ) -> Result<BTreeMap<ReleaseNumber, BTreeSet<TargetName>>, Rejected> {
        let release = self.release(to).ok_or(Rejected::UnknownRelease(to))?;
        if release.row.quarantine.is_some() {
            return Err(Rejected::Quarantined(to));
        }
        let mut orders: BTreeMap<ReleaseNumber, BTreeSet<TargetName>> = BTreeMap::new();
        for target in targets {
            let Some(of) = self.running_at(target).filter(|of| *of != to) else { continue };
            if let Some((barrier, by)) = self.barrier_before(to, target) {
                return Err(Rejected::BeforeBarrier { release: to, target: target.clone(), barrier: barrier.to_owned(), by });
            }
            if self.destination(target, of, Some(to)).is_none() {
                return Err(Rejected::NotADestination { release: to, target: target.clone() });
            }
            orders.entry(of).or_default().insert(target.clone());
        }
        if orders.is_empty() {
            let first = targets.first().cloned().unwrap_or_else(|| TargetName(String::new()));
            return Err(Rejected::NoDestination(first));
        }
        Ok(orders)
    }
}
