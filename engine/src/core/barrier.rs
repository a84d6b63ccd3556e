//! Changes in two phases (X11): what was brought to a target stays behind every destination, and what needs it waits.

use pipelines::plan::WaveIx;

use super::door::{Door, reason};
use super::id::{ReleaseNumber, TargetName};
use super::pipeline::Pipeline;
use super::row::{Brought, TargetRow};
use super::turn::Turn;

/// How many barriers a target remembers, the newest.
const BARRIERS_KEPT: usize = 50;

impl Pipeline {
    /// A release begins to change a target: from now on nothing before its barriers may run there.
    pub(crate) fn bring_barriers(&mut self, turn: &mut Turn, number: ReleaseNumber, target: &TargetName) {
        let Some(release) = self.release(number) else { return };
        let known = self.target(target).map(|row| &row.barriers);
        let is_new = |name: &&String| known.is_none_or(|known| !known.contains_key(*name));
        let fresh: Vec<String> = release.plan.barriers.iter().filter(is_new).cloned().collect();
        let brought = Brought { order: release.row.order, release: number, proven: false };
        if fresh.is_empty() {
            return;
        }
        self.edit_target(turn, target, |row| {
            row.barriers.extend(fresh.into_iter().map(|name| (name, brought)));
            while row.barriers.len() > BARRIERS_KEPT {
                let oldest = row.barriers.iter().min_by_key(|(_, brought)| brought.place()).map(|(name, _)| name.clone());
                row.barriers.retain(|name, _| Some(name) != oldest.as_ref());
            }
        });
    }

    /// The barrier of a target that `release` lies before, the newest first.
    pub(crate) fn barrier_before(&self, release: ReleaseNumber, target: &TargetName) -> Option<(&str, ReleaseNumber)> {
        let order = self.release(release)?.row.order;
        let (name, brought) = self.newest_barrier(target)?;
        ((order, release) < brought.place()).then_some((name, brought.release))
    }

    pub(crate) fn newest_barrier(&self, target: &TargetName) -> Option<(&str, Brought)> {
        let barriers = &self.target(target)?.barriers;
        barriers.iter().max_by_key(|(_, brought)| brought.place()).map(|(name, brought)| (name.as_str(), *brought))
    }

    /// What a release needs everywhere first and where it has not been, at the door of a wave.
    pub(crate) fn barrier_reasons(&self, number: ReleaseNumber, wave: WaveIx, door: &mut Door) {
        let Some(release) = self.release(number) else { return };
        if release.plan.needs_barriers.is_empty() || self.overrides_barriers(number, wave) {
            return;
        }
        let since = release.waves.get(&wave).map(|row| row.arrived_at).unwrap_or_default();
        for (name, target) in self.missing_barriers(number, wave) {
            door.reasons.push(reason("barrier", format!("barrier {name} has not been good at {target}"), since, None, &name));
        }
    }

    /// Per barrier that is needed: the first target of the wave where it has not been.
    fn missing_barriers(&self, number: ReleaseNumber, wave: WaveIx) -> Vec<(String, String)> {
        let Some(release) = self.release(number) else { return Vec::new() };
        let rollouts = release.plan.wave(wave).map(|w| w.rollouts.as_slice()).unwrap_or_default();
        let has_not_been = |name: &str, target: &str| !self.target(&target.into()).is_some_and(|row| has_been(row, name));
        let missing = release.plan.needs_barriers.iter().filter_map(|name| {
            let target = rollouts.iter().map(|r| r.target.as_str()).find(|target| has_not_been(name, target))?;
            Some((name.clone(), target.to_owned()))
        });
        missing.collect()
    }

    /// Whether `newer` cannot go before `older` has been there: then it does not supersede it (L3).
    pub(crate) fn goes_after(&self, newer: ReleaseNumber, older: ReleaseNumber, wave: WaveIx) -> bool {
        let Some(brings) = self.release(older).map(|r| &r.plan.barriers).filter(|brings| !brings.is_empty()) else { return false };
        !self.overrides_barriers(newer, wave) && self.missing_barriers(newer, wave).iter().any(|(name, _)| brings.contains(name))
    }

    fn overrides_barriers(&self, number: ReleaseNumber, wave: WaveIx) -> bool {
        let key = format!("{}/barrier", self.wave_key(number, wave));
        self.release(number).is_some_and(|r| r.row.overrides.iter().any(|o| o.gate == key))
    }
}

fn has_been(row: &TargetRow, name: &str) -> bool {
    row.barriers.get(name).is_some_and(|brought| brought.proven)
}
