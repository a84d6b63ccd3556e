use std::collections::BTreeSet;

use engine::core::id::{ReleaseNumber, TargetName};
use engine::core::row::{Row, WaveState};
use pipelines::plan::WaveIx;

use super::{Findings, Invariant, Seen};

pub(super) struct SlotsHaveOwners;

impl Invariant for SlotsHaveOwners {
    fn name(&self) -> &'static str {
        "IA10"
    }

    fn says(&self) -> &'static str {
        "no more targets of a wave are under way than `max_parallel` grants, and each of them has a rollout that goes on"
    }

    fn see(&mut self, seen: &Seen<'_>, found: &mut Findings) {
        let touched: BTreeSet<(ReleaseNumber, WaveIx)> = seen
            .rows()
            .iter()
            .filter_map(|row| match row {
                Row::Rollout(row) => Some((row.release, row.wave)),
                Row::Wave(row) => Some((row.release, row.wave)),
                _ => None,
            })
            .collect();
        for (number, wave) in touched {
            slots(seen, number, wave, found);
        }
    }
}

fn slots(seen: &Seen<'_>, number: ReleaseNumber, ix: WaveIx, found: &mut Findings) {
    let (Some(release), Some(plan)) = (seen.after.release(number), seen.plan(number)) else { return };
    let Some(wave) = plan.wave(ix).filter(|_| seen.after.wave(number, ix).is_some_and(|row| row.state == WaveState::Entered)) else {
        return;
    };
    let taken = wave.rollouts.iter().filter(|r| release.is_satisfied(r.start) && !release.is_satisfied(r.end));
    let taken: Vec<TargetName> = taken.map(|r| TargetName(r.target.clone())).collect();
    let limit = wave.max_parallel as usize;
    if limit > 0 && taken.len() > limit {
        found.broken("IA10", format!("{number} has {} targets under way in {ix:?}, where {limit} are granted", taken.len()));
    }
    let owned = |target: &&TargetName| seen.after.rollout(number, target).is_some_and(|row| row.ended_at.is_none());
    // Where the release is cancelled or fails, the slots are given back with the wave.
    let moves = release.row.state == engine::core::row::ReleaseState::Moving;
    if let Some(orphan) = taken.iter().find(|target| moves && !owned(target)) {
        found.broken("IA10", format!("{orphan} takes a place of {number} in {ix:?}, and no rollout goes on there"));
    }
}
