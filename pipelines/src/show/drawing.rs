use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::describe;
use crate::plan::{Milestone, Node, NodeKind, Plan};

/// The DAG in the language of Graphviz: a cluster for each stage, wave and target, solid edges for `needs`, dashed
/// ones from a gate to the waves behind it. Jobs outside the DAG stand without edges.
#[must_use]
pub fn dot(plan: &Plan) -> String {
    let mut out = format!("digraph {} {{\n  rankdir=LR;\n  node [fontname=\"sans-serif\" fontsize=10];\n", dot_quoted(&plan.pipeline));
    dot_place(&mut out, &place_of(plan), "", 1);
    for (from, to, kind) in edges(plan) {
        let style = match kind {
            Edge::Need => "",
            Edge::Gate => " [style=dashed]",
        };
        let _ = writeln!(out, "  {} -> {}{style};", dot_quoted(&from.key), dot_quoted(&to.key));
    }
    out.push_str("}\n");
    out
}

/// The DAG as a Mermaid flowchart, as GitHub and others show it in Markdown.
#[must_use]
pub fn mermaid(plan: &Plan) -> String {
    // Mermaid has no quoted ids, so nodes and groups are numbered in the order of the plan.
    let ids: BTreeMap<&str, usize> = plan.nodes.iter().enumerate().map(|(position, node)| (node.key.as_str(), position)).collect();
    let mut out = "flowchart LR\n".to_owned();
    mermaid_place(&mut out, &place_of(plan), &ids, &mut 0, 1);
    for (from, to, kind) in edges(plan) {
        let arrow = match kind {
            Edge::Need => "-->",
            Edge::Gate => "-.->",
        };
        let _ = writeln!(out, "  n{} {arrow} n{}", ids[from.key.as_str()], ids[to.key.as_str()]);
    }
    out
}

/// The pipeline, a stage, a wave or a target, with what belongs to nothing smaller.
#[derive(Default)]
struct Place<'p> {
    nodes: Vec<&'p Node>,
    /// By name, in the order of the path.
    within: Vec<(&'p str, Place<'p>)>,
}

fn place_of(plan: &Plan) -> Place<'_> {
    let mut whole = Place::default();
    // First the places in the order of the path, then what belongs to them in the order of the plan.
    for (_, stage, wave) in plan.waves() {
        let mut place = whole.enter(&stage.name);
        if !wave.name.is_empty() {
            place = place.enter(&wave.name);
        }
        for rollout in &wave.rollouts {
            place.enter(&rollout.target);
        }
    }
    for node in &plan.nodes {
        let stage = plan.stage(node.stage).map(|stage| stage.name.as_str());
        let wave = node.wave.and_then(|wave| plan.wave(wave)).map(|wave| wave.name.as_str()).filter(|name| !name.is_empty());
        let names = [stage, wave, node.target.as_deref()];
        names.into_iter().flatten().fold(&mut whole, |place, name| place.enter(name)).nodes.push(node);
    }
    whole
}

impl<'p> Place<'p> {
    fn enter(&mut self, name: &'p str) -> &mut Self {
        let position = self.within.iter().position(|(other, _)| *other == name).unwrap_or_else(|| {
            self.within.push((name, Self::default()));
            self.within.len() - 1
        });
        &mut self.within[position].1
    }
}

fn dot_place(out: &mut String, place: &Place<'_>, path: &str, depth: usize) {
    let indent = "  ".repeat(depth);
    for node in &place.nodes {
        let _ = writeln!(out, "{indent}{} [label={} {}];", dot_quoted(&node.key), dot_quoted(&label(node)), dot_shape(node));
    }
    for (name, inner) in &place.within {
        let path = format!("{path}/{name}");
        let _ = writeln!(out, "{indent}subgraph {} {{\n{indent}  label={};", dot_quoted(&format!("cluster{path}")), dot_quoted(name));
        dot_place(out, inner, &path, depth + 1);
        let _ = writeln!(out, "{indent}}}");
    }
}

fn mermaid_place(out: &mut String, place: &Place<'_>, ids: &BTreeMap<&str, usize>, group: &mut usize, depth: usize) {
    let indent = "  ".repeat(depth);
    for node in &place.nodes {
        let (open, close) = mermaid_shape(node);
        let _ = writeln!(out, "{indent}n{}{open}\"{}\"{close}", ids[node.key.as_str()], mermaid_escaped(&label(node)));
    }
    for (name, inner) in &place.within {
        let _ = writeln!(out, "{indent}subgraph g{group}[\"{}\"]", mermaid_escaped(name));
        *group += 1;
        mermaid_place(out, inner, ids, group, depth + 1);
        let _ = writeln!(out, "{indent}end");
    }
}

#[derive(Clone, Copy)]
enum Edge {
    Need,
    Gate,
}

fn edges(plan: &Plan) -> Vec<(&Node, &Node, Edge)> {
    let mut edges = Vec::new();
    for node in &plan.nodes {
        for need in &node.needs {
            edges.extend(plan.node(*need).map(|from| (from, node, Edge::Need)));
        }
    }
    for (_, _, wave) in plan.waves() {
        let Some(start) = plan.node(wave.start) else { continue };
        edges.extend(wave.gates.iter().filter_map(|gate| plan.node(*gate)).map(|gate| (gate, start, Edge::Gate)));
    }
    edges
}

fn label(node: &Node) -> String {
    match &node.kind {
        NodeKind::Job(job) => job.name.clone(),
        NodeKind::Gate(gate) => format!("gate {}", gate.name),
        NodeKind::Bake(bake) => format!("bake {}", describe::duration(bake.duration_ms)),
        NodeKind::Milestone(milestone) => match milestone {
            Milestone::StageStart | Milestone::WaveStart | Milestone::TargetStart => "start".to_owned(),
            Milestone::StageEnd | Milestone::WaveEnd | Milestone::TargetEnd => "end".to_owned(),
        },
    }
}

fn dot_shape(node: &Node) -> &'static str {
    match &node.kind {
        NodeKind::Job(_) => "shape=box",
        NodeKind::Gate(_) => "shape=diamond",
        NodeKind::Bake(_) => "shape=box style=rounded",
        NodeKind::Milestone(_) => "shape=circle",
    }
}

fn mermaid_shape(node: &Node) -> (&'static str, &'static str) {
    match &node.kind {
        NodeKind::Job(_) => ("[", "]"),
        NodeKind::Gate(_) => ("{", "}"),
        NodeKind::Bake(_) => ("(", ")"),
        NodeKind::Milestone(_) => ("((", "))"),
    }
}

fn dot_quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}

fn mermaid_escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;").replace('\n', " ")
}
