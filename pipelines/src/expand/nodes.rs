use crate::plan::{Gate, Job, Milestone, Node, NodeIx, NodeKind, StageIx, WaveIx};

/// The nodes of a plan as they are made. A node can only need one that stands before it, so the order of making
/// is an order of the DAG.
#[derive(Debug, Default)]
pub(super) struct Nodes {
    nodes: Vec<Node>,
}

/// Where a node belongs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Home<'h> {
    pub(super) stage: StageIx,
    pub(super) wave: Option<WaveIx>,
    pub(super) target: Option<&'h str>,
}

impl Nodes {
    pub(super) fn push(&mut self, key: String, home: Home<'_>, needs: &[NodeIx], kind: NodeKind) -> NodeIx {
        let ix = NodeIx(u32::try_from(self.nodes.len()).unwrap_or(u32::MAX));
        self.nodes.push(Node {
            key,
            stage: home.stage,
            wave: home.wave,
            target: home.target.map(str::to_owned),
            needs: needs.to_vec(),
            kind,
        });
        ix
    }

    pub(super) fn milestone(&mut self, key: String, home: Home<'_>, needs: &[NodeIx], milestone: Milestone) -> NodeIx {
        self.push(key, home, needs, NodeKind::Milestone(milestone))
    }

    pub(super) fn job(&mut self, key: String, home: Home<'_>, needs: &[NodeIx], job: Job) -> NodeIx {
        self.push(key, home, needs, NodeKind::Job(Box::new(job)))
    }

    pub(super) fn gate(&mut self, key: String, home: Home<'_>, gate: Gate) -> NodeIx {
        self.push(key, home, &[], NodeKind::Gate(Box::new(gate)))
    }

    pub(super) fn finish(self) -> Vec<Node> {
        self.nodes
    }
}
