//! The first deployment at a target: where nothing runs, nothing can be unwell, so the target's alarms say nothing
//! until it runs the release. Without this, a new service's own alarms would keep it out for ever.

use pipelines::plan::WaveIx;

use super::Time;
use super::id::{ReleaseNumber, TargetName};
use super::pipeline::Pipeline;

impl Pipeline {
    /// Whether no target that this alarm speaks of (none named: all of the wave) runs anything yet.
    pub(crate) fn speaks_of_nothing(&self, number: ReleaseNumber, wave: WaveIx, target: Option<&TargetName>) -> bool {
        self.all_of(number, wave, target, |pipeline, target| {
            pipeline.target(target).is_none_or(|row| row.live.is_none() && row.partly.is_none() && row.good.is_empty())
        })
    }

    /// Whether this release is the first at every target that the alarm speaks of.
    fn is_first(&self, number: ReleaseNumber, wave: WaveIx, target: Option<&TargetName>) -> bool {
        self.all_of(number, wave, target, |pipeline, target| {
            pipeline.target(target).is_none_or(|row| {
                row.good.is_empty() && row.live.is_none_or(|live| live == number) && row.partly.is_none_or(|partly| partly == number)
            })
        })
    }

    /// Since when a bad alarm counts against a release, if it does (IC6, IC7): what went bad after the rollout `began`.
    /// At a first deployment: from the moment when a target ran the release, for it cannot have been well before.
    pub(crate) fn bad_against(
        &self,
        number: ReleaseNumber,
        wave: WaveIx,
        target: Option<&TargetName>,
        bad_since: Time,
        began: Option<Time>,
    ) -> Option<Time> {
        if self.is_first(number, wave, target) {
            return self.deployed_at(number, wave, target).map(|deployed_at| deployed_at.max(bad_since));
        }
        self.counts_against(number, wave, bad_since, began).then_some(bad_since)
    }

    /// When the last of the targets that run the release began to do so.
    fn deployed_at(&self, number: ReleaseNumber, wave: WaveIx, target: Option<&TargetName>) -> Option<Time> {
        self.targets_of(number, wave, target).iter().filter_map(|target| self.rollout(number, target)?.deployed_at).max()
    }

    fn all_of(&self, number: ReleaseNumber, wave: WaveIx, target: Option<&TargetName>, holds: impl Fn(&Self, &TargetName) -> bool) -> bool {
        let targets = self.targets_of(number, wave, target);
        !targets.is_empty() && targets.iter().all(|target| holds(self, target))
    }

    fn targets_of(&self, number: ReleaseNumber, wave: WaveIx, target: Option<&TargetName>) -> Vec<TargetName> {
        match target {
            Some(target) => vec![target.clone()],
            None => {
                let wave = self.plan(number).and_then(|plan| plan.wave(wave));
                wave.into_iter().flat_map(|wave| &wave.rollouts).map(|rollout| TargetName(rollout.target.clone())).collect()
            }
        }
    }
}
