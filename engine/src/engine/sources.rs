//! From a repository to a release: connecting, asking for the head, compiling, admitting.
//!
//! A push or a poll is only a hint (R8): what is admitted is what the source answers when asked.

use std::collections::BTreeMap;
use std::sync::Arc;

use pipelines::diagnostic::Severity;
use pipelines::plan::{Plan, Trigger};
use pipelines::schedule::Schedule;
use pipelines::{Diagnostic, ExpandInput, SourceFile};
use serde_json::json;
use sha2::{Digest, Sha256};
use tracing::{info, warn};

use super::{Engine, Error, paths};
use crate::core::id::{PersonId, PipelineId, ReleaseNumber, SourceOrder};
use crate::core::input::{Admission, Revision};
use crate::core::{Actor, EventKind, Input, Pipeline, Time};
use crate::ports::{Head, Previous, Repository, SourceError};
use crate::store::{self, ScheduleRow, SourceCommit, SourceHead, SourceRow};

/// A source is not polled more often.
const MIN_POLL_MS: u64 = 200;
/// Commits that are listed between two releases at the most.
const COMMITS_LISTED: usize = 300;

/// A repository, and where its pipeline file stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    /// None: the name in the file.
    pub name: Option<String>,
    /// A path or URL that git understands.
    pub repository: String,
    pub branch: String,
    /// Relative to the repository's root, such as `.tidegate/pipeline.yaml`.
    pub file: String,
    pub poll_ms: u64,
}

/// What asking a source showed.
#[derive(Debug, Clone, PartialEq)]
pub struct Checked {
    /// The branch's newest commit.
    pub head: String,
    /// The release it became now; none when it was known already, skipped or has errors.
    pub admitted: Option<ReleaseNumber>,
    /// Why it was not admitted although it is new.
    pub skipped: Option<String>,
    pub diagnostics: Vec<Diagnostic>,
}

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

/// A revision together with everything that its pipeline file says.
struct Resolved {
    plan: Arc<Plan>,
    digest: String,
    revision: Revision,
    order: SourceOrder,
}

impl Engine {
    /// Connects a repository: reads its pipeline file, makes the pipeline and admits the head.
    ///
    /// # Errors
    /// When the source cannot be read, the file has errors, or the name is taken. Nothing is stored then.
    pub async fn connect(self: &Arc<Self>, actor: Actor, connection: Connection) -> Result<PipelineId, Error> {
        let repository = Repository { url: connection.repository.clone() };
        let head = self.ports.source.head(&repository, &connection.branch, None).await?;
        let compiled = self.compile_at(&repository, &head.revision.commit, &connection.file).await?;
        let name = connection.name.clone().unwrap_or_else(|| compiled.name().to_owned());
        if self.store.pipeline_by_name(&name).await?.is_some() {
            return Err(Error::NameTaken(name));
        }
        let id = PipelineId(self.ports.ids.uuid());
        let row = Pipeline::new(id.clone(), name.clone(), self.settings.core).row().clone();
        let now = self.clock().now();
        let source = SourceRow {
            id: self.ports.ids.uuid(),
            pipeline: id.clone(),
            url: connection.repository,
            branch: connection.branch,
            path: connection.file,
            poll_interval_ms: connection.poll_ms.max(MIN_POLL_MS),
            head: None,
            next_poll_at: now + connection.poll_ms.max(MIN_POLL_MS),
            last_polled_at: None,
            last_error: None,
            detail: serde_json::Value::Null,
        };
        match self.store.register_pipeline(&row, now).await {
            Ok(_) => {}
            Err(store::Error::Exists(_)) => return Err(Error::NameTaken(name)),
            Err(error) => return Err(error.into()),
        }
        self.store.put_source(&source).await?;
        self.store
            .append_audit(&actor, "connect", &name, json!({"repository": source.url, "branch": source.branch, "file": source.path}), now)
            .await?;
        info!(pipeline.id = %id, pipeline.name = name, "connected");
        self.check_source(&id).await?;
        self.hints.sources.notify_one();
        Ok(id)
    }

    /// Takes a pipeline off this server's list. Its history stays.
    ///
    /// # Errors
    /// When it is unknown.
    pub async fn disconnect(&self, actor: &Actor, pipeline: &PipelineId) -> Result<(), Error> {
        let now = self.clock().now();
        if !self.store.remove_pipeline(pipeline, now).await? {
            return Err(Error::UnknownPipeline(pipeline.to_string()));
        }
        for source in self.store.sources_of(pipeline).await? {
            self.store.remove_source(&source.id).await?;
        }
        self.store.append_audit(actor, "disconnect", pipeline.as_str(), json!({}), now).await?;
        self.forget(pipeline);
        Ok(())
    }

    /// Asks the source for its head now and admits what is new.
    ///
    /// # Errors
    /// When the source cannot be read. Errors in the pipeline file are part of the answer.
    pub async fn check_source(self: &Arc<Self>, pipeline: &PipelineId) -> Result<Checked, Error> {
        let source = self.source_of(pipeline).await?;
        let (head, outcome) = self.check(&source).await;
        self.store.source_seen(&source.id, head.as_ref(), error_text(&outcome).as_deref(), self.clock().now()).await?;
        outcome
    }

    /// The same for a source whose poll is due and that this server has claimed.
    pub(crate) async fn check_claimed(self: &Arc<Self>, source: &SourceRow) -> Result<(), Error> {
        let (head, outcome) = self.check(source).await;
        let now = self.clock().now();
        let next = now + source.poll_interval_ms;
        let error = error_text(&outcome);
        if let Err(error) = &outcome {
            warn!(pipeline.id = %source.pipeline, %error, "the source could not be read; it is asked again");
        }
        match (head, error) {
            (Some(head), None) => self.store.source_polled(&source.id, &head, next, now).await?,
            (head, error) => {
                if head.is_some() {
                    self.store.source_seen(&source.id, head.as_ref(), None, now).await?;
                }
                self.store.source_failed(&source.id, error.as_deref().unwrap_or("the source has no head"), next, now).await?;
            }
        }
        Ok(())
    }

    async fn source_of(&self, pipeline: &PipelineId) -> Result<SourceRow, Error> {
        self.store.sources_of(pipeline).await?.into_iter().next().ok_or_else(|| Error::UnknownPipeline(pipeline.to_string()))
    }

    /// What a look at the source leads to, and the head that is dealt with now: admitted, or deliberately skipped (ID3).
    async fn check(self: &Arc<Self>, source: &SourceRow) -> (Option<SourceHead>, Result<Checked, Error>) {
        let repository = Repository { url: source.url.clone() };
        let previous = previous(source);
        let head = match self.ports.source.head(&repository, &source.branch, previous.as_ref()).await {
            Ok(head) => head,
            Err(error) => return (source.head.clone(), Err(error.into())),
        };
        let seen = SourceHead { commit: head.revision.commit.clone(), order: head.order };
        match self.admit_head(source, &repository, head, previous.as_ref()).await {
            Ok(checked) => (Some(seen), Ok(checked)),
            Err(Error::Diagnostics(diagnostics)) => {
                (Some(seen.clone()), Ok(Checked { head: seen.commit, admitted: None, skipped: None, diagnostics }))
            }
            Err(error @ Error::Invalid { .. }) => (Some(seen), Err(error)),
            Err(error) => (source.head.clone(), Err(error)),
        }
    }

    async fn admit_head(
        self: &Arc<Self>,
        source: &SourceRow,
        repository: &Repository,
        head: Head,
        previous: Option<&Previous>,
    ) -> Result<Checked, Error> {
        let commit = head.revision.commit.clone();
        let nothing = Checked { head: commit.clone(), admitted: None, skipped: None, diagnostics: Vec::new() };
        if previous.is_some_and(|previous| previous.commit == commit) {
            return Ok(nothing);
        }
        self.record_commits(repository, source, &head, previous).await?;
        let compiled = self.compile_at(repository, &commit, &source.path).await?;
        let key = format!("push:{}:{commit}", head.order.epoch);
        let resolved = resolve(&compiled, head, &BTreeMap::new())?;
        if let Some(reason) = self.not_wanted(repository, source, &resolved, previous).await? {
            return Ok(Checked { skipped: Some(reason), ..nothing });
        }
        let start = Start { key, commit: None, inputs: BTreeMap::new(), trigger: "push".to_owned() };
        let actor = Actor::Trigger { source: format!("{} {}", source.url, source.branch) };
        let number = self.admit(&source.pipeline, actor, resolved, start, Vec::new()).await?;
        Ok(Checked { admitted: Some(number), ..nothing })
    }

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
        let compiled = self.compile_at(&repository, &head.revision.commit, &source.path).await?;
        self.record_commits(&repository, &source, &head, previous.as_ref()).await?;
        let resolved = resolve(&compiled, head, &start.inputs)?;
        let involved = match &actor {
            Actor::Person { id, .. } => vec![id.clone()],
            Actor::Token { .. } | Actor::Runner { .. } | Actor::Trigger { .. } | Actor::Engine => Vec::new(),
        };
        self.admit(pipeline, actor, resolved, start, involved).await
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

    async fn compile_at(&self, repository: &Repository, commit: &str, file: &str) -> Result<pipelines::Pipeline, Error> {
        let Some(bytes) = self.ports.source.file(repository, commit, file).await? else {
            return Err(Error::Invalid {
                what: "pipeline file",
                detail: format!("{file} does not exist at {} of {}", short(commit), repository.url),
            });
        };
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let mut files = BTreeMap::new();
        for path in pipelines::names_files(&text) {
            let inner = if path.ends_with('/') { self.ports.source.files(repository, commit, &path).await? } else { vec![path] };
            for path in inner {
                if let Some(bytes) = self.ports.source.file(repository, commit, &path).await? {
                    files.insert(path, String::from_utf8_lossy(&bytes).into_owned());
                }
            }
        }
        let (pipeline, diagnostics) = pipelines::compile(&SourceFile::new(file, text).with_files(files), &self.ports.library);
        pipeline.ok_or(Error::Diagnostics(diagnostics))
    }

    /// Why a push makes no release, if it makes none: the file has no such trigger, or no watched path changed.
    async fn not_wanted(
        &self,
        repository: &Repository,
        source: &SourceRow,
        resolved: &Resolved,
        previous: Option<&Previous>,
    ) -> Result<Option<String>, Error> {
        let pushes: Vec<_> = resolved
            .plan
            .triggers
            .iter()
            .filter_map(|trigger| if let Trigger::Push { branch, paths } = trigger { Some((branch, paths)) } else { None })
            .collect();
        if pushes.is_empty() {
            let anything_else = !resolved.plan.triggers.is_empty();
            return Ok(anything_else.then(|| "the pipeline file has no push trigger".to_owned()));
        }
        let wanted: Vec<_> = pushes.into_iter().filter(|(branch, _)| **branch == source.branch).collect();
        if wanted.is_empty() {
            return Ok(Some(format!("no push trigger names branch {}", source.branch)));
        }
        let Some(previous) = previous else { return Ok(None) };
        if wanted.iter().any(|(_, paths)| paths.is_empty()) {
            return Ok(None);
        }
        let changed = match self.ports.source.changed_paths(repository, &previous.commit, &resolved.revision.commit).await {
            Ok(changed) => changed,
            // History was rewritten and the old commit is gone: rather one release too many than one too few.
            Err(SourceError::NoCommit { .. }) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let matched = wanted.iter().any(|(_, paths)| paths::any_matches(paths, &changed));
        Ok((!matched).then(|| "no file under the trigger's paths changed".to_owned()))
    }

    async fn record_commits(
        &self,
        repository: &Repository,
        source: &SourceRow,
        head: &Head,
        previous: Option<&Previous>,
    ) -> Result<(), Error> {
        let from = previous.map(|previous| previous.commit.as_str());
        let listed = match self.ports.source.commits(repository, from, &head.revision.commit, COMMITS_LISTED).await {
            Err(SourceError::NoCommit { .. }) if from.is_some() => {
                self.ports.source.commits(repository, None, &head.revision.commit, COMMITS_LISTED).await?
            }
            listed => listed?,
        };
        let commits: Vec<SourceCommit> = listed
            .into_iter()
            .zip(0_u64..)
            .map(|(commit, behind)| SourceCommit {
                source: repository.url.clone(),
                id: commit.id,
                order: SourceOrder { epoch: head.order.epoch, position: head.order.position.saturating_sub(behind) },
                title: commit.title,
                author: commit.author,
                author_email: commit.author_email,
                committed_at: commit.committed_at,
            })
            .collect();
        self.store.put_commits(&source.pipeline, &commits).await?;
        Ok(())
    }

    async fn admit(
        self: &Arc<Self>,
        pipeline: &PipelineId,
        actor: Actor,
        resolved: Resolved,
        start: Start,
        involved: Vec<PersonId>,
    ) -> Result<ReleaseNumber, Error> {
        let key = start.key.clone();
        let plan = Arc::clone(&resolved.plan);
        let admission = Admission {
            revisions: vec![resolved.revision],
            order: resolved.order,
            plan: resolved.plan,
            digest: resolved.digest,
            inputs: start.inputs,
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

fn resolve(compiled: &pipelines::Pipeline, head: Head, inputs: &BTreeMap<String, String>) -> Result<Resolved, Error> {
    let input = ExpandInput { inputs: inputs.clone(), ..ExpandInput::default() };
    let plan = pipelines::expand(compiled, &input).map_err(|error| Error::Invalid { what: "inputs", detail: error.to_string() })?;
    let digest = release_digest(&head.revision, &plan, inputs);
    Ok(Resolved { plan: Arc::new(plan), digest, revision: head.revision, order: head.order })
}

fn previous(source: &SourceRow) -> Option<Previous> {
    source.head.as_ref().map(|head| Previous { commit: head.commit.clone(), order: head.order })
}

/// What people see beside the source while it cannot be used.
fn error_text(outcome: &Result<Checked, Error>) -> Option<String> {
    match outcome {
        Ok(checked) if checked.diagnostics.iter().any(|found| found.severity == Severity::Error) => {
            Some(format!("the pipeline file at {} has {} errors", short(&checked.head), checked.diagnostics.len()))
        }
        Ok(_) => None,
        Err(error) => Some(error.to_string()),
    }
}

fn schedules(pipeline: &PipelineId, plan: &Plan, now: Time) -> Vec<ScheduleRow> {
    let slot = |trigger: &Trigger| match trigger {
        Trigger::Schedule { cron, timezone } => {
            let next_at = Schedule::parse(cron, timezone).ok()?.next_after(now.to_utc()).map(Time::from_utc)?;
            Some(ScheduleRow { pipeline: pipeline.clone(), cron: cron.clone(), timezone: timezone.clone(), next_at, last_fired_at: None })
        }
        Trigger::Push { .. } | Trigger::Manual { .. } => None,
    };
    plan.triggers.iter().filter_map(slot).collect()
}

/// P1: over revisions, resolved file (as its plan), block versions (part of the plan) and inputs.
fn release_digest(revision: &Revision, plan: &Plan, inputs: &BTreeMap<String, String>) -> String {
    let mut hasher = Sha256::new();
    for part in [revision.source.as_str(), &revision.commit, &plan.digest()] {
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

fn short(commit: &str) -> &str {
    commit.get(..8).unwrap_or(commit)
}
