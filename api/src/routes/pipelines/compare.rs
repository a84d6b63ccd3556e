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
    let url =
        repository.zip(fronts.to.sha.clone().zip(fronts.from.sha.clone())).and_then(|(url, (to, from))| compare_url(&url, &to, &from));
    let is_cut = ahead.len() >= MOST as usize || behind.len() >= MOST as usize;
    Ok(Json(Compared { from: fronts.from, to: fronts.to, ahead, behind, authors, url, is_cut, seq }))
}

/// Commits after `from` up to `to`, newest first; all up to `to` when nothing has come to the other place yet.
async fn between(state: &ApiState, id: &PipelineId, from: Option<SourceOrder>, to: Option<SourceOrder>) -> Result<Vec<Change>, Problem> {
    let Some(to) = to.filter(|to| from.is_none_or(|from| from < *to)) else { return Ok(Vec::new()) };
    let from = from.unwrap_or(SourceOrder { epoch: 0, position: 0 });
    Ok(super::commits_between(state, id, from, to).await?.0)
}

/// Sites whose comparison page has a known address.
pub(in crate::routes) fn compare_url(repository: &str, from: &str, to: &str) -> Option<String> {
    let parsed = url::Url::parse(repository).ok()?;
    let path = parsed.path().trim_end_matches('/').trim_end_matches(".git");
    match parsed.host_str()? {
        "github.com" => Some(format!("https://github.com{path}/compare/{from}...{to}")),
        "gitlab.com" => Some(format!("https://gitlab.com{path}/-/compare/{from}...{to}")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::compare_url;

    #[test]
    fn only_a_known_site_gets_a_link() {
        assert_eq!(
            compare_url("https://user:secret@github.com/o/r.git", "a", "b").as_deref(),
            Some("https://github.com/o/r/compare/a...b")
        );
        assert_eq!(compare_url("/srv/git/r.git", "a", "b"), None);
        assert_eq!(compare_url("https://evil.example/github.com", "a", "b"), None);
    }
}
