//! Making a release of a revision: compiling its pipeline file, expanding it, admitting it.

use std::collections::BTreeMap;
use std::sync::Arc;

use pipelines::plan::{Plan, Trigger};
use pipelines::policy::Subject;
use pipelines::schedule::Schedule;
use pipelines::{ExpandInput, Pin, SourceFile};
use sha2::{Digest, Sha256};

use super::{Engine, Error, previous, short};
use crate::core::id::{PersonId, PipelineId, ReleaseNumber, SourceOrder};
use crate::core::input::{Admission, Revision};
use crate::core::{Actor, EventKind, Input, Time, Trust};
use crate::engine::environment::Belongs;
use crate::ports::{Head, Repository, SourceError};
use crate::store::{ScheduleRow, SourceRow};

/// A release by a person, a schedule or the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Start {
    /// The same key starts once (ID2).
    pub key: String,
    /// None: the branch's head.
    pub commit: Option<String>,
    pub inputs: BTreeMap<String, String>,
    /// For people: `manual`, `schedule`.
    pub trigger: String,
}

/// A pipeline file at one commit.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) struct FilePlace<'f> {
    pub(in crate::engine) repository: &'f Repository,
    pub(in crate::engine) branch: &'f str,
    pub(in crate::engine) commit: &'f str,
    pub(in crate::engine) file: &'f str,
    /// Versions that go over those of the file.
    pub(in crate::engine) pins: &'f BTreeMap<String, Pin>,
}

/// A revision together with everything that its pipeline file says.
pub(super) struct Resolved {
    pub(super) plan: Arc<Plan>,
    digest: String,
    revision: Revision,
    /// Of its other sources (P5).
    others: Vec<Revision>,
    order: SourceOrder,
    trust: Trust,
    inputs: BTreeMap<String, String>,
}

impl Resolved {
    pub(super) fn own(&self) -> &Revision {
        &self.revision
    }

    /// Makes it a release of all of these, its own first; answers what tells it from others of its own revision.
    pub(super) fn take(&mut self, revisions: Vec<Revision>) -> String {
        self.digest = release_digest(&revisions, &self.plan, &self.inputs);
        self.others = revisions.into_iter().skip(1).collect();
        self.digest.chars().take(16).collect()
    }
}

impl Engine {
    /// Makes a release by hand, by schedule or by the API.
    ///
    /// # Errors
    /// When the commit cannot be found, the file there has errors, or an input is not declared.
    pub async fn start(self: &Arc<Self>, pipeline: &PipelineId, actor: Actor, start: Start) -> Result<ReleaseNumber, Error> {
        let source = self.source_of(pipeline).await?;
        let repository = Repository { url: source.url.clone() };
        let previous = previous(&source);
        let head = match &start.commit {
            None => self.ports.source.head(&repository, &source.branch, previous.as_ref()).await?,
            Some(commit) => self.known_commit(pipeline, &repository, &source, commit).await?,
        };
        let name = self.view(pipeline, |state| state.scope().to_owned()).await?;
        let place = FilePlace {
            repository: &repository,
            branch: &source.branch,
            commit: &head.revision.commit,
            file: &source.path,
            pins: &self.pins_of(&source.pipeline).await?,
        };
        let pull = source.pull_request();
        let trust = if pull.as_ref().is_some_and(|pull| pull.is_fork) { Trust::Fork } else { Trust::Branch };
        let compiled = self.compile_at(&place, Some(&name), trust).await?;
        self.record_commits(&repository, &source, &head, previous.as_ref()).await?;
        let commit = head.revision.commit.clone();
        let mut resolved = self.resolve(&source, &compiled, head, &start.inputs).await?;
        if !resolved.plan.sources.is_empty() {
            let revisions = self.gathered(resolved.own(), &resolved.plan).await?.map_err(|waits| {
                let why: Vec<String> = waits.iter().map(ToString::to_string).collect();
                Error::Invalid { what: "sources", detail: format!("nothing starts: {}", why.join("; ")) }
            })?;
            resolved.take(revisions);
        }
        let mut involved = self.involved_in(&source, &resolved.plan, &commit).await?;
        if let Actor::Person { id, .. } = &actor
            && !involved.contains(id)
        {
            involved.push(id.clone());
        }
        let number = self.admit(pipeline, actor, resolved, start, involved).await?;
        if let Some(pull) = pull {
            self.pull_request_moved(&source, pull, self.clock().now()).await?;
        }
        Ok(number)
    }

    /// The place of an older commit in the order: the one under which it was seen first (P4).
    async fn known_commit(&self, pipeline: &PipelineId, repository: &Repository, source: &SourceRow, commit: &str) -> Result<Head, Error> {
        let known = self
            .store
            .commit(pipeline, &repository.url, commit)
            .await?
            .ok_or_else(|| SourceError::NoCommit { url: repository.url.clone(), commit: commit.to_owned() })?;
        Ok(Head {
            revision: Revision {
                source: repository.url.clone(),
                commit: known.id,
                reference: source.branch.clone(),
                title: known.title,
                author: known.author,
                committed_at: known.committed_at,
            },
            order: known.order,
        })
    }

    /// `pipeline` is the name that people gave it; none: the one in the file.
    pub(in crate::engine) async fn compile_at(
        &self,
        place: &FilePlace<'_>,
        pipeline: Option<&str>,
        trust: Trust,
    ) -> Result<pipelines::Pipeline, Error> {
        let FilePlace { repository, branch, commit, file, pins } = *place;
        let Some(bytes) = self.ports.source.file(repository, commit, file).await? else {
            return Err(Error::Invalid {
                what: "pipeline file",
                detail: format!("{file} does not exist at {} of {}", short(commit), repository.url),
            });
        };
        let read = SourceFile::of_bytes(file, &bytes).map_err(|finding| Error::Diagnostics(vec![*finding]))?;
        let named = |name: &str| Subject { repository: repository.url.clone(), branch: branch.to_owned(), pipeline: name.to_owned() };
        let subject = named(pipeline.unwrap_or_default());
        let belongs = Belongs { subject, commit: commit.to_owned(), is_untrusted: trust.is_untrusted(), pins: pins.clone() };
        let (source, mut environment) = self.surrounded(&belongs, file, read.text).await?;
        if pipeline.is_none()
            && let Some((policy, _)) = environment.policy.take()
        {
            // What the policy says may depend on the name, which only the file knows.
            let compiled = pipelines::compile_in(&source, &environment).0;
            environment.policy = Some((policy, named(compiled.as_ref().map_or("", pipelines::Pipeline::name))));
        }
        let (pipeline, diagnostics) = pipelines::compile_in(&source, &environment);
        pipeline.ok_or(Error::Diagnostics(diagnostics))
    }

    /// A branch runs its whole file, a pull request what is given to one.
    pub(super) async fn resolve(
        &self,
        source: &SourceRow,
        compiled: &pipelines::Pipeline,
        head: Head,
        inputs: &BTreeMap<String, String>,
    ) -> Result<Resolved, Error> {
        let (plan, trust) = match source.pull_request() {
            Some(pull) => self.pull_request_plan(&pull, &head.revision.commit, compiled).await?,
            None => {
                let input = ExpandInput { inputs: inputs.clone(), ..ExpandInput::default() };
                let plan = pipelines::expand(compiled, &input);
                (plan.map_err(|error| Error::Invalid { what: "inputs", detail: error.to_string() })?, Trust::Branch)
            }
        };
        self.defined_by_protected_branch(source, &plan).await?;
        let digest = release_digest(std::slice::from_ref(&head.revision), &plan, inputs);
        Ok(Resolved {
            plan: Arc::new(plan),
            digest,
            revision: head.revision,
            order: head.order,
            trust,
            others: Vec::new(),
            inputs: inputs.clone(),
        })
    }

    pub(super) async fn admit(
        self: &Arc<Self>,
        pipeline: &PipelineId,
        actor: Actor,
        resolved: Resolved,
        start: Start,
        involved: Vec<PersonId>,
    ) -> Result<ReleaseNumber, Error> {
        self.accepts_new_work()?;
        let key = start.key.clone();
        let plan = Arc::clone(&resolved.plan);
        let admission = Admission {
            revisions: std::iter::once(resolved.revision).chain(resolved.others).collect(),
            order: resolved.order,
            plan: resolved.plan,
            digest: resolved.digest,
            inputs: start.inputs,
            trust: resolved.trust,
            trigger: start.trigger,
            involved,
            key: start.key,
        };
        let applied = self.input(pipeline, actor, Input::Admit(Box::new(admission))).await?;
        self.store.set_schedules(pipeline, &schedules(pipeline, &plan, self.clock().now())).await?;
        let created = applied.events.iter().find(|event| event.kind == EventKind::ReleaseCreated).and_then(|event| event.release);
        match created {
            Some(number) => Ok(number),
            // The same key was admitted before.
            None => self.store.release_by_key(pipeline, &key).await?.map(|row| row.number).ok_or(Error::Conflict),
        }
    }
}

fn schedules(pipeline: &PipelineId, plan: &Plan, now: Time) -> Vec<ScheduleRow> {
    let slot = |trigger: &Trigger| match trigger {
        Trigger::Schedule { cron, timezone } => {
            let next_at = Schedule::parse(cron, timezone).ok()?.next_after(now.to_utc()).map(Time::from_utc)?;
            Some(ScheduleRow { pipeline: pipeline.clone(), cron: cron.clone(), timezone: timezone.clone(), next_at, last_fired_at: None })
        }
        Trigger::Push { .. } | Trigger::PullRequest(_) | Trigger::Manual { .. } => None,
    };
    plan.triggers.iter().filter_map(slot).collect()
}

/// P1: over revisions, resolved file (as its plan), block versions (part of the plan) and inputs.
pub(super) fn release_digest(revisions: &[Revision], plan: &Plan, inputs: &BTreeMap<String, String>) -> String {
    let mut hasher = Sha256::new();
    let revisions = revisions.iter().flat_map(|revision| [revision.source.as_str(), &revision.commit]);
    for part in revisions.chain([&*plan.digest()]) {
        hasher.update(part.as_bytes());
        hasher.update([0]);
    }
    for (name, value) in inputs {
        hasher.update(name.as_bytes());
        hasher.update([1]);
        hasher.update(value.as_bytes());
        hasher.update([0]);
    }
    hex::encode(hasher.finalize())
}
