use std::collections::{BTreeMap, BTreeSet};

use super::Fragment;
use super::splice::{Draft, Fate, Spliced, depth_of};
use crate::plan::{Addition, Job, Node, NodeIx, NodeKind, Plan, Stage, StageIx};

impl Draft {
    /// Makes what was found good: from here on nothing fails.
    pub(super) fn apply(self, plan: &mut Plan, fragment: &Fragment) -> Spliced {
        let mut spliced = Spliced::default();
        let home = plan.node(self.origin.by).map(|node| (node.stage, node.wave));
        let Some((stage, wave)) = home else { return spliced };
        let mut addition = Addition {
            by: self.origin.by,
            attempt: self.origin.attempt,
            depth: self.depth,
            digest: fragment.digest.clone(),
            jobs: BTreeMap::new(),
            replaced: BTreeSet::new(),
            withdrawn: self.withdrawn.clone(),
            stages: BTreeMap::new(),
        };
        let parts = fragment.jobs.iter().zip(&self.fates).zip(&self.needs).zip(&self.digests);
        for (((job, fate), needs), digest) in parts {
            let needs: Vec<NodeIx> = needs.iter().copied().collect();
            let kind = NodeKind::Job(Box::new(job.job.clone()));
            match fate {
                Fate::Same(_) => continue,
                Fate::New(ix) => {
                    plan.nodes.push(Node { key: job.key.clone(), stage, wave, target: None, needs, kind });
                    spliced.added.push(*ix);
                }
                Fate::Replaces(ix) => {
                    if depth_of(plan, *ix) == 0 {
                        addition.replaced.insert(*ix);
                    }
                    if let Some(node) = plan.nodes.get_mut(ix.0 as usize) {
                        let before: BTreeSet<NodeIx> = node.needs.iter().copied().collect();
                        let after: BTreeSet<NodeIx> = needs.iter().copied().collect();
                        spliced.gained.extend(after.difference(&before).map(|need| (*need, *ix)));
                        spliced.freed.extend(before.difference(&after).map(|need| (*need, *ix)));
                        node.needs = needs;
                        node.kind = kind;
                    }
                    spliced.replaced.push(*ix);
                }
            }
            addition.jobs.insert(fate.ix(), digest.clone());
            extend_names(plan, &job.job);
        }
        for ix in &self.withdrawn {
            if let Some(Node { kind: NodeKind::Job(job), .. }) = plan.nodes.get_mut(ix.0 as usize) {
                job.condition = Some("false".to_owned());
                spliced.withdrawn.push(*ix);
            }
        }
        let new: BTreeSet<NodeIx> = spliced.added.iter().copied().collect();
        for ix in &self.waiting {
            if let Some(node) = plan.nodes.get_mut(ix.0 as usize) {
                let is_more = |end: &&NodeIx| new.contains(end) || !node.needs.contains(end);
                let more: Vec<NodeIx> = self.ends.iter().filter(is_more).copied().collect();
                if !more.is_empty() {
                    spliced.waiting.push(*ix);
                }
                spliced.gained.extend(more.iter().map(|need| (*need, *ix)));
                node.needs.extend(more);
            }
        }
        if !spliced.added.is_empty() || !spliced.replaced.is_empty() || !spliced.withdrawn.is_empty() {
            spliced.grown.insert(stage);
        }
        if !fragment.stages.is_empty() && !self.has_stages {
            self.add_stages(plan, fragment, &mut addition, &mut spliced);
        }
        if !spliced.is_empty() {
            plan.blocks.extend(fragment.blocks.clone());
            plan.derived.extend(fragment.derived.clone());
            plan.added.push(addition);
        }
        spliced
    }

    /// Right after the stage of the job, behind what was added there before.
    fn add_stages(&self, plan: &mut Plan, fragment: &Fragment, addition: &mut Addition, spliced: &mut Spliced) {
        let narrow = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        if plan.path.is_empty() {
            plan.path = (0..narrow(plan.stages.len())).map(StageIx).collect();
        }
        let Some(Place { at, end_before, start_after }) = Place::of(plan, self.origin.by) else { return };
        let (first_node, first_stage) = (narrow(plan.nodes.len()), narrow(plan.stages.len()));
        let (stages, mut nodes) = fragment.shifted(first_node, first_stage);
        let (first, last) = (stages.first().map(|stage| stage.start), stages.last().map(|stage| stage.end));
        for (node, ix) in nodes.iter_mut().zip(first_node..) {
            if Some(NodeIx(ix)) == first {
                node.needs.extend(end_before);
            }
            if let NodeKind::Job(job) = &node.kind {
                extend_names(plan, job);
            }
            spliced.added.push(NodeIx(ix));
        }
        plan.nodes.extend(nodes);
        if let (Some(after), Some(last)) = (start_after, last)
            && let Some(node) = plan.nodes.get_mut(after.0 as usize)
        {
            let freed = node.needs.iter().filter(|need| Some(**need) == end_before).map(|need| (*need, after));
            spliced.freed.extend(freed);
            node.needs.retain(|need| Some(*need) != end_before);
            node.needs.push(last);
            spliced.gained.push((last, after));
            spliced.waiting.push(after);
        }
        let made: Vec<StageIx> = (first_stage..first_stage + narrow(stages.len())).map(StageIx).collect();
        plan.path.splice(at..at, made.iter().copied());
        plan.stages.extend(stages);
        addition.stages.extend(made.iter().copied().zip(self.stage_digests.iter().cloned()));
        spliced.stages = made;
    }
}

/// Where new stages stand on the path: right after the stage of the job, behind what was added there before.
pub(super) struct Place {
    at: usize,
    pub(super) end_before: Option<NodeIx>,
    pub(super) start_after: Option<NodeIx>,
}

impl Place {
    pub(super) fn of(plan: &Plan, by: NodeIx) -> Option<Self> {
        let stage = plan.node(by)?.stage;
        let path: Vec<(StageIx, &Stage)> = plan.stages_on_path().collect();
        let is_added = |ix: &StageIx| plan.added.iter().any(|addition| addition.stages.contains_key(ix));
        let home = path.iter().position(|(ix, _)| *ix == stage)?;
        let skipped = path.iter().skip(home + 1).take_while(|(ix, _)| is_added(ix)).count();
        let at = home + 1 + skipped;
        let end_before = path.get(at - 1).map(|(_, stage)| stage.end);
        let start_after = path.get(at).map(|(_, stage)| stage.start);
        Some(Self { at, end_before, start_after })
    }
}

fn extend_names(plan: &mut Plan, job: &Job) {
    let inner = match &job.adds {
        Some(crate::plan::Adds::Matrix(matrix)) => Some(&matrix.job),
        Some(crate::plan::Adds::Generated { .. }) | None => None,
    };
    for job in std::iter::once(job).chain(inner) {
        plan.vars.extend(job.vars.iter().cloned());
        plan.secrets.extend(job.secrets.iter().cloned());
    }
}
