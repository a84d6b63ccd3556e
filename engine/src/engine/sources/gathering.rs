//! What the other sources of a pipeline bring to its next release (P5).

use std::collections::BTreeMap;

use pipelines::plan::{Plan, Source};

use super::Engine;
use crate::core::id::{PipelineId, ReleaseNumber};
use crate::core::input::Revision;
use crate::core::row::{ReleaseRow, ReleaseState};
use crate::core::{Choice, Offer, Trust, Unsatisfied, together};
use crate::engine::Error;
use crate::ports::Repository;
use crate::store::ReleaseDetail;

/// How many releases of another pipeline are looked at.
const OFFERED: u32 = 30;

impl Engine {
    /// The revisions of a release of `own`, which come first, and of every source of its plan; or why there is no such set.
    pub(super) async fn gathered(&self, own: &Revision, plan: &Plan) -> Result<Result<Vec<Revision>, Vec<Unsatisfied>>, Error> {
        let mut choices = Vec::new();
        for (name, source) in &plan.sources {
            choices.push(match source {
                Source::Repository { url, branch } => self.of_repository(name, url, branch, own).await,
                Source::Pipeline { pipeline, stage } => self.of_pipeline(name, pipeline, stage.as_deref()).await?,
            });
        }
        Ok(together(own, &choices))
    }

    /// Whether the newest release was made of several sources, so that something new may come from any of them.
    pub(super) async fn takes_sources(&self, pipeline: &PipelineId) -> Result<bool, Error> {
        self.view(pipeline, |state| state.releases().next_back().is_some_and(|newest| !newest.plan.sources.is_empty())).await
    }

    /// Whether the newest release was made of exactly these.
    pub(super) async fn is_newest(&self, pipeline: &PipelineId, revisions: &[Revision]) -> Result<bool, Error> {
        let commits = |all: &[Revision]| all.iter().map(|one| (one.source.clone(), one.commit.clone())).collect::<BTreeMap<_, _>>();
        let wanted = commits(revisions);
        self.view(pipeline, |state| state.releases().next_back().is_some_and(|newest| commits(&newest.row.revisions) == wanted)).await
    }

    /// The head of the branch, and where it is the pipeline's own repository, the release's own commit.
    async fn of_repository(&self, name: &str, url: &str, branch: &str, own: &Revision) -> Choice {
        let found = self.ports.source.head(&Repository { url: url.to_owned() }, branch, None).await;
        let (mut offers, otherwise) = match found {
            Ok(head) => (vec![Offer { name: format!("the head of {branch}"), revisions: vec![head.revision] }], String::new()),
            Err(error) => (Vec::new(), error.to_string()),
        };
        if offers.iter().any(|offer| offer.revisions.iter().any(|revision| revision.source == own.source)) {
            offers.insert(0, Offer { name: "the same commit".to_owned(), revisions: vec![own.clone()] });
        }
        Choice { source: name.to_owned(), offers, otherwise }
    }

    /// Its releases that have completed the stage, or their whole path, with everything that they were made of.
    async fn of_pipeline(&self, name: &str, upstream: &str, stage: Option<&str>) -> Result<Choice, Error> {
        let nothing = |otherwise: String| Choice { source: name.to_owned(), offers: Vec::new(), otherwise };
        let Some(id) = self.store.pipeline_by_name(upstream).await? else {
            return Ok(nothing(format!("this server has no pipeline {upstream}")));
        };
        let mut offers = Vec::new();
        for row in self.store.releases(&id, None, OFFERED).await? {
            if row.trust != Trust::Branch {
                continue;
            }
            let has_completed = match stage {
                None => row.state == ReleaseState::Completed && row.quarantine.is_none(),
                Some(stage) => row.quarantine.is_none() && self.has_completed(&id, row.number, stage).await?,
            };
            if has_completed {
                offers.push(offer(upstream, row));
            }
        }
        let what = stage.map_or_else(|| "its path".to_owned(), |stage| format!("the stage {stage}"));
        Ok(Choice { source: name.to_owned(), offers, otherwise: format!("no release of {upstream} has completed {what}") })
    }

    async fn has_completed(&self, pipeline: &PipelineId, release: ReleaseNumber, stage: &str) -> Result<bool, Error> {
        let completed = |detail: &ReleaseDetail| {
            let end = detail.plan.stages.iter().find(|known| known.name == stage).map(|stage| stage.end);
            detail.nodes.iter().any(|row| Some(row.node) == end && row.state.satisfies())
        };
        Ok(self.store.release(pipeline, release).await?.as_ref().is_some_and(completed))
    }
}

/// Its own revision is the digest of the release: two that were made of the same commits are still two.
fn offer(upstream: &str, row: ReleaseRow) -> Offer {
    let name = format!("release {} of {upstream}", row.number);
    let own = Revision {
        source: format!("pipeline:{upstream}"),
        commit: row.digest.clone(),
        reference: row.number.to_string(),
        title: name.clone(),
        author: String::new(),
        committed_at: row.created_at,
    };
    Offer { name, revisions: std::iter::once(own).chain(row.revisions).collect() }
}
