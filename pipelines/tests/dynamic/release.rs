//! A release on its way, and what may be asked of its plan.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use pipelines::dynamic::{Fragment, Index, Joining, Origin, SpliceError, Spliced, compile_fragment, splice};
use pipelines::plan::{NodeIx, Plan};
use pipelines::{Blocks, Environment, ExpandInput, SourceFile, compile_in, expand};

pub(crate) const UNIT: &str = "jobs: [{name: unit, steps: [make unit]}]";

pub(crate) fn environment() -> Environment {
    Environment { splices: true, ..Environment::of_blocks(&Blocks::built_in()) }
}

pub(crate) fn plan_of(text: &str) -> Plan {
    let source = SourceFile::new("pipeline.yaml", text);
    let (pipeline, diagnostics) = compile_in(&source, &environment());
    let rendered: String = diagnostics.iter().map(|diagnostic| diagnostic.render(&source)).collect();
    expand(&pipeline.ok_or(rendered).unwrap(), &ExpandInput::default()).unwrap()
}

pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/fragments")
}

pub(crate) fn base() -> Plan {
    plan_of(&fs::read_to_string(folder().join("base.yaml")).unwrap())
}

pub(crate) fn node(plan: &Plan, key: &str) -> NodeIx {
    let at = plan.nodes.iter().position(|node| node.key == key).ok_or_else(|| format!("no node {key}")).unwrap();
    NodeIx(u32::try_from(at).unwrap())
}

pub(crate) fn needs(plan: &Plan, key: &str) -> Vec<String> {
    let needs = &plan.node(node(plan, key)).unwrap().needs;
    let mut keys: Vec<String> = needs.iter().map(|need| plan.node(*need).unwrap().key.clone()).collect();
    keys.sort();
    keys
}

pub(crate) fn fragment(plan: &Plan, by: &str, text: &str) -> Result<Fragment, String> {
    let source = SourceFile::new("printed by the job", text);
    let (fragment, diagnostics) = compile_fragment(&source, &Joining { plan, by: node(plan, by) }, &environment());
    fragment.ok_or_else(|| diagnostics.iter().map(|diagnostic| diagnostic.render(&source)).collect())
}

/// A release on its way: its plan, and what has begun.
pub(crate) struct Release {
    pub(crate) plan: Plan,
    pub(crate) begun: BTreeSet<NodeIx>,
}

impl Release {
    /// Everything before `build/generate` has ended, and it runs.
    pub(crate) fn new() -> Self {
        let plan = base();
        let begun = ["build/start", "build/wave/start", "build/lint", "build/generate"].map(|key| node(&plan, key));
        Self { plan, begun: BTreeSet::from(begun) }
    }

    pub(crate) fn begin(&mut self, key: &str) {
        let ix = node(&self.plan, key);
        self.begun.insert(ix);
    }

    pub(crate) fn add(&mut self, by: &str, attempt: u32, text: &str) -> Result<Spliced, SpliceError> {
        let fragment = fragment(&self.plan, by, text).unwrap();
        self.add_compiled(by, attempt, &fragment)
    }

    pub(crate) fn add_compiled(&mut self, by: &str, attempt: u32, fragment: &Fragment) -> Result<Spliced, SpliceError> {
        let before = self.plan.clone();
        let index = Index::of(&self.plan, self.begun.clone());
        let spliced = splice(&mut self.plan, fragment, Origin { by: node(&before, by), attempt }, &index);
        if spliced.is_err() {
            assert_eq!(self.plan, before, "a refused addition changes nothing");
        }
        sound(&self.plan);
        spliced
    }

    pub(crate) fn keys(&self, nodes: &[NodeIx]) -> Vec<&str> {
        nodes.iter().map(|ix| self.plan.node(*ix).unwrap().key.as_str()).collect()
    }
}

/// What holds for every plan, whatever was added.
pub(crate) fn sound(plan: &Plan) {
    let keys: BTreeSet<&str> = plan.nodes.iter().map(|node| node.key.as_str()).collect();
    assert_eq!(keys.len(), plan.nodes.len(), "keys are unique");
    let mut edges = Vec::new();
    for (node, at) in plan.nodes.iter().zip(0..) {
        edges.extend(node.needs.iter().map(|need| (need.0 as usize, at)));
        let distinct: BTreeSet<&NodeIx> = node.needs.iter().collect();
        assert_eq!(distinct.len(), node.needs.len(), "{} needs something twice", node.key);
        assert!(node.needs.iter().all(|need| plan.node(*need).is_some()), "{}", node.key);
    }
    pipelines::graph::order(plan.nodes.len(), &edges).unwrap();
    let stored: Plan = serde_json::from_str(&serde_json::to_string(plan).unwrap()).unwrap();
    assert_eq!(stored, *plan, "the plan is the same after it was stored");
    for (_, stage) in plan.stages_on_path() {
        assert_eq!(plan.node(stage.start).unwrap().key, format!("{}/start", stage.name));
    }
}
