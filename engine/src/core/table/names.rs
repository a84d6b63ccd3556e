//! What a release, wave or node is called, and where it stands in its plan.

use pipelines::plan::{NodeIx, NodeKind, WaveIx};

use crate::core::id::{LaneKey, ReleaseNumber, TargetName};
use crate::core::pipeline::Pipeline;
use crate::core::shape::rollout_of;

impl Pipeline {
    pub(crate) fn lane_key(&self, number: ReleaseNumber, wave: WaveIx) -> Option<LaneKey> {
        Some(LaneKey(self.releases.get(&number)?.plan.wave(wave)?.lane.key.clone()))
    }

    /// The key of a node, for events.
    pub(crate) fn node_key(&self, number: ReleaseNumber, node: NodeIx) -> String {
        self.releases.get(&number).and_then(|r| r.plan.node(node)).map(|n| n.key.clone()).unwrap_or_default()
    }

    pub(crate) fn wave_key(&self, number: ReleaseNumber, wave: WaveIx) -> String {
        self.releases.get(&number).map(|r| crate::core::shape::wave_key(&r.plan, wave)).unwrap_or_default()
    }

    /// The wave that brings a release to a target.
    pub(crate) fn wave_at(&self, number: ReleaseNumber, target: &TargetName) -> Option<WaveIx> {
        let release = self.releases.get(&number)?;
        rollout_of(&release.plan, &release.shape, target).map(|(wave, _, _)| wave)
    }

    /// The job behind a node.
    pub(crate) fn job(&self, number: ReleaseNumber, node: NodeIx) -> Option<&pipelines::plan::Job> {
        match &self.releases.get(&number)?.plan.node(node)?.kind {
            NodeKind::Job(job) => Some(job),
            NodeKind::Gate(_) | NodeKind::Bake(_) | NodeKind::Milestone(_) => None,
        }
    }
}
