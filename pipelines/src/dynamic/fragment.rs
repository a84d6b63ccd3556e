use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::plan::{Account, Derivation, Job, Node, NodeIx, Stage, StageIx, WaveIx};

/// What a job adds to the plan of its own release: compiled, checked, and not yet in it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Fragment {
    /// `sha256:…` of what it was made from.
    pub digest: String,
    /// Jobs of the stage of the job that adds them, each after those of the fragment that it needs.
    pub jobs: Vec<FragmentJob>,
    /// Stages right after the stage of the job that adds them, in the order of the path. Positions count inside of the fragment.
    pub stages: Vec<Stage>,
    /// The nodes of `stages`. A node of the first stage that needs nothing there needs what stands before it.
    pub nodes: Vec<Node>,
    /// Accounts that its stages name and the plan has.
    pub accounts: BTreeMap<String, Account>,
    /// Digests of the blocks that it uses, by the name in `uses`.
    pub blocks: BTreeMap<String, String>,
    /// Of its stages, by name (W4).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub derived: BTreeMap<String, Derivation>,
}

/// A job that a fragment adds, or puts in the place of one that is there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FragmentJob {
    /// The node's key in the plan: `build/test-linux` (D2).
    pub key: String,
    /// What it needs besides the job that adds it.
    pub needs: Vec<Need>,
    pub job: Job,
    /// It takes the place of a job that has this key and is not queued (D3).
    pub replace: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Need {
    /// A position in [`Fragment::jobs`], smaller than its own.
    Added(u32),
    /// The key of a node that is there.
    There(String),
}

impl Fragment {
    /// Its stages and their nodes at the positions that they get in a plan.
    pub(super) fn shifted(&self, nodes: u32, stages: u32) -> (Vec<Stage>, Vec<Node>) {
        let node = |ix: &mut NodeIx| ix.0 = ix.0.saturating_add(nodes);
        let stage_of = |ix: &mut StageIx| ix.0 = ix.0.saturating_add(stages);
        let shift_node = |mut own: Node| {
            stage_of(&mut own.stage);
            if let Some(WaveIx { stage, .. }) = &mut own.wave {
                stage_of(stage);
            }
            own.needs.iter_mut().for_each(node);
            own
        };
        let shift_stage = |mut stage: Stage| {
            [&mut stage.start, &mut stage.end].into_iter().chain(&mut stage.on_failure).chain(&mut stage.finally).for_each(node);
            for wave in &mut stage.waves {
                let own = [&mut wave.start, &mut wave.end].into_iter().chain(&mut wave.gates);
                own.chain(&mut wave.on_failure).chain(&mut wave.finally).for_each(node);
                for rollout in &mut wave.rollouts {
                    let single = [&mut rollout.start, &mut rollout.end, &mut rollout.deployed, &mut rollout.rollback, &mut rollout.inspect];
                    let lists = rollout.nodes.iter_mut().chain(&mut rollout.on_failure).chain(&mut rollout.finally);
                    single.into_iter().chain(lists).for_each(node);
                }
            }
            stage
        };
        (self.stages.iter().cloned().map(shift_stage).collect(), self.nodes.iter().cloned().map(shift_node).collect())
    }
}
