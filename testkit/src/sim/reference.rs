//! A naive second telling of order, lanes, quarantine and the last good release of each target, folded
//! along from what is said to have happened, and compared with the rows.

use std::collections::{BTreeMap, BTreeSet};

use engine::core::id::{LaneKey, ReleaseNumber, SourceOrder, TargetName};
use engine::core::row::Row;
use engine::core::{Event, EventKind, Input};

use super::checks::{Findings, Seen};

type Place = (SourceOrder, ReleaseNumber);

#[derive(Debug, Default)]
pub(crate) struct Reference {
    order: BTreeMap<ReleaseNumber, Place>,
    quarantined: BTreeSet<ReleaseNumber>,
    /// The newest that entered each lane.
    entered: BTreeMap<LaneKey, Place>,
    targets: BTreeMap<TargetName, Target>,
}

#[derive(Debug, Default)]
struct Target {
    live: Option<ReleaseNumber>,
    /// Oldest first; one that passed again moves to the end.
    good: Vec<ReleaseNumber>,
    bad: BTreeSet<ReleaseNumber>,
    /// The newest release that brought a barrier (X11).
    barrier: Option<Place>,
    barriers: BTreeSet<String>,
}

impl Reference {
    pub(crate) fn see(&mut self, seen: &Seen<'_>, found: &mut Findings) {
        if seen.outcome.is_err() {
            return;
        }
        if let Input::Admit(admission) = seen.input {
            for event in seen.events_of(EventKind::ReleaseCreated) {
                if let Some(number) = event.release {
                    self.order.insert(number, (admission.order, number));
                }
            }
        }
        if let Input::Lease { attempt, .. } = seen.input {
            self.brings(seen, attempt);
        }
        if let Input::Rollback { .. } = seen.input {
            // A person may try again what has failed before.
            for (name, target) in &mut self.targets {
                target.bad.retain(|bad| seen.after.target(name).is_none_or(|row| row.bad.contains(bad)));
            }
        }
        for event in seen.events() {
            self.fold(seen, event, found);
        }
        self.compare(seen, found);
    }

    fn fold(&mut self, seen: &Seen<'_>, event: &Event, found: &mut Findings) {
        let Some(number) = event.release else { return };
        match (event.kind, event.target.as_ref()) {
            (EventKind::ReleaseQuarantined, _) => drop(self.quarantined.insert(number)),
            (EventKind::QuarantineLifted, _) => {
                self.quarantined.remove(&number);
                for target in self.targets.values_mut() {
                    target.bad.remove(&number);
                }
            }
            (EventKind::ReleaseEntered, _) => self.entered(seen, event, number, found),
            (EventKind::JobSucceeded, Some(target)) => {
                // The last job of a rollout: from now on the target runs it.
                let rollout = seen.plan(number).and_then(|plan| {
                    let of = plan.waves().flat_map(|(_, _, w)| &w.rollouts).find(|r| r.target == target.0)?;
                    plan.node(of.deployed).filter(|node| Some(&node.key) == event.node.as_ref())
                });
                if rollout.is_some() {
                    self.targets.entry(target.clone()).or_default().live = Some(number);
                }
            }
            (EventKind::RolloutSucceeded, Some(target)) => {
                let known = self.targets.entry(target.clone()).or_default();
                known.good.retain(|good| *good != number);
                known.good.push(number);
            }
            (EventKind::RollbackStarted, Some(target)) => self.goes_back(seen, event, number, target, found),
            (EventKind::RollbackImpossible, Some(target)) => drop(self.targets.entry(target.clone()).or_default().bad.insert(number)),
            (EventKind::RollbackSucceeded, Some(target)) => {
                let to = event.data.get("to").and_then(serde_json::Value::as_u64).map(ReleaseNumber);
                self.targets.entry(target.clone()).or_default().live = to;
            }
            _ => {}
        }
    }

    fn brings(&mut self, seen: &Seen<'_>, attempt: &protocol::AttemptId) {
        let Some(row) = seen.after.attempt(attempt).filter(|row| row.kind == engine::core::row::AttemptKind::Forward) else { return };
        let (Some(target), Some(plan), Some(place)) = (&row.target, seen.plan(row.release), self.order.get(&row.release)) else { return };
        let deploys = plan.node(row.node).is_some_and(|node| {
            matches!(&node.kind, pipelines::plan::NodeKind::Job(job) if matches!(job.purpose, pipelines::plan::Purpose::Deploy { .. }))
        });
        if plan.barriers.is_empty() || !deploys {
            return;
        }
        let known = self.targets.entry(target.clone()).or_default();
        for name in &plan.barriers {
            if known.barriers.insert(name.clone()) {
                known.barrier = known.barrier.max(Some(*place));
            }
        }
    }

    /// L1, L5: who enters is newer than everybody who entered before, and enters a lane that nobody goes back in.
    fn entered(&mut self, seen: &Seen<'_>, event: &Event, number: ReleaseNumber, found: &mut Findings) {
        let lane = seen.wave_of(event).and_then(|(_, wave)| seen.plan(number)?.wave(wave).map(|w| w.lane.key.clone()));
        let (Some(lane), Some(mine)) = (lane.map(LaneKey), self.order.get(&number).copied()) else { return };
        let before = self.entered.entry(lane.clone()).or_insert(mine);
        let parallel = seen.plan(number).is_some_and(|plan| {
            plan.waves().any(|(_, _, w)| w.lane.key == lane.0 && w.lane.policy == pipelines::plan::LanePolicy::Parallel)
        });
        if mine < *before && !parallel {
            found.broken("L5", format!("{number} entered {lane} after newer {}", before.1));
        }
        *before = mine.max(*before);
        let was = seen.before.lanes.get(&lane);
        // Who left in the same input is gone before.
        let going_back =
            was.and_then(|row| row.rollback.as_ref()).filter(|_| seen.after.lane(&lane).is_some_and(|row| row.rollback.is_some()));
        if let Some(rollback) = going_back {
            found.broken("L6", format!("{number} entered {lane} while {} is being rolled back there", rollback.of));
        }
    }

    /// X2: to the newest that was good here, is not bad, and is older than what goes.
    fn goes_back(&mut self, seen: &Seen<'_>, event: &Event, of: ReleaseNumber, target: &TargetName, found: &mut Findings) {
        let to = event.data.get("to").and_then(serde_json::Value::as_u64).map(ReleaseNumber);
        // One rollback takes back what runs at each of its targets, which need not be the same release.
        let rollback = seen.after.lanes().filter_map(|lane| lane.rollback.as_ref()).find(|r| r.running.contains(target));
        let chosen = rollback.and_then(|r| r.to);
        let known = self.targets.entry(target.clone()).or_default();
        let order = &self.order;
        let mine = order.get(&of).copied();
        let fits = known
            .good
            .iter()
            .filter(|good| order.get(good).copied() < mine && !known.bad.contains(good) && !self.quarantined.contains(good))
            .max_by_key(|good| order.get(good).copied())
            .filter(|good| known.barrier.is_none_or(|barrier| order.get(good).is_some_and(|place| *place >= barrier)))
            .copied();
        let expected = chosen.or(fits);
        if to != expected {
            found.broken("IC1", format!("{target} goes back from {of} to {to:?}; the newest good release is {expected:?}"));
        }
        known.bad.insert(of);
    }

    fn compare(&self, seen: &Seen<'_>, found: &mut Findings) {
        for row in seen.rows() {
            match row {
                Row::Release(row) => {
                    let said = self.quarantined.contains(&row.number);
                    if said != row.quarantine.is_some() {
                        found.broken("X6", format!("{} is quarantined: {}; said: {said}", row.number, row.quarantine.is_some()));
                    }
                }
                Row::Lane(row) => {
                    let said = self.entered.get(&row.key).copied();
                    if said != row.newest_entered {
                        found.broken("L5", format!("the newest in {} is {:?}; said: {said:?}", row.key, row.newest_entered));
                    }
                }
                Row::Target(row) => {
                    let Some(known) = self.targets.get(&row.name) else { continue };
                    let good: Vec<ReleaseNumber> = row.good.iter().map(|g| g.release).collect();
                    let bad: BTreeSet<ReleaseNumber> = row.bad.iter().copied().collect();
                    if bad != known.bad && known.bad.len() <= 50 {
                        found.broken("IC3", format!("{} remembers {bad:?} as bad; said: {:?}", row.name, known.bad));
                    }
                    if row.live != known.live || (good != known.good && known.good.len() <= 20) {
                        found.broken("X2", format!("{} runs {:?}, good {good:?}; said: {known:?}", row.name, row.live));
                    }
                }
                _ => {}
            }
        }
    }
}
