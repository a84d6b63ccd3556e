use pipelines::expression::{Context, Expression};
use pipelines::plan::{GateCondition, Node, NodeIx, NodeKind, Plan, Source};
use serde_json::{Map, Value, json};

use super::id::ReleaseNumber;
use super::pipeline::Pipeline;
use super::release::Release;
use super::row::NodeState;

/// Whether a job's `if` is true (D5), seen from its node: `release`, `stage`, `wave`, `target`, `needs` and `inputs`.
///
/// # Errors
/// In words, when the text is no expression, names what is not there, or answers no boolean.
pub(crate) fn holds(condition: &str, release: &Release, node: &Node) -> Result<bool, String> {
    let expression = Expression::parse(condition).map_err(|error| error.to_string())?;
    expression.evaluate_bool(&context(release, node)).map_err(|error| error.to_string())
}

impl Pipeline {
    /// The values that the texts of a node's job can name, beside `secrets` and `account`; none when there is no such node.
    #[must_use]
    pub fn context(&self, release: ReleaseNumber, node: NodeIx) -> Option<Context> {
        let release = self.release(release)?;
        let node = release.plan.node(node)?;
        Some(context(release, node))
    }

    /// Whether a gate of a release on its way waits for `pipeline`, or the newest release was made of its releases.
    #[must_use]
    pub fn depends_on(&self, pipeline: &str) -> bool {
        let waits = |node: &Node| match &node.kind {
            NodeKind::Gate(gate) => matches!(&gate.condition, GateCondition::DependsOn(on) if on.pipeline == pipeline),
            NodeKind::Job(_) | NodeKind::Bake(_) | NodeKind::Milestone(_) => false,
        };
        let takes = |source: &Source| matches!(source, Source::Pipeline { pipeline: other, .. } if other == pipeline);
        self.releases().next_back().is_some_and(|newest| newest.plan.sources.values().any(takes))
            || self.releases().rev().filter(|release| !release.row.state.is_end()).any(|release| release.plan.nodes.iter().any(waits))
    }
}

pub(crate) fn context(release: &Release, node: &Node) -> Context {
    let row = &release.row;
    let first = row.revisions.first();
    let revisions: Map<String, Value> =
        row.revisions.iter().map(|r| (r.source.clone(), json!({"commit": r.commit, "branch": r.reference, "title": r.title}))).collect();
    let value = json!({
        "number": row.number.0,
        "digest": row.digest,
        "trigger": row.trigger,
        "commit": first.map_or("", |r| r.commit.as_str()),
        "branch": first.map_or("", |r| r.reference.as_str()),
        "title": first.map_or("", |r| r.title.as_str()),
        "revisions": revisions,
        "inputs": row.inputs,
    });
    let stage = release.plan.stage(node.stage);
    Context::new()
        .with("release", value)
        .with("inputs", json!(row.inputs))
        .with("stage", json!({"name": stage.map_or("", |s| s.name.as_str()), "production": stage.is_some_and(|s| s.production)}))
        .with("target", target(node.target.as_deref().unwrap_or_default()))
        .with("wave", json!({"name": node.wave.and_then(|ix| release.plan.wave(ix)).map_or("", |w| w.name.as_str())}))
        .with("needs", needs(release, node))
}

/// `account/region[/unit]`, or a plain name.
fn target(name: &str) -> Value {
    let mut parts = name.splitn(3, '/');
    let (account, region, unit) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    json!({"name": name, "account": account, "region": region, "unit": unit})
}

/// By the name of the job: how it ended and what it wrote to `$TIDEGATE_OUTPUT`.
fn needs(release: &Release, node: &Node) -> Value {
    let plan: &Plan = &release.plan;
    let named = node.needs.iter().filter_map(|ix| {
        let NodeKind::Job(job) = &plan.node(*ix)?.kind else { return None };
        let row = release.nodes.get(ix)?;
        let result = if row.state == NodeState::Skipped { "skipped" } else { "succeeded" };
        Some((job.name.clone(), json!({"result": result, "outputs": row.outputs})))
    });
    Value::Object(named.collect())
}
