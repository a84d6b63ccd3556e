use std::collections::BTreeMap;

use axum::extract::State;
use engine::core::Time;
use engine::core::id::{PipelineId, ReleaseNumber, SourceOrder};
use engine::core::row::{AttemptRow, ReleaseState, WaveRow};
use engine::core::view::{self, Measured};

use crate::auth::{Allowed, Viewer};
use crate::extract::{Json, Query};
use crate::problem::{Code, Problem};
use crate::state::ApiState;
use crate::types::{MetricsAnswer, MetricsQuery};

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;
const MOST_DAYS: u32 = 365;
/// Releases that are looked at, the newest of the period.
const RELEASES: u32 = 2_000;
/// Attempts that are looked at, the newest; only for one pipeline.
const ATTEMPTS: u32 = 5_000;
/// A release may be so much older than its end.
const OLDER_MS: u64 = 14 * DAY_MS;

/// The four measures of delivery with their definitions, where lead time goes, and how long jobs take; each figure with the
/// releases behind it.
#[utoipa::path(get, path = "/api/v1/metrics", tag = "metrics", params(MetricsQuery), responses((status = 200, body = MetricsAnswer)))]
pub(crate) async fn handle(
    _: Allowed<Viewer>,
    State(state): State<ApiState>,
    Query(query): Query<MetricsQuery>,
) -> Result<Json<MetricsAnswer>, Problem> {
    let days = query.days.unwrap_or(30);
    if !(1..=MOST_DAYS).contains(&days) {
        return Err(Problem::new(Code::InvalidQuery, format!("days must be 1 to {MOST_DAYS}")));
    }
    let (seq, until) = (state.store().last_seq().await?, state.now());
    let from = until - u64::from(days) * DAY_MS;
    let mut chosen = Vec::new();
    let attempts = match &query.pipeline {
        Some(name) => {
            chosen.push((name.clone(), state.engine().pipeline_id(name).await?));
            ATTEMPTS
        }
        None => {
            chosen.extend(super::super::all_pipelines(&state).await?.into_iter().map(|listed| (listed.name, listed.id)));
            0
        }
    };
    let mut measured = Vec::new();
    for (name, id) in chosen {
        let (releases, attempts) = rows(&state, &id, from, attempts).await?;
        measured.push((name, releases, attempts));
    }
    Ok(Json(MetricsAnswer { pipeline: query.pipeline, metrics: view::metrics(from, until, &measured), seq }))
}

async fn rows(state: &ApiState, id: &PipelineId, from: Time, attempts: u32) -> Result<(Vec<Measured>, Vec<AttemptRow>), Problem> {
    let rows = state.store().measured(id, from - OLDER_MS, RELEASES, attempts).await?;
    let mut waves: BTreeMap<ReleaseNumber, Vec<WaveRow>> = BTreeMap::new();
    for wave in rows.waves {
        waves.entry(wave.release).or_default().push(wave);
    }
    let mut measured = Vec::with_capacity(rows.releases.len());
    // Oldest first: each commit counts for the first release that completes with it.
    let mut reached: Option<SourceOrder> = None;
    for (release, plan) in rows.releases.into_iter().rev() {
        let mut commits = Vec::new();
        if release.state == ReleaseState::Completed {
            if release.ended_at.is_some_and(|at| at >= from) {
                commits = made(state, id, reached, &release).await?;
            }
            reached = reached.max(Some(release.order));
        }
        let waves = waves.remove(&release.number).unwrap_or_default();
        measured.push(Measured { release, plan, waves, commits });
    }
    Ok((measured, rows.attempts))
}

/// When the commits were made that a release completed with first.
async fn made(
    state: &ApiState,
    id: &PipelineId,
    after: Option<SourceOrder>,
    release: &engine::core::row::ReleaseRow,
) -> Result<Vec<Time>, Problem> {
    const MOST: u32 = 500;
    let newest: Vec<Time> = release.revisions.iter().map(|revision| revision.committed_at).collect();
    // Without a release before, nobody knows which of the older commits were there already.
    let Some(after) = after.filter(|after| *after < release.order) else { return Ok(newest) };
    let mut made = Vec::new();
    for revision in &release.revisions {
        let commits = state.store().commits_between(id, &revision.source, after, release.order, MOST).await?;
        made.extend(commits.into_iter().map(|commit| commit.committed_at));
    }
    Ok(if made.is_empty() { newest } else { made })
}
