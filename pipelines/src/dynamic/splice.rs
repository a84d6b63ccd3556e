use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::graft::Place;
use super::{Fragment, FragmentJob, Need, Surroundings};
use crate::expand::MAX_NODES;
use crate::graph;
use crate::plan::{Addition, Node, NodeIx, NodeKind, Plan, Purpose, Stage, StageIx};

/// How many nodes one upload may add (D4).
pub const MAX_ADDED: usize = 500;
/// How deep additions may nest (D4): a job of the file adds at depth 1, a job that was added at depth 2.
pub const MAX_DEPTH: u32 = 2;

/// Who adds something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin {
    pub by: NodeIx,
    /// The attempt of that job, counted from 1.
    pub attempt: u32,
}

/// What a splice changed; empty for the same upload once more.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Spliced {
    /// New nodes, those of new stages included. They stand last in the plan, so that no other moves.
    pub added: Vec<NodeIx>,
    pub replaced: Vec<NodeIx>,
    /// Jobs that an earlier attempt added and this one does not: they are skipped and count as satisfied (D5).
    pub withdrawn: Vec<NodeIx>,
    /// Nodes that were there and need more than before: whoever waited for the job also waits for what it added (D1).
    pub waiting: Vec<NodeIx>,
    /// What nodes that were there need now and did not need before: the node that is needed, and the one that needs it.
    pub gained: Vec<(NodeIx, NodeIx)>,
    /// What they needed before and do not need any more.
    pub freed: Vec<(NodeIx, NodeIx)>,
    /// New stages.
    pub stages: Vec<StageIx>,
    /// Stages that were there and grew: approvals that cover them are void (G6).
    pub grown: BTreeSet<StageIx>,
}

impl Spliced {
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Why nothing was added; the plan is as it was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SpliceError {
    #[error("{0}")]
    MayNotAdd(String),
    #[error("the job {by} has ended, and what waited for it has begun: nothing can be added after it")]
    TooLate { by: String },
    #[error("{key} is there already with other content; give it another name, or say `replace: true` (D2)")]
    Clash { key: String },
    #[error("{key} cannot be replaced: it is queued or has begun (D3)")]
    Begun { key: String },
    #[error("{key} cannot be replaced: it is not a job of the same stage (D3)")]
    NotReplaceable { key: String },
    #[error("a stage called {stage} is there already, and an upload may add stages and not change them; give it another name (D2)")]
    StageClash { stage: String },
    #[error("the target {target} is part of this release already, and one release goes to a target once; name another one (D3)")]
    TargetClash { target: String },
    #[error("the artifact {artifact} is left by {key} already; give it another name (D2)")]
    ArtifactClash { artifact: String, key: String },
    #[error("there is no job {key} to wait for; `needs` names jobs of the same upload and of the stage that they join (D5)")]
    UnknownNeed { key: String },
    #[error("jobs would wait for each other in a circle: {}", keys.join(" → "))]
    Cycle { keys: Vec<String> },
    #[error("an upload adds at most {MAX_ADDED} nodes, and this one {count} (D4)")]
    TooManyAdded { count: usize },
    #[error("a release has at most {limit} nodes, and this one would have {count} (D4)")]
    TooManyNodes { count: usize, limit: usize },
    #[error("additions nest at most {MAX_DEPTH} deep, and {by} was added at that depth (D4)")]
    TooDeep { by: String },
}

/// Adds a fragment right after the job that printed or uploaded it (D1 to D4).
///
/// Costs the size of the fragment and the number of nodes that wait for the job; where a new job needs one that is there and
/// has not begun, also what that one waits for. Nodes and stages that are there keep their positions.
///
/// # Errors
/// The first rule that it breaks. The plan is then unchanged.
pub fn splice(plan: &mut Plan, fragment: &Fragment, origin: Origin, around: &impl Surroundings) -> Result<Spliced, SpliceError> {
    may_add(plan, origin.by).map_err(SpliceError::MayNotAdd)?;
    let draft = Draft::of(plan, fragment, origin, around)?;
    Ok(draft.apply(plan, fragment))
}

/// Whether a job may add anything: it must be part of the path.
pub(super) fn may_add(plan: &Plan, by: NodeIx) -> Result<(), String> {
    let Some(node) = plan.node(by) else { return Err("there is no such job in this release".to_owned()) };
    let NodeKind::Job(job) = &node.kind else { return Err(format!("{} is not a job", node.key)) };
    let is_outside = matches!(job.purpose, Purpose::OnFailure | Purpose::Finally | Purpose::Rollback | Purpose::Inspect);
    if is_outside { Err(format!("{} is not on the release's path: nobody would wait for what it adds", node.key)) } else { Ok(()) }
}

/// 0 for a job of the file.
pub(super) fn depth_of(plan: &Plan, ix: NodeIx) -> u32 {
    let stage = plan.node(ix).map(|node| node.stage);
    let made = |addition: &&Addition| {
        (addition.jobs.contains_key(&ix) && !addition.replaced.contains(&ix)) || stage.is_some_and(|s| addition.stages.contains_key(&s))
    };
    plan.added.iter().filter(made).map(|addition| addition.depth).max().unwrap_or(0)
}

/// What becomes of one job of the fragment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Same(NodeIx),
    Replaces(NodeIx),
    New(NodeIx),
}

impl Fate {
    pub(super) fn ix(self) -> NodeIx {
        match self {
            Self::Same(ix) | Self::Replaces(ix) | Self::New(ix) => ix,
        }
    }
}

/// Everything that will change, found before anything does.
pub(super) struct Draft {
    pub(super) origin: Origin,
    pub(super) depth: u32,
    pub(super) digests: Vec<String>,
    pub(super) fates: Vec<Fate>,
    pub(super) needs: Vec<BTreeSet<NodeIx>>,
    pub(super) withdrawn: BTreeSet<NodeIx>,
    pub(super) waiting: Vec<NodeIx>,
    /// Whoever waits for the job waits for these too.
    pub(super) ends: Vec<NodeIx>,
    /// Stages of the fragment that are there from an earlier upload of the same.
    pub(super) has_stages: bool,
    pub(super) stage_digests: Vec<String>,
}

impl Draft {
    fn of(plan: &Plan, fragment: &Fragment, origin: Origin, around: &impl Surroundings) -> Result<Self, SpliceError> {
        let by_key = || plan.node(origin.by).map(|node| node.key.clone()).unwrap_or_default();
        let depth = depth_of(plan, origin.by) + 1;
        if depth > MAX_DEPTH {
            return Err(SpliceError::TooDeep { by: by_key() });
        }
        let added_count = fragment.jobs.len() + fragment.nodes.len();
        if added_count > MAX_ADDED {
            return Err(SpliceError::TooManyAdded { count: added_count });
        }
        let digests: Vec<String> = fragment.jobs.iter().map(digest_of).collect();
        let mut draft = Self {
            origin,
            depth,
            fates: Vec::with_capacity(fragment.jobs.len()),
            needs: Vec::new(),
            withdrawn: BTreeSet::new(),
            waiting: Vec::new(),
            ends: Vec::new(),
            has_stages: false,
            stage_digests: fragment.stages.iter().map(|stage| stage_digest(fragment, stage)).collect(),
            digests,
        };
        draft.find_fates(plan, fragment, around)?;
        draft.find_needs(plan, fragment, around)?;
        draft.find_withdrawn(plan, around);
        draft.check_stages(plan, fragment, around)?;
        let new = draft.fates.iter().filter(|fate| matches!(fate, Fate::New(_))).count();
        let count = plan.nodes.len() + new + if draft.has_stages { 0 } else { fragment.nodes.len() };
        let limit = around.node_limit().min(MAX_NODES);
        if count > limit {
            return Err(SpliceError::TooManyNodes { count, limit });
        }
        let needed: BTreeSet<NodeIx> = draft.needs.iter().flatten().copied().collect();
        // A job of the file that is replaced keeps its place: nobody waits for it who did not before.
        let is_end = |fate: &&Fate| match fate {
            Fate::Same(_) => false,
            Fate::New(_) => true,
            Fate::Replaces(ix) => depth_of(plan, *ix) > 0,
        };
        draft.ends = draft.fates.iter().filter(is_end).map(|fate| fate.ix()).filter(|ix| !needed.contains(ix)).collect();
        let own: BTreeSet<NodeIx> = draft.fates.iter().map(|fate| fate.ix()).collect();
        let of_earlier = |ix: &NodeIx| plan.added.iter().any(|a| a.by == origin.by && a.jobs.contains_key(ix) && !a.replaced.contains(ix));
        let waiting = around.waiting_for(origin.by).into_iter().filter(|ix| !own.contains(ix) && !of_earlier(ix));
        draft.waiting = if draft.ends.is_empty() { Vec::new() } else { waiting.collect() };
        let replaces = draft.fates.iter().any(|fate| matches!(fate, Fate::Replaces(_)));
        let changes =
            replaces || !draft.ends.is_empty() || !draft.withdrawn.is_empty() || (!fragment.stages.is_empty() && !draft.has_stages);
        let follows = |place: &Place| place.start_after.is_some_and(|start| around.has_begun(start));
        let comes_late =
            !fragment.stages.is_empty() && !draft.has_stages && Place::of(plan, origin.by).is_some_and(|place| follows(&place));
        if comes_late || (changes && around.waiting_for(origin.by).iter().any(|ix| around.has_begun(*ix))) {
            return Err(SpliceError::TooLate { by: by_key() });
        }
        draft.check_cycles(plan, fragment, around)?;
        Ok(draft)
    }

    fn find_fates(&mut self, plan: &Plan, fragment: &Fragment, around: &impl Surroundings) -> Result<(), SpliceError> {
        let mut next = u32::try_from(plan.nodes.len()).unwrap_or(u32::MAX);
        for (job, digest) in fragment.jobs.iter().zip(&self.digests) {
            let fate = match around.node_of(&job.key) {
                None => {
                    next = next.saturating_add(1);
                    Fate::New(NodeIx(next - 1))
                }
                Some(ix) => self.fate_of(plan, job, digest, ix, around)?,
            };
            for artifact in &job.job.artifacts_out {
                if let Some(other) = around.leaves(&artifact.name).filter(|other| *other != fate.ix()) {
                    let key = plan.node(other).map(|node| node.key.clone()).unwrap_or_default();
                    return Err(SpliceError::ArtifactClash { artifact: artifact.name.clone(), key });
                }
            }
            self.fates.push(fate);
        }
        Ok(())
    }

    /// Of a job whose key is there.
    fn fate_of(&self, plan: &Plan, job: &FragmentJob, digest: &str, ix: NodeIx, around: &impl Surroundings) -> Result<Fate, SpliceError> {
        let key = || job.key.clone();
        let last = plan.added.iter().rev().find(|addition| addition.jobs.contains_key(&ix) || addition.withdrawn.contains(&ix));
        let is_withdrawn = last.is_some_and(|addition| addition.withdrawn.contains(&ix));
        let of_this_job = last.filter(|addition| addition.by == self.origin.by);
        if !is_withdrawn && of_this_job.is_some_and(|addition| addition.jobs.get(&ix).map(String::as_str) == Some(digest)) {
            return Ok(Fate::Same(ix));
        }
        // A later attempt of the same job says what it adds anew.
        let is_retry = of_this_job.is_some_and(|addition| addition.attempt < self.origin.attempt || is_withdrawn);
        if !is_retry && !job.replace {
            return Err(SpliceError::Clash { key: key() });
        }
        let (own, other) = (plan.node(self.origin.by), plan.node(ix));
        let same_place = own.zip(other).is_some_and(|(own, other)| own.stage == other.stage && other.target.is_none());
        if ix == self.origin.by || !same_place || may_add(plan, ix).is_err() {
            return Err(SpliceError::NotReplaceable { key: key() });
        }
        if around.has_begun(ix) { Err(SpliceError::Begun { key: key() }) } else { Ok(Fate::Replaces(ix)) }
    }

    fn find_needs(&mut self, plan: &Plan, fragment: &Fragment, around: &impl Surroundings) -> Result<(), SpliceError> {
        for (job, fate) in fragment.jobs.iter().zip(&self.fates) {
            let mut needs = BTreeSet::from([self.origin.by]);
            for need in &job.needs {
                let found = match need {
                    Need::Added(at) => self.fates.get(*at as usize).map(|fate| fate.ix()),
                    Need::There(key) => around.node_of(key).filter(|ix| may_add(plan, *ix).is_ok()),
                };
                let key = || match need {
                    Need::Added(at) => at.to_string(),
                    Need::There(key) => key.clone(),
                };
                needs.insert(found.ok_or_else(|| SpliceError::UnknownNeed { key: key() })?);
            }
            // What a job of the file waited for, the one in its place waits for too.
            if let Fate::Replaces(ix) = fate
                && depth_of(plan, *ix) == 0
            {
                needs.extend(plan.node(*ix).into_iter().flat_map(|node| node.needs.iter().copied()));
            }
            self.needs.push(needs);
        }
        Ok(())
    }

    fn find_withdrawn(&mut self, plan: &Plan, around: &impl Surroundings) {
        let kept: BTreeSet<NodeIx> = self.fates.iter().map(|fate| fate.ix()).collect();
        let earlier = plan.added.iter().filter(|addition| addition.by == self.origin.by && addition.attempt < self.origin.attempt);
        for addition in earlier {
            let made = addition.jobs.keys().filter(|ix| !addition.replaced.contains(ix) && !kept.contains(ix));
            self.withdrawn.extend(made.filter(|ix| !around.has_begun(**ix)).copied());
        }
        let later = plan.added.iter().filter(|addition| addition.by == self.origin.by && addition.attempt >= self.origin.attempt);
        for addition in later {
            self.withdrawn.retain(|ix| !addition.jobs.contains_key(ix) && !addition.withdrawn.contains(ix));
        }
        for addition in plan.added.iter().filter(|addition| addition.by == self.origin.by) {
            self.withdrawn.retain(|ix| !addition.withdrawn.contains(ix));
        }
    }

    fn check_stages(&mut self, plan: &Plan, fragment: &Fragment, around: &impl Surroundings) -> Result<(), SpliceError> {
        let mut there = 0;
        for (stage, digest) in fragment.stages.iter().zip(&self.stage_digests) {
            let Some(ix) = around.node_of(&format!("{}/start", stage.name)) else { continue };
            let stage_ix = plan.node(ix).map(|node| node.stage);
            let is_same =
                |addition: &Addition| addition.by == self.origin.by && stage_ix.is_some_and(|ix| addition.stages.get(&ix) == Some(digest));
            if !plan.added.iter().any(is_same) {
                return Err(SpliceError::StageClash { stage: stage.name.clone() });
            }
            there += 1;
        }
        self.has_stages = there == fragment.stages.len();
        if self.has_stages {
            return Ok(());
        }
        if let Some(stage) = fragment.stages.iter().find(|stage| there > 0 && around.node_of(&format!("{}/start", stage.name)).is_some()) {
            return Err(SpliceError::StageClash { stage: stage.name.clone() });
        }
        let mut rollouts = fragment.stages.iter().flat_map(|stage| &stage.waves).flat_map(|wave| &wave.rollouts);
        if let Some(rollout) = rollouts.find(|rollout| around.has_target(&rollout.target)) {
            return Err(SpliceError::TargetClash { target: rollout.target.clone() });
        }
        for node in &fragment.nodes {
            let NodeKind::Job(job) = &node.kind else { continue };
            if let Some((artifact, other)) = job.artifacts_out.iter().find_map(|a| Some((a.name.clone(), around.leaves(&a.name)?))) {
                let key = plan.node(other).map(|node| node.key.clone()).unwrap_or_default();
                return Err(SpliceError::ArtifactClash { artifact, key });
            }
        }
        Ok(())
    }

    /// A circle needs a way from a node that is there, and has not begun, back to one that now waits for more.
    fn check_cycles(&self, plan: &Plan, fragment: &Fragment, around: &impl Surroundings) -> Result<(), SpliceError> {
        let own: BTreeMap<NodeIx, &BTreeSet<NodeIx>> = self.fates.iter().map(|fate| fate.ix()).zip(&self.needs).collect();
        let mut edges: BTreeSet<(NodeIx, NodeIx)> = BTreeSet::new();
        let mut rest: Vec<NodeIx> = own.keys().copied().collect();
        let mut seen: BTreeSet<NodeIx> = rest.iter().copied().collect();
        while let Some(ix) = rest.pop() {
            let there = plan.node(ix).map(|node| node.needs.as_slice()).unwrap_or_default();
            let mut needs: BTreeSet<NodeIx> = own.get(&ix).map_or_else(|| there.iter().copied().collect(), |needs| (*needs).clone());
            if self.waiting.contains(&ix) {
                needs.extend(&self.ends);
            }
            for need in needs {
                edges.insert((need, ix));
                if !around.has_begun(need) && need != self.origin.by && seen.insert(need) {
                    rest.push(need);
                }
            }
        }
        let nodes: Vec<NodeIx> = seen.into_iter().collect();
        let place = |ix: &NodeIx| nodes.binary_search(ix).ok();
        let edges: Vec<(usize, usize)> = edges.iter().filter_map(|(from, to)| Some((place(from)?, place(to)?))).collect();
        graph::order(nodes.len(), &edges).map(|_| ()).map_err(|cycle| {
            let key = |at: &usize| {
                let ix = nodes.get(*at).copied()?;
                let own =
                    self.fates.iter().position(|fate| fate.ix() == ix).and_then(|at| fragment.jobs.get(at)).map(|job| job.key.clone());
                own.or_else(|| plan.node(ix).map(|node| node.key.clone()))
            };
            SpliceError::Cycle { keys: cycle.path.iter().rev().filter_map(key).collect() }
        })
    }
}

fn digest_of(part: &impl Serialize) -> String {
    // Parts of a plan hold texts, numbers, lists and ordered maps alone, so that they always have a JSON form.
    hex::encode(Sha256::digest(serde_json::to_vec(part).unwrap_or_default()))
}

fn stage_digest(fragment: &Fragment, stage: &Stage) -> String {
    let nodes: Vec<&Node> =
        fragment.nodes.iter().filter(|node| fragment.stages.get(node.stage.0 as usize).is_some_and(|own| own.name == stage.name)).collect();
    digest_of(&(stage, nodes))
}
