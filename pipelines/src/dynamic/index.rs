use std::collections::{BTreeMap, BTreeSet};

use crate::plan::{NodeIx, NodeKind, Plan};

/// What a splice asks about the plan that it changes. Whoever keeps such an index need not read the whole plan for each upload.
pub trait Surroundings {
    fn node_of(&self, key: &str) -> Option<NodeIx>;
    /// The nodes that need `ix`.
    fn waiting_for(&self, ix: NodeIx) -> Vec<NodeIx>;
    /// Queued, running, ended, skipped or lost: whatever is not simply waiting (D3).
    fn has_begun(&self, ix: NodeIx) -> bool;
    /// The job that leaves the artifact.
    fn leaves(&self, artifact: &str) -> Option<NodeIx>;
    fn has_target(&self, target: &str) -> bool;
    /// How many nodes the release may have (D4).
    fn node_limit(&self) -> usize {
        crate::expand::MAX_NODES
    }
}

/// [`Surroundings`] made from a plan and a list of what has begun. Costs the size of the plan, once.
#[derive(Debug, Clone, Default)]
pub struct Index {
    by_key: BTreeMap<String, NodeIx>,
    waiting: BTreeMap<NodeIx, Vec<NodeIx>>,
    artifacts: BTreeMap<String, NodeIx>,
    targets: BTreeSet<String>,
    begun: BTreeSet<NodeIx>,
}

impl Index {
    #[must_use]
    pub fn of(plan: &Plan, begun: BTreeSet<NodeIx>) -> Self {
        let mut index = Self { begun, ..Self::default() };
        for (node, ix) in plan.nodes.iter().zip((0..).map(NodeIx)) {
            index.by_key.insert(node.key.clone(), ix);
            for need in &node.needs {
                index.waiting.entry(*need).or_default().push(ix);
            }
            if let NodeKind::Job(job) = &node.kind {
                index.artifacts.extend(job.artifacts_out.iter().map(|artifact| (artifact.name.clone(), ix)));
            }
        }
        let targets = plan.waves().flat_map(|(_, _, wave)| &wave.rollouts).map(|rollout| rollout.target.clone());
        index.targets = targets.collect();
        index
    }
}

impl Surroundings for Index {
    fn node_of(&self, key: &str) -> Option<NodeIx> {
        self.by_key.get(key).copied()
    }

    fn waiting_for(&self, ix: NodeIx) -> Vec<NodeIx> {
        self.waiting.get(&ix).cloned().unwrap_or_default()
    }

    fn has_begun(&self, ix: NodeIx) -> bool {
        self.begun.contains(&ix)
    }

    fn leaves(&self, artifact: &str) -> Option<NodeIx> {
        self.artifacts.get(artifact).copied()
    }

    fn has_target(&self, target: &str) -> bool {
        self.targets.contains(target)
    }
}
