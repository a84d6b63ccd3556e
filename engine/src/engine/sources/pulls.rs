//! Pull requests: each is a pipeline of its own that follows the head of the pull request, beside the pipeline whose file asks
//! for it. Lanes, fences, logs and history of the core hold for it as for any other.
//!
//! Which are open is asked of the forge's API each time the branch is looked at; a web hook only makes that earlier. So a lost
//! `closed` costs a poll, and a preview that nobody needs goes by its age whatever was heard.

use std::sync::Arc;

use pipelines::plan::{Plan, PullRequests, Trigger};
use serde_json::json;
use tracing::{info, warn};

use super::releasing::FilePlace;
use super::{Engine, Error};
use crate::core::id::{PipelineId, ReleaseNumber};
use crate::core::input::Admission;
use crate::core::row::{PullRequestOf, ReleaseState};
use crate::core::{Actor, EventKind, Input, Pipeline, Time, Trust};
use crate::ports::forge;
use crate::ports::{Forge, Repository, SourceError};
use crate::store::{self, AuditNote, PullSource, Removal, RemovedFor, SourceRow};

/// A pull request is looked at when the forge says that it has moved; this only mends what was missed.
const POLL_MS: u64 = 6 * 3_600_000;
/// Between two tries to remove a preview.
const AGAIN_MS: u64 = 3_600_000;
const MOST_TRIES: u32 = 24;

impl Engine {
    /// Makes, moves and ends the pipelines of pull requests to the branch of this source.
    pub(super) async fn follow_pull_requests(self: &Arc<Self>, source: &SourceRow) -> Result<(), Error> {
        let known: Vec<_> =
            self.store.pull_sources(&source.url).await?.into_iter().filter(|(_, pull)| pull.parent == source.pipeline).collect();
        let settings = self.pull_requests_of(&source.pipeline).await?;
        if settings.is_none() && known.is_empty() {
            return Ok(());
        }
        let open = match &settings {
            None => Ok(Vec::new()),
            Some(_) => self.open_pull_requests(source).await,
        };
        if let Ok(open) = &open {
            for pull in open {
                let row = known.iter().find(|(_, known)| known.number == pull.number);
                if let Err(error) = self.follow(source, pull, row).await {
                    warn!(pipeline.id = %source.pipeline, pull_request = pull.number, %error, "a pull request could not be looked at");
                }
            }
        }
        for (row, _) in &known {
            // It may have moved above.
            let Some(pull) = self.store.sources_of(&row.pipeline).await?.first().and_then(SourceRow::pull_request) else { continue };
            // When the forge does not answer, nobody has closed anything.
            let is_open = open.as_ref().map_or(true, |open| open.iter().any(|open| open.number == pull.number));
            let preview = settings.as_ref().and_then(|settings| settings.preview.as_ref());
            let lives = preview.map_or((u64::MAX, u64::MAX), |preview| (preview.idle_sleep_ms, preview.delete_after_ms));
            if let Err(error) = self.tidy(row, pull, is_open, lives).await {
                warn!(pipeline.id = %row.pipeline, %error, "the preview of a pull request could not be looked after");
            }
        }
        open.map(drop)
    }

    /// What the newest release of the branch that is followed says of pull requests.
    pub(super) async fn pull_requests_of(&self, parent: &PipelineId) -> Result<Option<PullRequests>, Error> {
        let plan = self.base_plan(parent).await?;
        Ok(plan.triggers.iter().find_map(|trigger| if let Trigger::PullRequest(pulls) = trigger { Some(pulls.clone()) } else { None }))
    }

    /// The plan that the followed branch has now.
    pub(super) async fn base_plan(&self, parent: &PipelineId) -> Result<Arc<Plan>, Error> {
        let newest = |state: &Pipeline| {
            let of_branch = state.releases().filter(|release| release.row.trust == Trust::Branch);
            of_branch.max_by_key(|release| (release.row.order, release.row.number)).map(|release| Arc::clone(&release.plan))
        };
        let (name, newest) = self.view(parent, |state| (state.row().name.clone(), newest(state))).await?;
        if let Some(plan) = newest {
            return Ok(plan);
        }
        // The file starts no release by a push.
        let source = self.source_of(parent).await?;
        let Some(head) = &source.head else { return Ok(Arc::default()) };
        let repository = Repository { url: source.url.clone() };
        let pins = self.pins_of(parent).await?;
        let place = FilePlace { repository: &repository, branch: &source.branch, commit: &head.commit, file: &source.path, pins: &pins };
        let compiled = self.compile_at(&place, Some(&name), Trust::Branch).await?;
        let plan = pipelines::expand(&compiled, &pipelines::ExpandInput::default());
        plan.map(Arc::new).map_err(|error| Error::Invalid { what: "inputs", detail: error.to_string() })
    }

    async fn open_pull_requests(&self, source: &SourceRow) -> Result<Vec<forge::PullRequest>, Error> {
        let unreachable = |detail: String| SourceError::Unreachable { url: source.url.clone(), detail };
        let Some(forge) = self.forge_of(&source.url) else {
            let detail = "its file follows pull requests, and no forge of this server knows the repository; docs/github.md says how";
            return Err(unreachable(detail.to_owned()).into());
        };
        forge
            .pull_requests(&source.url, &source.branch)
            .await
            .map_err(|error| unreachable(format!("its pull requests cannot be asked for: {error}")).into())
    }

    pub(crate) fn forge_of(&self, url: &str) -> Option<&Arc<dyn Forge>> {
        self.ports.forges.iter().find(|forge| forge.knows(url))
    }

    async fn follow(
        self: &Arc<Self>,
        source: &SourceRow,
        pull: &forge::PullRequest,
        known: Option<&(SourceRow, PullSource)>,
    ) -> Result<(), Error> {
        let id = match known {
            Some((row, _)) if row.head.as_ref().is_some_and(|head| head.commit == pull.commit) => return Ok(()),
            Some((row, was)) => {
                if (was.is_fork, &was.title) != (pull.is_fork, &pull.title) {
                    let changed = PullSource { title: pull.title.clone(), is_fork: pull.is_fork, ..was.clone() };
                    self.store.set_pull_source(&row.id, &changed).await?;
                }
                row.pipeline.clone()
            }
            None => self.connect_pull_request(source, pull).await?,
        };
        let checked = self.check_head(&id).await?;
        info!(pipeline.id = %id, pull_request = pull.number, admitted = ?checked.admitted, "a pull request was looked at");
        Ok(())
    }

    async fn connect_pull_request(&self, source: &SourceRow, pull: &forge::PullRequest) -> Result<PipelineId, Error> {
        let parent_name = self.view(&source.pipeline, |state| state.row().name.clone()).await?;
        // No file can name a pipeline so: `~` is no letter of a name.
        let name = format!("{parent_name}~pr-{}", pull.number);
        let id = PipelineId(self.ports.ids.uuid());
        let mut row = Pipeline::new(id.clone(), name.clone(), self.settings.core).row().clone();
        row.pull_request = Some(PullRequestOf { parent: source.pipeline.clone(), parent_name, number: pull.number });
        let now = self.clock().now();
        let own = PullSource {
            parent: source.pipeline.clone(),
            number: pull.number,
            title: pull.title.clone(),
            author: pull.author.clone(),
            is_fork: pull.is_fork,
            approved: None,
            active_at: now,
            removal: None,
        };
        let own = SourceRow {
            id: self.ports.ids.uuid(),
            pipeline: id.clone(),
            url: source.url.clone(),
            branch: pull.reference.clone(),
            path: source.path.clone(),
            poll_interval_ms: POLL_MS,
            head: None,
            next_poll_at: now + POLL_MS,
            pokes: 0,
            last_polled_at: None,
            last_error: None,
            detail: store::pull_detail(&own),
        };
        let actor = Actor::Trigger { source: format!("{} pull request {}", source.url, pull.number) };
        let detail = json!({"repository": source.url, "pull_request": pull.number, "author": pull.author, "fork": pull.is_fork});
        match self.store.connect_pipeline(&row, &own, AuditNote::new(actor, "connect", &name, detail, now)).await {
            Ok(()) => Ok(id),
            Err(store::Error::Exists(_)) => Err(Error::NameTaken(name)),
            Err(error) => Err(error.into()),
        }
    }

    /// What comes from a fork's pull request may do at this very commit what the repository's own may: a preview, with what is
    /// given outside of production. Another push asks anew.
    ///
    /// # Errors
    /// When the pipeline is no pull request of a fork, or its head is another commit.
    pub async fn approve_pull_request(
        self: &Arc<Self>,
        actor: &Actor,
        pipeline: &PipelineId,
        commit: &str,
        reason: &str,
    ) -> Result<ReleaseNumber, Error> {
        let source = self.source_of(pipeline).await?;
        let invalid = |detail: String| Error::Invalid { what: "pull request", detail };
        let Some(pull) = source.pull_request().filter(|pull| pull.is_fork) else {
            return Err(invalid("this pipeline is no pull request of a fork; it needs no approval".to_owned()));
        };
        if source.head.as_ref().is_none_or(|head| head.commit != commit) {
            return Err(invalid(format!("{commit} is not its head any more; look at what it is now")));
        }
        let detail = json!({"commit": commit, "reason": reason});
        let note = AuditNote::new(actor.clone(), "approve_pull_request", pipeline.as_str(), detail, self.clock().now());
        let approved = PullSource { approved: Some(commit.to_owned()), ..pull };
        self.store.set_pull_source_noted(&source.id, &approved, note).await?;
        // Its checks run again with what it may now; until then they would hold the lane.
        let moving = |state: &Pipeline| {
            let moving = state.releases().filter(|release| !release.row.state.is_end() && release.row.trust == Trust::Fork);
            moving.map(|release| release.row.number).collect::<Vec<_>>()
        };
        for release in self.view(pipeline, moving).await? {
            self.cancel_for(pipeline, release, "the commit was approved and runs again").await?;
        }
        let start =
            super::Start { key: format!("approved:{commit}"), commit: None, inputs: Default::default(), trigger: "approved".to_owned() };
        self.start(pipeline, actor.clone(), start).await
    }

    /// Puts to sleep, removes, and at last forgets.
    async fn tidy(self: &Arc<Self>, row: &SourceRow, pull: PullSource, is_open: bool, lives: (u64, u64)) -> Result<(), Error> {
        let now = self.clock().now();
        let quiet_ms = now.since_ms(pull.active_at);
        let why = if !is_open {
            RemovedFor::Closed
        } else if quiet_ms > lives.1 {
            RemovedFor::Age
        } else if quiet_ms > lives.0 {
            RemovedFor::Idle
        } else {
            return Ok(());
        };
        if let Some(removal) = &pull.removal {
            let state =
                self.store.release(&row.pipeline, removal.release).await?.map(|detail| (detail.release.state, detail.release.ended_at));
            match state {
                Some((ReleaseState::Moving, _)) => return Ok(()),
                Some((ReleaseState::Completed, _)) if why == RemovedFor::Closed => return self.forget_pull_request(row).await,
                Some((ReleaseState::Completed, _)) => return Ok(()),
                Some((_, ended_at)) if removal.tries >= MOST_TRIES || ended_at.is_some_and(|at| now.since_ms(at) < AGAIN_MS) => {
                    return Ok(());
                }
                Some(_) | None => {}
            }
        }
        let tries = pull.removal.as_ref().map_or(0, |removal| removal.tries);
        match self.remove_preview(row, &pull, why, tries).await? {
            Some(release) => {
                let removal = Some(Removal { release, why, tries: tries + 1 });
                self.store.set_pull_source(&row.id, &PullSource { removal, ..pull }).await?;
                Ok(())
            }
            None if why == RemovedFor::Closed => self.forget_pull_request(row).await,
            None => Ok(()),
        }
    }

    async fn forget_pull_request(&self, row: &SourceRow) -> Result<(), Error> {
        info!(pipeline.id = %row.pipeline, "a pull request is closed, and nothing of it runs any more");
        self.disconnect(&Actor::Engine, &row.pipeline).await
    }

    /// A release that takes the preview away, from what was stored with the release that made it. None: there is none.
    async fn remove_preview(
        self: &Arc<Self>,
        row: &SourceRow,
        pull: &PullSource,
        why: RemovedFor,
        tries: u32,
    ) -> Result<Option<ReleaseNumber>, Error> {
        let look = |state: &Pipeline| {
            let moving: Vec<_> = state.releases().filter(|release| !release.row.state.is_end()).map(|release| release.row.number).collect();
            let made = state.releases().rev().find_map(|release| {
                let preview = release.plan.preview.as_ref()?;
                let began = state.rollouts().any(|rollout| rollout.release == release.row.number);
                let removal = preview.removal.as_ref().filter(|_| began)?;
                Some((release.row.clone(), Plan::clone(removal)))
            });
            let order = state.releases().map(|release| release.row.order).max();
            (moving, made, order)
        };
        let (moving, made, order) = self.view(&row.pipeline, look).await?;
        let text = match why {
            RemovedFor::Idle => "nothing was pushed for a while: the preview sleeps",
            RemovedFor::Age => "nothing was pushed for long: the preview is removed",
            RemovedFor::Closed => "the pull request is closed: the preview is removed",
        };
        for release in moving {
            self.cancel_for(&row.pipeline, release, text).await?;
        }
        let Some((of, plan)) = made else { return Ok(None) };
        let mut revisions = of.revisions.clone();
        if let Some(revision) = revisions.first_mut() {
            text.clone_into(&mut revision.title);
        }
        let key = format!("remove:{}:{:?}:{}:{tries}", of.number.0, why, pull.active_at.0);
        let admission = Admission {
            revisions,
            order: order.unwrap_or(of.order),
            digest: super::releasing::release_digest(&of.revisions, &plan, &of.inputs),
            plan: Arc::new(plan),
            inputs: of.inputs,
            trust: of.trust,
            trigger: text.to_owned(),
            involved: Vec::new(),
            key: key.clone(),
        };
        let applied = self.input(&row.pipeline, Actor::Engine, Input::Admit(Box::new(admission))).await?;
        let created = applied.events.iter().find(|event| event.kind == EventKind::ReleaseCreated).and_then(|event| event.release);
        match created {
            Some(number) => Ok(Some(number)),
            None => Ok(self.store.release_by_key(&row.pipeline, &key).await?.map(|row| row.number)),
        }
    }

    /// It may have ended meanwhile.
    async fn cancel_for(self: &Arc<Self>, pipeline: &PipelineId, release: ReleaseNumber, reason: &str) -> Result<(), Error> {
        match self.input(pipeline, Actor::Engine, Input::Cancel { release, reason: reason.to_owned() }).await {
            Ok(_) | Err(Error::Rejected(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// The plan of a pull request's release, and how far it is trusted.
    pub(super) async fn pull_request_plan(
        &self,
        pull: &PullSource,
        commit: &str,
        compiled: &pipelines::Pipeline,
    ) -> Result<(Plan, Trust), Error> {
        let invalid = |detail: String| Error::Invalid { what: "pull request", detail };
        let base = self.base_plan(&pull.parent).await?;
        let settings =
            self.pull_requests_of(&pull.parent).await?.ok_or_else(|| invalid("pull requests are not followed any more".to_owned()))?;
        let is_trusted = !pull.is_fork || pull.approved.as_deref() == Some(commit);
        let trust = if is_trusted { Trust::PullRequest } else { Trust::Fork };
        let plan =
            pipelines::pull_request::plan(compiled, &settings, pull.number, is_trusted).map_err(|error| invalid(error.to_string()))?;
        let beyond = pipelines::pull_request::beyond(&plan, &base);
        if is_trusted && !beyond.is_empty() {
            let detail =
                format!("{} is not given to pull requests: the followed branch does not use it outside of production", beyond.join(", "));
            return Err(invalid(detail));
        }
        match trust.excess(&plan) {
            Some(excess) => Err(invalid(excess)),
            None => Ok((plan, trust)),
        }
    }

    /// Why a pull request makes no release, if it makes none: it touches no path that its pipeline watches.
    pub(super) async fn pull_request_not_wanted(
        &self,
        repository: &Repository,
        pull: &PullSource,
        commit: &str,
    ) -> Result<Option<String>, Error> {
        let Some(settings) = self.pull_requests_of(&pull.parent).await?.filter(|settings| !settings.paths.is_empty()) else {
            return Ok(None);
        };
        let Some(base) = self.source_of(&pull.parent).await?.head else { return Ok(None) };
        let Some(parted) = self.ports.source.parted(repository, &base.commit, commit).await? else { return Ok(None) };
        let changed = self.ports.source.changed_paths(repository, &parted, commit).await?;
        let is_wanted = super::paths::any_matches(&settings.paths, &changed);
        Ok((!is_wanted).then(|| "the pull request changes no file under the trigger's paths".to_owned()))
    }

    /// Something new came: the preview's life begins again.
    pub(super) async fn pull_request_moved(&self, source: &SourceRow, pull: PullSource, now: Time) -> Result<(), Error> {
        let moved = PullSource { active_at: now, removal: None, ..pull };
        Ok(self.store.set_pull_source(&source.id, &moved).await?)
    }
}
