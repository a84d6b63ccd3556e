//! Looking at a source: whether there is something new, and whether it is wanted.

use std::collections::BTreeMap;
use std::sync::Arc;

use pipelines::Diagnostic;
use pipelines::diagnostic::Severity;
use pipelines::plan::Trigger;
use tracing::warn;

use super::people::PROTECTED_BRANCH;
use super::releasing::{FilePlace, Resolved, Start};
use super::{Engine, Error, paths, previous, short};
use crate::core::id::{PipelineId, ReleaseNumber, SourceOrder};
use crate::core::{Actor, Trust, Unsatisfied};
use crate::engine::error::errors;
use crate::ports::{Head, Previous, Repository, SourceError};
use crate::store::{SourceCommit, SourceHead, SourceRow};

/// Commits that are listed between two releases at the most.
const COMMITS_LISTED: usize = 300;

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
    /// Why nothing starts, source by source (P5).
    pub waits: Vec<Unsatisfied>,
}

impl Engine {
    /// Asks the source for its head now and admits what is new; and the forge for the pull requests to its branch, of which the pipeline may
    /// be one.
    ///
    /// # Errors
    /// When the source, or what is open, cannot be read. Errors in the pipeline file are part of the answer.
    pub async fn check_source(self: &Arc<Self>, pipeline: &PipelineId) -> Result<Checked, Error> {
        let checked = self.check_head(pipeline).await?;
        let parent = match self.source_of(pipeline).await?.pull_request() {
            Some(pull) => self.source_of(&pull.parent).await?,
            None => self.source_of(pipeline).await?,
        };
        if let Err(error) = self.follow_pull_requests(&parent).await {
            self.store.source_seen(&parent.id, parent.head.as_ref(), Some(&error.to_string()), self.clock().now()).await?;
            return Err(error);
        }
        Ok(checked)
    }

    /// The same for its head alone.
    pub(super) async fn check_head(self: &Arc<Self>, pipeline: &PipelineId) -> Result<Checked, Error> {
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
        let mut error = error_text(&outcome);
        if let Err(error) = &outcome {
            warn!(pipeline.id = %source.pipeline, %error, "the source could not be read; it is asked again");
        }
        if outcome.is_ok()
            && source.pull_request().is_none()
            && let Err(found) = self.follow_pull_requests(source).await
        {
            warn!(pipeline.id = %source.pipeline, error = %found, "pull requests could not be looked at; they are asked for again");
            error = error.or(Some(found.to_string()));
        }
        match (head, error) {
            (Some(head), None) => self.store.source_polled(source, &head, next, now).await?,
            (head, error) => {
                if head.is_some() {
                    self.store.source_seen(&source.id, head.as_ref(), None, now).await?;
                }
                self.store.source_failed(source, error.as_deref().unwrap_or("the source has no head"), next, now).await?;
            }
        }
        Ok(())
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
                (Some(seen.clone()), Ok(Checked { head: seen.commit, admitted: None, skipped: None, diagnostics, waits: Vec::new() }))
            }
            // The same commit gives the same answer again, unless it is its branch that was wrong.
            Err(error @ Error::Invalid { what, .. }) if what != PROTECTED_BRANCH => (Some(seen), Err(error)),
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
        let nothing = Checked { head: commit.clone(), admitted: None, skipped: None, diagnostics: Vec::new(), waits: Vec::new() };
        let is_known = previous.is_some_and(|previous| previous.commit == commit);
        if is_known && source.last_error.is_none() && !self.takes_sources(&source.pipeline).await? {
            return Ok(nothing);
        }
        self.record_commits(repository, source, &head, previous).await?;
        let name = self.view(&source.pipeline, |state| state.scope().to_owned()).await?;
        let pins = self.pins_of(&source.pipeline).await?;
        let place = FilePlace { repository, branch: &source.branch, commit: &commit, file: &source.path, pins: &pins };
        let pull = source.pull_request();
        let mut key = format!("push:{}:{commit}", head.order.epoch);
        if let Some(pull) = &pull
            && let Some(reason) = self.pull_request_not_wanted(repository, pull, &commit).await?
        {
            return Ok(Checked { skipped: Some(reason), ..nothing });
        }
        let trust = if pull.as_ref().is_some_and(|pull| pull.is_fork) { Trust::Fork } else { Trust::Branch };
        let compiled = self.compile_at(&place, Some(&name), trust).await?;
        let mut resolved = self.resolve(source, &compiled, head, &BTreeMap::new()).await?;
        if is_known && resolved.plan.sources.is_empty() {
            return Ok(nothing);
        }
        // What is new of a known commit comes from another source, whose paths nobody filters.
        let before = previous.filter(|_| !is_known);
        if pull.is_none()
            && let Some(reason) = self.not_wanted(repository, source, &resolved, before).await?
        {
            return Ok(Checked { skipped: Some(reason), ..nothing });
        }
        if !resolved.plan.sources.is_empty() {
            match self.gathered(resolved.own(), &resolved.plan).await? {
                Ok(revisions) if self.is_newest(&source.pipeline, &revisions).await? => return Ok(nothing),
                Ok(revisions) => key = format!("{key}:{}", resolved.take(revisions)),
                Err(waits) => return Ok(Checked { waits, ..nothing }),
            }
        }
        let trigger = pull.as_ref().map_or_else(|| "push".to_owned(), |pull| format!("pull request {}", pull.number));
        let start = Start { key, commit: None, inputs: BTreeMap::new(), trigger };
        let actor = Actor::Trigger { source: format!("{} {}", source.url, source.branch) };
        let involved = self.involved_in(source, &resolved.plan, &commit).await?;
        let number = self.admit(&source.pipeline, actor, resolved, start, involved).await?;
        if let Some(pull) = pull {
            self.pull_request_moved(source, pull, self.clock().now()).await?;
        }
        Ok(Checked { admitted: Some(number), ..nothing })
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
        let changed = match self.ports.source.changed_paths(repository, &previous.commit, &resolved.own().commit).await {
            Ok(changed) => changed,
            // History was rewritten and the old commit is gone: rather one release too many than one too few.
            Err(SourceError::NoCommit { .. }) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let matched = wanted.iter().any(|(_, paths)| paths::any_matches(paths, &changed));
        Ok((!matched).then(|| "no file under the trigger's paths changed".to_owned()))
    }

    /// Keeps what lies between the head and what was dealt with before.
    pub(super) async fn record_commits(
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
}

/// What people see beside the source while it cannot be used.
fn error_text(outcome: &Result<Checked, Error>) -> Option<String> {
    match outcome {
        Ok(checked) if checked.diagnostics.iter().any(|found| found.severity == Severity::Error) => {
            Some(format!("the pipeline file at {} has {}", short(&checked.head), errors(&checked.diagnostics)))
        }
        Ok(checked) if !checked.waits.is_empty() => {
            let why: Vec<String> = checked.waits.iter().map(ToString::to_string).collect();
            Some(format!("nothing starts at {}: {}", short(&checked.head), why.join("; ")))
        }
        Ok(_) => None,
        Err(error) => Some(error.to_string()),
    }
}
