pub(super) mod approve_pull_request;
pub(super) mod board;
pub(super) mod check;
pub(super) mod compare;
pub(super) mod connect;
pub(super) mod disconnect;
pub(super) mod list;
pub(super) mod progress;
pub(super) mod rollback;
pub(super) mod rollback_preview;
pub(super) mod show;
pub(super) mod start;

use std::collections::BTreeSet;

use engine::core::id::{PipelineId, SourceOrder};
use engine::core::row::{ReleaseState, WaveState};
use engine::core::view::{self, AttentionKind, Change, CommitLine, Known, TargetState, Viewer};
use engine::core::{Pipeline, Time};
use engine::store::{ListedPipeline, ReleaseMark, SourceCommit};

use crate::problem::{Code, Problem};
use crate::state::ApiState;
use crate::types::{PipelineNow, PipelineSummary, RecentRelease, WaveNow};

/// Marks in the line of a pipeline's newest releases.
const RECENT: u32 = 30;

/// Names of the sources that the pipeline's releases come from.
async fn sources(state: &ApiState, id: &PipelineId) -> Result<BTreeSet<String>, Problem> {
    let names = |pipeline: &Pipeline| {
        pipeline.releases().flat_map(|release| &release.row.revisions).map(|revision| revision.source.clone()).collect()
    };
    Ok(state.engine().view(id, names).await?)
}

/// The newest commits of every source.
async fn commits(state: &ApiState, id: &PipelineId, before: Option<u64>, limit: u32) -> Result<Vec<CommitLine>, Problem> {
    let before = before.map(|n| SourceOrder { epoch: n >> 32, position: n & u64::from(u32::MAX) });
    let mut lines = Vec::new();
    for source in sources(state, id).await? {
        lines.extend(state.store().commits(id, &source, before, limit).await?.commits.into_iter().map(line));
    }
    Ok(lines)
}

fn line(commit: SourceCommit) -> CommitLine {
    CommitLine {
        source: commit.source,
        id: commit.id,
        order: commit.order,
        title: commit.title,
        author: commit.author,
        at: commit.committed_at,
    }
}

/// The row of one pipeline in the list.
async fn listed(state: &ApiState, name: &str) -> Result<ListedPipeline, Problem> {
    // The list goes on after a name; the greatest text below `name` is the one before it.
    let mut before: Vec<char> = name.chars().collect();
    before.pop();
    let before: String = before.into_iter().collect();
    let mut after = before;
    loop {
        let page = state.store().pipelines(&after, 200).await?;
        let Some(last) = page.last().map(|last| last.name.clone()) else { break };
        if let Some(found) = page.into_iter().find(|listed| listed.name == name) {
            return Ok(found);
        }
        if last.as_str() > name {
            break;
        }
        after = last;
    }
    Err(Problem::new(Code::UnknownPipeline, format!("there is no pipeline {name:?}")))
}

/// One that cannot be read is shown as such; it must not hide the others (R11).
async fn summary(state: &ApiState, listed: ListedPipeline, viewer: &Viewer) -> PipelineSummary {
    let mut now = state.engine().view(&listed.id, |pipeline| now(pipeline, viewer)).await;
    if let Ok(now) = &mut now {
        match state.store().release_marks(&listed.id, RECENT).await {
            Ok(marks) => now.recent = marks.into_iter().rev().map(recent).collect(),
            Err(error) => tracing::debug!(%error, "the newest releases are left out of a list"),
        }
    }
    let parked = listed.parked.map(|parked| parked.reason);
    let (now, parked) = match now {
        Ok(now) => (Some(now), parked),
        Err(error) => (None, parked.or_else(|| Some(error.to_string()))),
    };
    PipelineSummary { name: listed.name, created_at: listed.created_at, parked, now }
}

fn now(pipeline: &Pipeline, viewer: &Viewer) -> PipelineNow {
    let head = pipeline.releases().max_by_key(|release| (release.row.order, release.row.number));
    let revision = head.and_then(|release| release.row.revisions.first());
    let moving: Vec<Time> =
        pipeline.releases().filter(|release| release.row.state == ReleaseState::Moving).map(|release| release.row.created_at).collect();
    let attention = view::attention(pipeline, viewer);
    let count = |kind: AttentionKind| u32::try_from(attention.iter().filter(|item| item.kind == kind).count()).unwrap_or(u32::MAX);
    let (approvals, alarms, holds) = (count(AttentionKind::Approval), count(AttentionKind::Alarm), count(AttentionKind::Held));
    let failing = attention.iter().any(|item| item.kind <= AttentionKind::Alarm);
    let mut waiting: Vec<_> = pipeline
        .releases()
        .flat_map(|release| pipeline.waves(release.row.number))
        .filter(|wave| wave.state == WaveState::Waiting)
        .collect();
    waiting.sort_by_key(|wave| std::cmp::Reverse(wave.release));
    PipelineNow {
        head: head.map(|release| release.row.number),
        head_sha: revision.map(|revision| revision.commit.clone()),
        head_title: revision.map(|revision| revision.title.clone()),
        moving: u32::try_from(moving.len()).unwrap_or(u32::MAX),
        oldest_since: moving.into_iter().min(),
        attention: u32::try_from(attention.len()).unwrap_or(u32::MAX),
        worst: attention.first().map(|first| first.text.clone()),
        worst_at: attention.into_iter().next(),
        failing,
        waiting: !waiting.is_empty(),
        waits_for: waiting.first().and_then(|wave| Some(wave.waits_for.first()?.detail.clone())),
        approvals,
        alarms,
        holds,
        waits_for_me: u32::try_from(view::approvals(pipeline, viewer).iter().filter(|approval| approval.gate.can_act).count())
            .unwrap_or(u32::MAX),
        waves: waves(pipeline),
        recent: Vec::new(),
    }
}

fn recent(mark: ReleaseMark) -> RecentRelease {
    let took_ms = mark.ended_at.map(|ended_at| ended_at.since_ms(mark.created_at));
    RecentRelease { release: mark.number, state: mark.state, took_ms }
}

/// The commits after `from` up to and with `to`, of all sources, newest first, and whether there are more.
pub(super) async fn commits_between(
    state: &ApiState,
    id: &PipelineId,
    from: SourceOrder,
    to: SourceOrder,
) -> Result<(Vec<Change>, bool), Problem> {
    const MOST: u32 = 500;
    let mut changes = Vec::new();
    for source in sources(state, id).await? {
        let commits = state.store().commits_between(id, &source, from, to, MOST).await?;
        changes.extend(commits.into_iter().map(|commit| view::change(&line(commit))));
    }
    changes.sort_by_key(|change| std::cmp::Reverse(change.n));
    let is_cut = changes.len() >= MOST as usize;
    changes.truncate(MOST as usize);
    Ok((changes, is_cut))
}

fn waves(pipeline: &Pipeline) -> Vec<WaveNow> {
    let progress = view::progress(pipeline, Known::default(), 0, &Viewer::default(), 0, Time(0));
    let wave = |stage: &str, wave: view::ProgressWave| {
        let newest = wave.targets.iter().filter_map(|target| target.live).max();
        WaveNow {
            stage: stage.to_owned(),
            wave: wave.name,
            state: wave.targets.iter().map(|target| target.state).max_by_key(|state| severity(*state)),
            targets: u32::try_from(wave.targets.len()).unwrap_or(u32::MAX),
            newest: u32::try_from(wave.targets.iter().filter(|target| newest.is_some() && target.live == newest).count())
                .unwrap_or(u32::MAX),
        }
    };
    progress
        .stages
        .into_iter()
        .flat_map(|stage| stage.waves.into_iter().map(move |one| wave(&stage.name, one)).collect::<Vec<_>>())
        .collect()
}

/// The worst child is shown on a collapsed parent.
fn severity(state: TargetState) -> u8 {
    match state {
        TargetState::Live => 0,
        TargetState::Empty => 1,
        TargetState::Baking => 2,
        TargetState::Deploying => 3,
        TargetState::Held => 4,
        TargetState::RolledBack => 5,
        TargetState::RollingBack => 6,
        TargetState::Failed => 7,
        TargetState::Unknown => 8,
    }
}
