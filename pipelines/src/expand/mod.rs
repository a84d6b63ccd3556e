//! From a pipeline to the plan of one release: every stage, wave and target becomes nodes.

pub(crate) mod alarms;
mod guards;
mod left_out;
mod nodes;
mod rollout;
mod stage;

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use crate::model::Pipeline;
use crate::plan::{NodeKind, Plan};
use nodes::Nodes;

/// How many nodes a release may have (D4).
pub const MAX_NODES: usize = 4000;

/// What one release brings along.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExpandInput {
    /// Values of the manual trigger's inputs; one without a default must be given.
    pub inputs: BTreeMap<String, String>,
    /// Digests that blocks must have, by the name in `uses`, where the repository locks them.
    pub locked: BTreeMap<String, String>,
}

/// Why there is no plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExpandError {
    #[error("there is no input `{name}`; the pipeline has {known:?}")]
    UnknownInput { name: String, known: Vec<String> },
    #[error("the input `{name}` has no default and must be given")]
    MissingInput { name: String },
    #[error("the block `{block}` has the digest {found}, and {locked} is locked")]
    BlockChanged { block: String, locked: String, found: String },
    #[error("whether `{target}` is left out cannot be decided: {reason}")]
    Undecided { target: String, reason: String },
    #[error("the plan has {count} nodes; at most {MAX_NODES} are allowed (D4)")]
    TooManyNodes { count: usize },
}

/// The plan of a release. Equal arguments, equal plan.
///
/// # Errors
/// Inputs that do not fit the manual trigger, a block whose digest is not the locked one, or too many nodes.
pub fn expand(pipeline: &Pipeline, input: &ExpandInput) -> Result<Plan, ExpandError> {
    let inputs = inputs(pipeline, input)?;
    for (block, locked) in &input.locked {
        if let Some(found) = pipeline.blocks.get(block).filter(|found| *found != locked) {
            return Err(ExpandError::BlockChanged { block: block.clone(), locked: locked.clone(), found: found.clone() });
        }
    }
    let pipeline = &*left_out::without(pipeline, &inputs)?;
    let count = stage::count(pipeline);
    if count > MAX_NODES {
        return Err(ExpandError::TooManyNodes { count });
    }
    let mut nodes = Nodes::default();
    let stages = stage::expand_all(pipeline, &inputs, &mut nodes);
    let mut plan = Plan {
        pipeline: pipeline.name.clone(),
        stages,
        nodes: nodes.finish(),
        accounts: pipeline.accounts.clone(),
        triggers: pipeline.triggers.clone(),
        notify: pipeline.notify.clone(),
        blocks: pipeline.blocks.clone(),
        inputs,
        derived: pipeline.derived.clone(),
        aspects: pipeline.aspects.clone(),
        sources: pipeline.sources.clone(),
        barriers: pipeline.barriers.clone(),
        needs_barriers: pipeline.needs_barriers.clone(),
        ..Plan::default()
    };
    debug_assert_eq!(plan.nodes.len(), count, "counted before they were made");
    for node in &plan.nodes {
        if let NodeKind::Job(job) = &node.kind {
            extend(&mut plan.vars, &job.vars);
            extend(&mut plan.secrets, &job.secrets);
        }
    }
    Ok(plan)
}

/// How many nodes the stages of a pipeline make.
pub(crate) fn count(pipeline: &Pipeline) -> usize {
    stage::count(pipeline)
}

/// The stages alone, with positions that count from zero.
pub(crate) fn stages(
    pipeline: &Pipeline,
    inputs: &BTreeMap<String, String>,
) -> Result<(Vec<crate::plan::Stage>, Vec<crate::plan::Node>), ExpandError> {
    let mut nodes = Nodes::default();
    let pipeline = left_out::without(pipeline, inputs)?;
    let stages = stage::expand_all(&pipeline, inputs, &mut nodes);
    Ok((stages, nodes.finish()))
}

fn extend(names: &mut std::collections::BTreeSet<String>, more: &[String]) {
    for name in more {
        if !names.contains(name) {
            names.insert(name.clone());
        }
    }
}

fn inputs(pipeline: &Pipeline, input: &ExpandInput) -> Result<BTreeMap<String, String>, ExpandError> {
    let declared = pipeline.inputs();
    if let Some(name) = input.inputs.keys().find(|name| !declared.contains_key(name.as_str())) {
        let known = declared.keys().map(|name| (*name).to_owned()).collect();
        return Err(ExpandError::UnknownInput { name: name.clone(), known });
    }
    let mut inputs = BTreeMap::new();
    for (name, default) in declared {
        let value = input.inputs.get(name).map(String::as_str).or(default);
        let value = value.ok_or_else(|| ExpandError::MissingInput { name: name.to_owned() })?;
        inputs.insert(name.to_owned(), value.to_owned());
    }
    Ok(inputs)
}

impl Plan {
    /// `sha256:…` over the plan as canonical JSON: keys in order, no blanks (P1).
    #[must_use]
    pub fn digest(&self) -> String {
        // Fields stand in the order of their types and every map is ordered, so the text is canonical as it is.
        // Plans hold no map with keys other than strings and no number beyond JSON, so that this cannot fail.
        let text = serde_json::to_vec(self).unwrap_or_default();
        format!("sha256:{}", hex::encode(Sha256::digest(text)))
    }
}
