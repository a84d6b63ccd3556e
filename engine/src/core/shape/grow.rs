//! A plan that grows: what a splice asks about it, and how what was read off it grows along (D1 to D4).

use std::cell::RefCell;
use std::collections::BTreeSet;

use pipelines::dynamic::{Spliced, Surroundings};
use pipelines::plan::{NodeIx, Plan};

use super::Shape;
use crate::core::id::TargetName;

/// What a splice asks, answered from what is kept along: it costs what it asks. Remembers what it was told to have begun.
pub(crate) struct Around<'s, B> {
    shape: &'s Shape,
    has_begun: B,
    node_limit: usize,
    begun: RefCell<BTreeSet<NodeIx>>,
}

impl<'s, B: Fn(NodeIx) -> bool> Around<'s, B> {
    pub(crate) fn new(shape: &'s Shape, node_limit: usize, has_begun: B) -> Self {
        Self { shape, has_begun, node_limit, begun: RefCell::default() }
    }

    /// Everything that was asked for and had begun: with this, the same splice can be made again at any time.
    pub(crate) fn into_begun(self) -> BTreeSet<NodeIx> {
        self.begun.into_inner()
    }
}

impl<B: Fn(NodeIx) -> bool> Surroundings for Around<'_, B> {
    fn node_of(&self, key: &str) -> Option<NodeIx> {
        self.shape.by_key.get(key).copied()
    }

    fn waiting_for(&self, ix: NodeIx) -> Vec<NodeIx> {
        self.shape.dependents.get(ix.0 as usize).cloned().unwrap_or_default()
    }

    fn has_begun(&self, ix: NodeIx) -> bool {
        let begun = (self.has_begun)(ix);
        if begun {
            self.begun.borrow_mut().insert(ix);
        }
        begun
    }

    fn leaves(&self, artifact: &str) -> Option<NodeIx> {
        self.shape.leaves.get(artifact).copied()
    }

    fn has_target(&self, target: &str) -> bool {
        self.shape.rollouts.contains_key(&TargetName(target.to_owned()))
    }

    fn node_limit(&self) -> usize {
        self.node_limit
    }
}

impl Shape {
    /// Follows a splice that was made in `plan`. Costs what it changed.
    pub(crate) fn grow(&mut self, plan: &Plan, spliced: &Spliced) {
        for (need, ix) in &spliced.freed {
            if let Some(list) = self.dependents.get_mut(need.0 as usize) {
                list.retain(|other| other != ix);
            }
        }
        for ix in &spliced.replaced {
            for name in self.artifacts_of.remove(ix).unwrap_or_default() {
                self.leaves.remove(&name);
            }
        }
        self.take_in(plan, &spliced.stages);
        for (need, ix) in &spliced.gained {
            if let Some(list) = self.dependents.get_mut(need.0 as usize) {
                list.push(*ix);
            }
        }
        for ix in spliced.replaced.iter().chain(&spliced.waiting) {
            let Some(node) = plan.node(*ix) else { continue };
            if let Some(count) = self.needs.get_mut(ix.0 as usize) {
                *count = u32::try_from(node.needs.len()).unwrap_or(u32::MAX);
            }
            if spliced.replaced.contains(ix) {
                self.take_in_artifacts(node, *ix);
            }
        }
    }
}
