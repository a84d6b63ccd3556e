use std::collections::BTreeSet;

use sha2::{Digest as _, Sha256};

use super::splice::{depth_of, may_add};
use super::{Fragment, FragmentJob, MAX_ADDED, MAX_DEPTH, Need};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::lower::{Joined, LoweredFragment, There, lower_fragment};
use crate::plan::{NodeIx, NodeKind, Plan};
use crate::text::{Problem, Read as _, Reader, Span, parse_unless_empty};
use crate::{Environment, ExpandError, MAX_NODES, SourceFile, expand, file, model};

/// The plan that a fragment is to join, and the job that prints or uploads it.
#[derive(Debug, Clone, Copy)]
pub struct Joining<'p> {
    pub plan: &'p Plan,
    pub by: NodeIx,
}

/// Reads what a job printed or uploaded, against the plan of its release (D1). Never fails and never panics; there is a
/// fragment when no finding is an error. `source.files` holds the local blocks of the release's commit.
///
/// Unlike [`super::splice`], it reads the whole plan: call it before the core is asked.
#[must_use]
pub fn compile_fragment(source: &SourceFile, joining: &Joining<'_>, environment: &Environment) -> (Option<Fragment>, Vec<Diagnostic>) {
    let mut reader = Reader::default();
    let at = Span::new(0, 0);
    let joined = match joined(joining) {
        Ok(joined) => joined,
        Err(message) => {
            reader.report(Problem::error(Code::NotAllowed, at, message));
            return (None, reader.finish(&source.name, &source.text));
        }
    };
    let stage = joined.stage.clone();
    let node = parse_unless_empty(&source.text, &mut reader, |problem| {
        problem.expected("`jobs` or `stages`").help("a program that has nothing to add says so: `jobs: []`")
    });
    let form = node.and_then(|node| file::Fragment::read(&node, &mut reader));
    let mut elsewhere = Vec::new();
    let mut fragment = None;
    if let Some(form) = form {
        let environment = Environment { splices: true, ..environment.clone() };
        let (lowered, found) = lower_fragment(&form, source, &environment, joined, &mut reader);
        elsewhere = found;
        let count = lowered.jobs.len() + expand::count(&lowered.pipeline);
        let limits = [
            (count > MAX_ADDED, format!("it adds {count} nodes (D4)"), format!("at most {MAX_ADDED} in one upload")),
            (
                joining.plan.nodes.len() + count > MAX_NODES,
                format!("the plan would have {} nodes (D4)", joining.plan.nodes.len() + count),
                format!("at most {MAX_NODES} in a release"),
            ),
        ];
        if let Some((_, message, expected)) = limits.into_iter().find(|(broken, ..)| *broken && !reader.has_errors()) {
            reader.report(Problem::error(Code::TooManyNodes, at, message).expected(expected));
        }
        if !reader.has_errors() {
            match assembled(lowered, joining.plan, &stage, &source.text) {
                Ok(assembled) => fragment = Some(assembled),
                Err(error) => reader.report(Problem::error(Code::BadExpression, at, error.to_string())),
            }
        }
    }
    let mut diagnostics = reader.finish(&source.name, &source.text);
    diagnostics.append(&mut elsewhere);
    diagnostics.extend(source.unreadable.iter().cloned());
    let has_errors = diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
    (fragment.filter(|_| !has_errors), diagnostics)
}

fn assembled(lowered: LoweredFragment, plan: &Plan, stage: &str, text: &str) -> Result<Fragment, ExpandError> {
    let job = |job: model::Job| {
        let added = job.needs.iter().map(|need| Need::Added(u32::try_from(*need).unwrap_or(u32::MAX)));
        let needs = added.chain(job.needs_there.into_iter().map(Need::There)).collect();
        FragmentJob { key: format!("{stage}/{}", job.job.name), needs, job: job.job, replace: job.replace }
    };
    let blocks = lowered.pipeline.blocks.clone();
    let derived = lowered.pipeline.derived.clone();
    let (stages, nodes) = expand::stages(&lowered.pipeline, &plan.inputs)?;
    let used: BTreeSet<&str> = nodes.iter().filter_map(|node| node.target.as_deref()?.split('/').next()).collect();
    let accounts = plan.accounts.iter().filter(|(name, _)| used.contains(name.as_str()));
    let accounts = accounts.map(|(name, account)| (name.clone(), account.clone())).collect();
    Ok(Fragment {
        digest: format!("sha256:{}", hex::encode(Sha256::digest(text))),
        jobs: lowered.jobs.into_iter().map(job).collect(),
        stages,
        nodes,
        accounts,
        blocks,
        derived,
    })
}

/// What the language needs to know of the plan, or why this job may add nothing.
fn joined(joining: &Joining<'_>) -> Result<Joined, String> {
    let Joining { plan, by } = *joining;
    may_add(plan, by)?;
    if depth_of(plan, by) >= MAX_DEPTH {
        return Err(format!("a job that was added by an added job may add no more: depth {MAX_DEPTH} is the limit (D4)"));
    }
    let Some(node) = plan.node(by) else { return Err("there is no such job".to_owned()) };
    let Some(stage) = plan.stage(node.stage) else { return Err("there is no such stage".to_owned()) };
    let before = before(plan, by);
    let mut joined = Joined {
        pipeline: plan.pipeline.clone(),
        stage: stage.name.clone(),
        accounts: plan.accounts.clone(),
        inputs: plan.inputs.keys().cloned().collect(),
        ..Joined::default()
    };
    for (other, ix) in plan.nodes.iter().zip((0..).map(NodeIx)) {
        let NodeKind::Job(job) = &other.kind else { continue };
        if other.stage == node.stage && other.target.is_none() && !other.needs.is_empty() && ix != by {
            joined.jobs.insert(other.key.clone());
        }
        let for_jobs = ix == by || before.contains(&ix);
        let there = There { key: other.key.clone(), for_jobs, for_stages: for_jobs || other.stage == node.stage };
        joined.artifacts.extend(job.artifacts_out.iter().map(|artifact| (artifact.name.clone(), there.clone())));
    }
    Ok(joined)
}

/// Everything that has ended when `ix` starts.
fn before(plan: &Plan, ix: NodeIx) -> BTreeSet<NodeIx> {
    let mut found = BTreeSet::new();
    let mut rest = vec![ix];
    while let Some(ix) = rest.pop() {
        for need in plan.node(ix).iter().flat_map(|node| &node.needs) {
            if found.insert(*need) {
                rest.push(*need);
            }
        }
    }
    found
}
