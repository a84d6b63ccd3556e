use axum::extract::State;
use engine::core::Actor;
use engine::core::row::ReleaseState;
use engine::store::ListedPipeline;

use crate::auth::{Allowed, Caller, Viewer};
use crate::extract::{Json, Query};
use crate::paging;
use crate::problem::Problem;
use crate::state::ApiState;
use crate::types::{OnlyPipelines, Page, PipelineSummary, PipelinesQuery};

const ROWS: u32 = 200;

/// Connected pipelines with how they stand, by name; filtered before they are cut into pages.
#[utoipa::path(get, path = "/api/v1/pipelines", tag = "pipelines", params(PipelinesQuery), responses((status = 200, body = Page<PipelineSummary>)))]
pub(crate) async fn handle(
    allowed: Allowed<Viewer>,
    State(state): State<ApiState>,
    Query(query): Query<PipelinesQuery>,
) -> Result<Json<Page<PipelineSummary>>, Problem> {
    let seq = state.store().last_seq().await?;
    let limit = paging::limit(query.limit) as usize;
    let viewer = allowed.caller.viewer();
    let mut after = query.cursor.clone().unwrap_or_default();
    let mut items: Vec<PipelineSummary> = Vec::new();
    loop {
        let rows = state.store().pipelines(&after, ROWS).await?;
        let is_last = rows.len() < ROWS as usize;
        for row in rows {
            after.clone_from(&row.name);
            if !is_named(&query, &row) {
                continue;
            }
            let mine = query.only == Some(OnlyPipelines::Mine) && moves_for(&state, &row, &allowed.caller).await;
            let item = super::summary(&state, row, &viewer).await;
            if !is_wanted(&query, &item, mine) {
                continue;
            }
            // One more than asked for shows that there is more.
            if items.len() == limit {
                let next_cursor = items.last().map(|last| last.name.clone());
                return Ok(Json(Page { items, next_cursor, seq }));
            }
            items.push(item);
        }
        if is_last {
            return Ok(Json(Page { items, next_cursor: None, seq }));
        }
    }
}

fn is_named(query: &PipelinesQuery, row: &ListedPipeline) -> bool {
    query.names.as_deref().is_none_or(|names| names.split(',').any(|name| name.trim() == row.name))
}

fn is_wanted(query: &PipelinesQuery, item: &PipelineSummary, mine: bool) -> bool {
    let now = item.now.as_ref();
    let found = query.q.as_deref().map(str::trim).filter(|text| !text.is_empty()).is_none_or(|text| {
        let text = text.to_lowercase();
        let title = now.and_then(|now| now.head_title.as_deref()).unwrap_or_default();
        item.name.to_lowercase().contains(&text) || title.to_lowercase().contains(&text)
    });
    found
        && match query.only {
            None => true,
            Some(OnlyPipelines::Failing) => item.parked.is_some() || now.is_some_and(|now| now.failing),
            Some(OnlyPipelines::Waiting) => now.is_some_and(|now| now.waiting),
            Some(OnlyPipelines::Mine) => mine || now.is_some_and(|now| now.waits_for_me > 0),
        }
}

/// Whether a release is on its way that the caller started or had a part in.
async fn moves_for(state: &ApiState, row: &ListedPipeline, caller: &Caller) -> bool {
    let Caller::Person(person) = caller else { return false };
    let looked = state.engine().view(&row.id, |pipeline| {
        pipeline.releases().map(|release| &release.row).filter(|row| row.state == ReleaseState::Moving).any(|row| {
            row.involved.iter().any(|id| id.as_str() == person.id)
                || matches!(&row.created_by, Actor::Person { id, .. } if id.as_str() == person.id)
        })
    });
    looked.await.unwrap_or(false)
}
