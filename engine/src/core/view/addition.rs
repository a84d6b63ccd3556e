use std::collections::BTreeSet;

use pipelines::plan::{Addition, NodeIx, Plan};
use serde::{Deserialize, Serialize};

/// What one upload changed in the plan of a release (D1 to D3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AdditionView {
    /// Counts the additions of the release, from 1.
    pub number: u32,
    /// The key of the job that printed or uploaded it.
    pub by: String,
    /// The attempt of that job, from 1.
    pub attempt: u32,
    /// 1 for what a job of the file added, 2 for what such a job added (D4).
    pub depth: u32,
    /// `sha256:…` of the text.
    pub digest: String,
    /// Keys of new jobs.
    pub added: Vec<String>,
    /// Keys of jobs that it put in the place of others.
    pub replaced: Vec<String>,
    /// Keys of jobs of an earlier attempt that it took back.
    pub withdrawn: Vec<String>,
    /// Names of new stages.
    pub stages: Vec<String>,
}

/// In the order in which they were added.
#[must_use]
pub fn all(plan: &Plan) -> Vec<AdditionView> {
    let mut known = BTreeSet::new();
    plan.added.iter().zip(1..).map(|(addition, number)| of(plan, addition, number, &mut known)).collect()
}

/// `known`: what is there from earlier additions.
fn of(plan: &Plan, addition: &Addition, number: u32, known: &mut BTreeSet<NodeIx>) -> AdditionView {
    let (replaced, added): (Vec<NodeIx>, Vec<NodeIx>) =
        addition.jobs.keys().partition(|ix| addition.replaced.contains(ix) || known.contains(ix));
    known.extend(&added);
    let key = |ix: &NodeIx| plan.node(*ix).map(|node| node.key.clone());
    AdditionView {
        number,
        by: key(&addition.by).unwrap_or_default(),
        attempt: addition.attempt,
        depth: addition.depth,
        digest: addition.digest.clone(),
        added: added.iter().filter_map(key).collect(),
        replaced: replaced.iter().filter_map(key).collect(),
        withdrawn: addition.withdrawn.iter().filter_map(key).collect(),
        stages: addition.stages.keys().filter_map(|ix| plan.stage(*ix)).map(|stage| stage.name.clone()).collect(),
    }
}
