use std::collections::BTreeMap;
use std::sync::Arc;

use pipelines::dynamic::Spliced;
use pipelines::plan::{NodeIx, Plan, WaveIx};

use super::row::{GateRow, NodeRow, NodeState, ReleaseRow, WaveRow};
use super::shape::{Shape, wave_of};

/// A release with everything that has happened to it.
#[derive(Debug)]
pub struct Release {
    pub row: ReleaseRow,
    pub plan: Arc<Plan>,
    pub(crate) shape: Arc<Shape>,
    pub(crate) waves: BTreeMap<WaveIx, WaveRow>,
    pub(crate) nodes: BTreeMap<NodeIx, NodeRow>,
    pub(crate) gates: BTreeMap<NodeIx, GateRow>,
    /// Per node: how many of its needs are not satisfied yet.
    pub(crate) unmet: Vec<u32>,
    /// Per wave: nodes that run, wait for a runner or stand ready.
    pub(crate) open: BTreeMap<WaveIx, u32>,
    /// Per wave: targets that have started and not ended well (W2).
    pub(crate) started: BTreeMap<WaveIx, u32>,
    /// Per wave with `at_least`: targets that are complete.
    pub(crate) complete: BTreeMap<WaveIx, u32>,
}

impl Release {
    pub(crate) fn new(row: ReleaseRow, plan: Arc<Plan>, shape: Arc<Shape>) -> Self {
        Self {
            row,
            unmet: shape.needs.clone(),
            plan,
            shape,
            waves: BTreeMap::new(),
            nodes: BTreeMap::new(),
            gates: BTreeMap::new(),
            open: BTreeMap::new(),
            started: BTreeMap::new(),
            complete: BTreeMap::new(),
        }
    }

    /// Follows a splice that was made in its plan. Costs what it changed.
    pub(crate) fn grow(&mut self, spliced: &Spliced) {
        Arc::make_mut(&mut self.shape).grow(&self.plan, spliced);
        for (need, ix) in &spliced.freed {
            let met = self.counts_as_met(*need);
            if let Some(unmet) = self.unmet.get_mut(ix.0 as usize) {
                count(unmet, !met, false);
            }
        }
        for (need, ix) in &spliced.gained {
            let met = self.counts_as_met(*need);
            if let Some(unmet) = self.unmet.get_mut(ix.0 as usize) {
                count(unmet, false, !met);
            }
        }
        let plan = Arc::clone(&self.plan);
        for node in plan.nodes.iter().skip(self.unmet.len()) {
            let unmet = node.needs.iter().filter(|need| !self.counts_as_met(**need)).count();
            self.unmet.push(u32::try_from(unmet).unwrap_or(u32::MAX));
        }
    }

    /// Whether whoever needs a node need not wait for it any more (W1).
    fn counts_as_met(&self, need: NodeIx) -> bool {
        let reached = |quorum: &super::shape::Quorum| {
            let wave = self.plan.node(need).and_then(|node| node.wave);
            wave.and_then(|wave| self.complete.get(&wave)).is_some_and(|complete| *complete >= quorum.count)
        };
        self.is_satisfied(need) || self.shape.quorum(&self.plan, need).is_some_and(reached)
    }

    /// What somebody who looks at it now sees, and what an approval is bound to: its digest, and how often its plan has grown since. So an
    /// approval of what was there before counts no more once the question is asked anew (G6).
    #[must_use]
    pub fn seen_digest(&self) -> String {
        seen_digest(&self.row, &self.plan)
    }

    #[must_use]
    pub fn node_state(&self, node: NodeIx) -> Option<NodeState> {
        self.nodes.get(&node).map(|row| row.state)
    }

    #[must_use]
    pub fn is_satisfied(&self, node: NodeIx) -> bool {
        self.node_state(node).is_some_and(NodeState::satisfies)
    }

    /// Whether a node runs, waits for a runner or stands ready.
    pub(crate) fn is_open(&self, node: NodeIx) -> bool {
        self.node_state(node).is_some_and(is_open)
    }

    /// Nodes of a wave that run, wait for a runner or stand ready.
    pub(crate) fn open_in(&self, wave: WaveIx) -> u32 {
        self.open.get(&wave).copied().unwrap_or(0)
    }

    pub(crate) fn all_open(&self) -> u32 {
        self.open.values().fold(0, |sum, n| sum.saturating_add(*n))
    }

    /// Puts a row in place and keeps the counters right. Answers the nodes whose last need was met by it.
    pub(crate) fn put_node(&mut self, row: NodeRow) -> Vec<NodeIx> {
        let ix = row.node;
        let before = self.node_state(ix);
        let after = row.state;
        self.nodes.insert(ix, row);
        let plan = Arc::clone(&self.plan);
        let Some(node) = plan.node(ix) else { return Vec::new() };
        let wave = wave_of(&plan, node);
        count(self.open.entry(wave).or_default(), before.is_some_and(is_open), is_open(after));
        let (was, is) = (before.is_some_and(NodeState::satisfies), after.satisfies());
        if was == is {
            return Vec::new();
        }
        self.count_targets(ix, wave, is);
        self.count_needs(ix, wave, is)
    }

    fn count_targets(&mut self, ix: NodeIx, wave: WaveIx, satisfied: bool) {
        let Some(target) = self.plan.node(ix).and_then(|n| n.target.as_deref()) else { return };
        let Some((_, _, rollout)) = super::shape::rollout_of(&self.plan, &self.shape, &target.into()) else { return };
        let (was, is) = if ix == rollout.start {
            let over = self.is_satisfied(rollout.end);
            (!satisfied && !over, satisfied && !over)
        } else if ix == rollout.end {
            let begun = self.is_satisfied(rollout.start);
            (begun && satisfied, begun && !satisfied)
        } else {
            return;
        };
        count(self.started.entry(wave).or_default(), was, is);
    }

    /// Moves the counters of whoever needs `ix`. Ends of targets in a wave with `at_least: n` count for all
    /// of their kind as soon as the n-th is there (W1).
    fn count_needs(&mut self, ix: NodeIx, wave: WaveIx, satisfied: bool) -> Vec<NodeIx> {
        let shape = Arc::clone(&self.shape);
        let Some(quorum) = shape.quorum(&self.plan, ix) else { return self.count_dependents(&shape, ix, satisfied) };
        let complete = self.complete.entry(wave).or_default();
        let before = *complete;
        count(complete, !satisfied, satisfied);
        let after = *complete;
        let (reached, lost) = (before < quorum.count && after >= quorum.count, before >= quorum.count && after < quorum.count);
        if reached || lost {
            // What counted one by one is counted already; the others come or go together.
            let others: Vec<NodeIx> = quorum.ends.iter().copied().filter(|end| *end == ix || !self.is_satisfied(*end)).collect();
            return others.into_iter().flat_map(|end| self.count_dependents(&shape, end, reached)).collect();
        }
        if after < quorum.count { self.count_dependents(&shape, ix, satisfied) } else { Vec::new() }
    }

    fn count_dependents(&mut self, shape: &Shape, ix: NodeIx, satisfied: bool) -> Vec<NodeIx> {
        let mut met = Vec::new();
        for dependent in shape.dependents.get(ix.0 as usize).into_iter().flatten() {
            let Some(unmet) = self.unmet.get_mut(dependent.0 as usize) else { continue };
            count(unmet, satisfied, !satisfied);
            if satisfied && *unmet == 0 {
                met.push(*dependent);
            }
        }
        met
    }

    pub(crate) fn needs_met(&self, node: NodeIx) -> bool {
        self.unmet.get(node.0 as usize).is_some_and(|unmet| *unmet == 0)
    }
}

/// Counts one thing that was in and may be in now.
fn count(counter: &mut u32, was: bool, is: bool) {
    match (was, is) {
        (false, true) => *counter = counter.saturating_add(1),
        (true, false) => *counter = counter.saturating_sub(1),
        (true, true) | (false, false) => {}
    }
}

pub(crate) fn seen_digest(row: &ReleaseRow, plan: &Plan) -> String {
    if plan.added.is_empty() { row.digest.clone() } else { format!("{}+{}", row.digest, plan.added.len()) }
}

fn is_open(state: NodeState) -> bool {
    match state {
        NodeState::Ready | NodeState::Queued | NodeState::Running | NodeState::Unknown | NodeState::Baking => true,
        NodeState::Pending | NodeState::Succeeded | NodeState::Skipped | NodeState::Failed | NodeState::Unclear | NodeState::Cancelled => {
            false
        }
    }
}
