use axum::extract::State;
use engine::core::id::{PipelineId, SourceOrder};
use engine::core::view;
use std::collections::BTreeSet;

use crate::auth::{Allowed, Viewer};
use crate::extract::{Json, Path, Query};
use crate::problem::Problem;
use crate::state::ApiState;
use crate::types::{Change, CompareQuery, Compared};

const MOST: u32 = 500;

/// What one place has and another lacks, both ways.
#[utoipa::path(get, path = "/api/v1/pipelines/{pipeline}/compare", tag = "pipelines", params(("pipeline" = String, Path), CompareQuery), responses((status = 200, body = Compared)))]
pub(crate) async fn handle(
    _: Allowed<Viewer>,
    State(state): State<ApiState>,
    Path(pipeline): Path<String>,
    Query(query): Query<CompareQuery>,
) -> Result<Json<Compared>, Problem> {
    let seq = state.store().last_seq().await?;
    let id = state.engine().pipeline_id(&pipeline).await?;
    let mut known = Vec::new();
    for number in [&query.from, &query.to].into_iter().filter_map(|place| view::release_named(place)) {
        known.extend(state.store().release(&id, number).await?.map(|detail| detail.release));
    }
    let fronts = state.engine().view(&id, |pipeline| view::compare(pipeline, &known, &query.from, &query.to)).await??;
    let ahead = between(&state, &id, fronts.to_order, fronts.from_order).await?;
    let behind = between(&state, &id, fronts.from_order, fronts.to_order).await?;
    let authors: BTreeSet<&String> = ahead.iter().chain(&behind).map(|change| &change.author).collect();
    let authors = authors.into_iter().cloned().collect();
    let repository = state.store().sources_of(&id).await?.into_iter().next().map(|source| source.url);
    let github = &state.settings().github.url;
    let pull_requests_url = repository.as_deref().and_then(|url| pull_requests_url(url, github));
    let url = repository
        .zip(fronts.to.sha.clone().zip(fronts.from.sha.clone()))
        .and_then(|(url, (to, from))| compare_url(&url, github, &to, &from));
    let is_cut = ahead.len() >= MOST as usize || behind.len() >= MOST as usize;
    Ok(Json(Compared { from: fronts.from, to: fronts.to, ahead, behind, authors, url, pull_requests_url, is_cut, seq }))
}

/// Commits after `from` up to `to`, newest first; all up to `to` when nothing has come to the other place yet.
async fn between(state: &ApiState, id: &PipelineId, from: Option<SourceOrder>, to: Option<SourceOrder>) -> Result<Vec<Change>, Problem> {
    let Some(to) = to.filter(|to| from.is_none_or(|from| from < *to)) else { return Ok(Vec::new()) };
    let from = from.unwrap_or(SourceOrder { epoch: 0, position: 0 });
    Ok(super::commits_between(state, id, from, to).await?.0)
}

/// The page of a difference at GitHub, as it is configured here, or at gitlab.com; none elsewhere.
pub(in crate::routes) fn compare_url(repository: &str, github: &str, from: &str, to: &str) -> Option<String> {
    if let Some(page) = page_at_github(repository, github) {
        return Some(format!("{page}/compare/{from}...{to}"));
    }
    let parsed = url::Url::parse(repository).ok()?;
    (parsed.host_str()? == "gitlab.com").then(|| format!("https://gitlab.com{}/-/compare/{from}...{to}", path(&parsed)))
}

/// Below which the pages of pull requests are, by their numbers.
fn pull_requests_url(repository: &str, github: &str) -> Option<String> {
    Some(format!("{}/pull/", page_at_github(repository, github)?))
}

/// Without what else the address may hold, such as a password.
fn page_at_github(repository: &str, github: &str) -> Option<String> {
    let (repository, github) = (url::Url::parse(repository).ok()?, url::Url::parse(github).ok()?);
    let is_there =
        repository.scheme() == github.scheme() && (repository.host_str(), repository.port()) == (github.host_str(), github.port());
    is_there.then(|| format!("{}{}", github.origin().ascii_serialization(), path(&repository)))
}

fn path(repository: &url::Url) -> &str {
    repository.path().trim_end_matches('/').trim_end_matches(".git")
}

#[cfg(test)]
mod tests {
    use super::{compare_url, pull_requests_url};

    #[test]
    fn only_a_known_site_gets_a_link() {
        const GITHUB: &str = "https://github.com";
        const OWN: &str = "https://git.corp.example:8443/";
        let url = |repository: &str, github: &str| compare_url(repository, github, "a", "b");
        assert_eq!(url("https://user:secret@github.com/o/r.git", GITHUB).as_deref(), Some("https://github.com/o/r/compare/a...b"));
        assert_eq!(url("https://git.corp.example:8443/o/r", OWN).as_deref(), Some("https://git.corp.example:8443/o/r/compare/a...b"));
        assert_eq!(pull_requests_url("https://github.com/o/r.git", GITHUB).as_deref(), Some("https://github.com/o/r/pull/"));
        assert_eq!(url("https://gitlab.com/o/r.git", GITHUB).as_deref(), Some("https://gitlab.com/o/r/-/compare/a...b"));
        for elsewhere in ["/srv/git/r.git", "https://evil.example/github.com", "http://github.com/o/r", "https://github.com:8443/o/r"] {
            assert_eq!((url(elsewhere, GITHUB), pull_requests_url(elsewhere, GITHUB)), (None, None), "{elsewhere}");
        }
    }
}
