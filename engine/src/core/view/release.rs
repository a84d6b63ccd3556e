use std::collections::BTreeMap;

use pipelines::plan::{NodeIx, NodeKind, Plan, Purpose};
use protocol::{Artifact, AttemptId, Outcome, RunnerId, StepReport};
use serde::{Deserialize, Serialize};

use super::addition::AdditionView;
use super::gate::{self, GateView};
use super::{Viewer, change_number};
use crate::core::id::{ReleaseNumber, TargetName};
use crate::core::input::Revision;
use crate::core::release::seen_digest;
use crate::core::row::{
    AttemptKind, AttemptRow, AttemptState, GateRow, NodeRow, NodeState, OverrideRecord, Quarantine, ReleaseRow, ReleaseState, StopOrder,
    WaitReason, WaveRow, WaveState,
};
use crate::core::{Actor, Time, Trust};

/// One line of a list of releases.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ReleaseSummary {
    pub number: ReleaseNumber,
    pub digest: String,
    pub change: u64,
    pub revisions: Vec<Revision>,
    pub trigger: String,
    /// Whose word it is (D6).
    #[serde(default)]
    pub trust: Trust,
    pub created_at: Time,
    pub created_by: Actor,
    pub state: ReleaseState,
    pub reason: String,
    pub ended_at: Option<Time>,
    /// The release that carries its commits (L3).
    pub superseded_by: Option<ReleaseNumber>,
    pub quarantine: Option<Quarantine>,
    /// Shown for ever (G8).
    pub overrides: Vec<OverrideRecord>,
}

/// A release with all that has happened to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ReleaseView {
    #[serde(flatten)]
    pub summary: ReleaseSummary,
    pub inputs: BTreeMap<String, String>,
    pub waves: Vec<WaveView>,
    /// In the order of the plan; the ones to which nothing has happened included.
    pub nodes: Vec<NodeView>,
    pub gates: Vec<GateView>,
    /// What jobs added to its plan, in order (D1).
    pub added: Vec<AdditionView>,
    /// Every artifact of the release by name (P2).
    pub artifacts: Vec<ArtifactView>,
    /// Of a pull request: what it makes visible, as long as its target runs it.
    pub preview: Option<PreviewView>,
}

/// The preview of a pull request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PreviewView {
    pub target: TargetName,
    /// Where people see it, if that is known.
    pub address: Option<String>,
}

/// What the release did at one wave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct WaveView {
    pub stage: String,
    pub wave: String,
    /// None: the release has not come to its door.
    pub state: Option<WaveState>,
    pub arrived_at: Option<Time>,
    pub entered_at: Option<Time>,
    pub ended_at: Option<Time>,
    pub waits_for: Vec<WaitReason>,
}

/// One job, bake or milestone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct NodeView {
    pub key: String,
    /// `job`, `bake` or `milestone`.
    pub kind: String,
    /// For people: the job's name.
    pub name: String,
    pub stage: String,
    pub wave: Option<String>,
    pub target: Option<TargetName>,
    /// Keys of the nodes that it needs.
    pub needs: Vec<String>,
    /// A job outside the path: rollback, inspection, `on_failure`, `finally`.
    pub aside: bool,
    /// None: nothing has happened to it.
    pub state: Option<NodeState>,
    pub since: Option<Time>,
    pub reason: String,
    pub not_before: Option<Time>,
    /// A bake: when it began and ends.
    pub bake_started_at: Option<Time>,
    pub bake_ends_at: Option<Time>,
    pub outputs: BTreeMap<String, String>,
    /// Oldest first.
    pub attempts: Vec<AttemptView>,
}

/// One try of a job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AttemptView {
    pub id: AttemptId,
    pub number: u32,
    pub kind: AttemptKind,
    pub state: AttemptState,
    pub target: Option<TargetName>,
    pub runner: Option<RunnerId>,
    pub queued_at: Time,
    pub leased_at: Option<Time>,
    pub ended_at: Option<Time>,
    pub outcome: Option<Outcome>,
    pub stop: Option<StopOrder>,
    pub steps: Vec<StepReport>,
    pub outputs: BTreeMap<String, String>,
    /// Markdown from the job: hostile text, to be shown as such.
    pub summary: String,
    pub artifacts: Vec<Artifact>,
    pub log_bytes: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ArtifactView {
    #[serde(flatten)]
    pub artifact: Artifact,
    /// The node that made it.
    pub node: String,
}

/// The rows of one release, from memory or from the store.
#[derive(Debug, Clone, Copy)]
pub struct ReleaseParts<'r> {
    pub row: &'r ReleaseRow,
    pub plan: &'r Plan,
    pub waves: &'r [&'r WaveRow],
    pub nodes: &'r [&'r NodeRow],
    pub gates: &'r [&'r GateRow],
    /// In any order.
    pub attempts: &'r [&'r AttemptRow],
}

/// Computes a release's page.
#[must_use]
pub fn release(parts: ReleaseParts<'_>, viewer: &Viewer) -> ReleaseView {
    let plan = parts.plan;
    let nodes = nodes(parts);
    let gates = plan.nodes.iter().zip(0..).filter_map(|(node, ix)| {
        let row = parts.gates.iter().find(|row| row.node == NodeIx(ix)).copied();
        gate::of(node, row, &parts.row.involved, viewer)
    });
    let waves = plan.waves().map(|(ix, stage, wave)| {
        let row = parts.waves.iter().find(|row| row.wave == ix);
        WaveView {
            stage: stage.name.clone(),
            wave: wave.name.clone(),
            state: row.map(|row| row.state),
            arrived_at: row.map(|row| row.arrived_at),
            entered_at: row.and_then(|row| row.entered_at),
            ended_at: row.and_then(|row| row.ended_at),
            waits_for: row.map(|row| row.waits_for.clone()).unwrap_or_default(),
        }
    });
    let preview = plan.preview.as_ref().filter(|preview| preview.removal.is_some());
    ReleaseView {
        preview: preview.map(|preview| PreviewView { target: TargetName(preview.target.clone()), address: preview.address.clone() }),
        summary: ReleaseSummary { digest: seen_digest(parts.row, plan), ..summary(parts.row) },
        inputs: parts.row.inputs.clone(),
        waves: waves.collect(),
        gates: gates.collect(),
        added: super::addition::all(plan),
        artifacts: artifacts(&nodes),
        nodes,
    }
}

/// One line about a release.
#[must_use]
pub fn summary(row: &ReleaseRow) -> ReleaseSummary {
    ReleaseSummary {
        number: row.number,
        digest: row.digest.clone(),
        change: change_number(row.order),
        revisions: row.revisions.clone(),
        trigger: row.trigger.clone(),
        trust: row.trust,
        created_at: row.created_at,
        created_by: row.created_by.clone(),
        state: row.state,
        reason: row.reason.clone(),
        ended_at: row.ended_at,
        superseded_by: row.superseded_by,
        quarantine: row.quarantine.clone(),
        overrides: row.overrides.clone(),
    }
}

/// An actor for people.
pub(super) fn name_of(actor: &Actor) -> String {
    match actor {
        Actor::Person { name, .. } => name.clone(),
        Actor::Token { name, .. } => format!("token {name}"),
        Actor::Runner { id } => format!("runner {id}"),
        Actor::Trigger { source } => source.clone(),
        Actor::Engine => "the engine".to_owned(),
    }
}

impl From<&AttemptRow> for AttemptView {
    fn from(row: &AttemptRow) -> Self {
        Self {
            id: row.id.clone(),
            number: row.number,
            kind: row.kind.clone(),
            state: row.state,
            target: row.target.clone(),
            runner: row.runner.clone(),
            queued_at: row.queued_at,
            leased_at: row.leased_at,
            ended_at: row.ended_at,
            outcome: row.outcome.clone(),
            stop: row.stop.clone(),
            steps: row.steps.clone(),
            outputs: row.outputs.clone(),
            summary: row.summary.clone(),
            artifacts: row.artifacts.clone(),
            log_bytes: row.log_bytes,
        }
    }
}

fn nodes(parts: ReleaseParts<'_>) -> Vec<NodeView> {
    let plan = parts.plan;
    let rows: BTreeMap<NodeIx, &NodeRow> = parts.nodes.iter().map(|row| (row.node, *row)).collect();
    let mut attempts: BTreeMap<NodeIx, Vec<&AttemptRow>> = BTreeMap::new();
    for attempt in parts.attempts {
        attempts.entry(attempt.node).or_default().push(attempt);
    }
    let key_of = |ix: &NodeIx| plan.node(*ix).map(|node| node.key.clone());
    let mut views = Vec::with_capacity(plan.nodes.len());
    for (node, ix) in plan.nodes.iter().zip(0..).map(|(node, ix)| (node, NodeIx(ix))) {
        let (kind, name, aside) = match &node.kind {
            NodeKind::Job(job) => ("job", job.name.clone(), is_aside(job.purpose)),
            NodeKind::Bake(_) => ("bake", "bake".to_owned(), false),
            NodeKind::Milestone(_) => ("milestone", String::new(), false),
            NodeKind::Gate(_) => continue,
        };
        let row = rows.get(&ix).copied();
        let bake = row.and_then(|row| row.bake.as_ref());
        let mut tries: Vec<AttemptView> = attempts.remove(&ix).unwrap_or_default().into_iter().map(AttemptView::from).collect();
        tries.sort_by(|a, b| (a.queued_at, a.number, &a.id).cmp(&(b.queued_at, b.number, &b.id)));
        views.push(NodeView {
            key: node.key.clone(),
            kind: kind.to_owned(),
            name,
            stage: plan.stage(node.stage).map(|stage| stage.name.clone()).unwrap_or_default(),
            wave: node.wave.and_then(|ix| plan.wave(ix)).map(|wave| wave.name.clone()),
            target: node.target.as_deref().map(TargetName::from),
            needs: node.needs.iter().filter_map(key_of).collect(),
            aside,
            state: row.map(|row| row.state),
            since: row.map(|row| row.since),
            reason: row.map(|row| row.reason.clone()).unwrap_or_default(),
            not_before: row.and_then(|row| row.not_before),
            bake_started_at: bake.map(|bake| bake.started_at),
            bake_ends_at: bake.map(|bake| bake.ends_at),
            outputs: row.map(|row| row.outputs.clone()).unwrap_or_default(),
            attempts: tries,
        });
    }
    views
}

fn is_aside(purpose: Purpose) -> bool {
    match purpose {
        Purpose::OnFailure | Purpose::Finally | Purpose::Rollback | Purpose::Inspect => true,
        Purpose::Job | Purpose::Before | Purpose::Deploy { .. } | Purpose::Verify | Purpose::After => false,
    }
}

/// What the last attempt of each node left behind.
fn artifacts(nodes: &[NodeView]) -> Vec<ArtifactView> {
    nodes
        .iter()
        .filter_map(|node| Some((node, node.attempts.iter().rev().find(|attempt| matches!(attempt.outcome, Some(Outcome::Succeeded)))?)))
        .flat_map(|(node, attempt)| {
            attempt.artifacts.iter().map(|artifact| ArtifactView { artifact: artifact.clone(), node: node.key.clone() })
        })
        .collect()
}
