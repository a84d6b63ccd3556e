use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use pipelines::plan::{Plan, Stage, Wave, WaveIx};
use serde::{Deserialize, Serialize};

use super::front::{self, TargetFront};
use super::gate::{self, GateKind};
use super::origin;
use super::{Viewer, change_number};
use crate::core::Pipeline;
use crate::core::Time;
use crate::core::id::{ReleaseNumber, SourceOrder};
use crate::core::release::Release;
use crate::core::row::{GateState, ReleaseRow, ReleaseState, WaitReason, WaveState};

/// A commit as the store remembers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitLine {
    pub source: String,
    pub id: String,
    pub order: SourceOrder,
    pub title: String,
    pub author: String,
    pub at: Time,
}

/// What the store knows beside the pipeline's memory, in any order.
#[derive(Debug, Clone, Copy, Default)]
pub struct Known<'k> {
    pub commits: &'k [CommitLine],
    /// Ended releases, such as superseded ones, are only here.
    pub releases: &'k [ReleaseRow],
    /// The doors at which releases left the queue (L4).
    pub left: &'k [(ReleaseNumber, WaveIx)],
    /// Only changes before this one; none: from the newest on.
    pub before: Option<u64>,
}

/// The commits view (S1): changes newest first, and per target up to which change it has them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Progress {
    /// Every event up to this one is in here.
    pub seq: u64,
    /// The server's time.
    pub now: Time,
    pub changes: Vec<Change>,
    pub stages: Vec<ProgressStage>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Change {
    pub n: u64,
    pub sha: String,
    pub title: String,
    pub author: String,
    /// The pull request that brought it, by its title; for people to look at, and for no decision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pull_request: Option<u64>,
    pub at: Time,
    pub source: String,
    /// The newest release made from exactly this commit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release: Option<ReleaseNumber>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<ReleaseState>,
    /// The release that carries it (L3).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub superseded_by: Option<ReleaseNumber>,
    /// The wave at whose door that happened: `prod/wave-1`. Only the commits view knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub superseded_at: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub quarantined: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ProgressStage {
    pub name: String,
    pub production: bool,
    pub waves: Vec<ProgressWave>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ProgressWave {
    pub name: String,
    /// The lane's key.
    pub lane: String,
    /// For a wave that deploys nowhere: the newest change that came through, and the one inside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub through: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inside: Option<u64>,
    pub targets: Vec<TargetFront>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gate: Option<ProgressGate>,
    /// How long releases usually took from entering to completing it, and at its door: medians of those in memory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usually_ms: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usually_waits_ms: Option<u64>,
}

/// What stands between this wave and the one before, and what waits for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ProgressGate {
    /// The kind of a gate, or `lane`, `hold`, `quarantine`, ….
    pub kind: String,
    pub state: GateState,
    /// The gate's key, for requests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gate: Option<String>,
    /// What an approval would be bound to (G5).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// The newest change that waits, and its release.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release: Option<ReleaseNumber>,
    /// How many commits wait here.
    pub held: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Time>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Time>,
    /// People: how many are needed and how many said yes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub needed: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alarm: Option<String>,
    #[serde(rename = "canAct")]
    pub can_act: bool,
    pub reason: String,
}

/// Computes the commits view. `known` is what the store knows beside the pipeline; `limit` bounds `changes`.
#[must_use]
pub fn progress(pipeline: &Pipeline, known: Known<'_>, limit: usize, viewer: &Viewer, seq: u64, now: Time) -> Progress {
    let mut stages = newest_plan(pipeline).map(|plan| stages(pipeline, plan, viewer)).unwrap_or_default();
    let first = origin::first_changes(pipeline);
    for target in stages.iter_mut().flat_map(|stage| &mut stage.waves).flat_map(|wave| &mut wave.targets) {
        target.first = first.get(target.name.as_str()).copied();
    }
    Progress { seq, now, changes: changes(pipeline, known, limit), stages }
}

/// The plan of the newest release: the shape that the path has now.
pub(super) fn newest_plan(pipeline: &Pipeline) -> Option<&Plan> {
    pipeline.releases().max_by_key(|release| (release.row.order, release.row.number)).map(|release| release.plan.as_ref())
}

/// The release that waits at a wave and is newest, if any does.
pub(super) fn newest_waiting<'p>(pipeline: &'p Pipeline, plan: &Plan, ix: WaveIx) -> Option<(&'p Release, &'p [WaitReason])> {
    let wave = plan.wave(ix)?;
    let key = crate::core::id::LaneKey::from(wave.lane.key.as_str());
    let names = plan.stage(ix.stage).map(|stage| (stage.name.as_str(), wave.name.as_str()))?;
    pipeline.waiting_at(&key).rev().find_map(|(_, number, at)| {
        let release = pipeline.release(number)?;
        let same = release
            .plan
            .stage(at.stage)
            .zip(release.plan.wave(at))
            .is_some_and(|(stage, wave)| (stage.name.as_str(), wave.name.as_str()) == names);
        let row = release.waves.get(&at).filter(|row| row.state == WaveState::Waiting)?;
        same.then_some((release, row.waits_for.as_slice()))
    })
}

/// How many commits lie after `live` up to `change`.
pub(super) fn held(change: u64, live: Option<u64>) -> u64 {
    let position = |n: u64| n & u64::from(u32::MAX);
    match live {
        Some(live) if live >> 32 == change >> 32 => position(change).saturating_sub(position(live)),
        // History was rewritten between them, or nothing runs there yet: at least this one.
        Some(_) | None => 1,
    }
}

fn changes(pipeline: &Pipeline, known: Known<'_>, limit: usize) -> Vec<Change> {
    let mut all: BTreeMap<(u64, String), Change> = BTreeMap::new();
    for commit in known.commits {
        let change = change(commit);
        all.insert((change.n, commit.id.clone()), change);
    }
    // A release that ended is no longer in the pipeline's memory; one that moves may be newer there than in the list.
    let mut rows: BTreeMap<ReleaseNumber, &ReleaseRow> = known.releases.iter().map(|row| (row.number, row)).collect();
    rows.extend(pipeline.releases().map(|release| (release.row.number, &release.row)));
    // Oldest number first, so that a re-run of the same commit is the one shown.
    for row in rows.into_values() {
        let Some(made) = change_of_release(row) else { continue };
        match all.entry((made.n, made.sha.clone())) {
            Entry::Vacant(place) => drop(place.insert(made)),
            Entry::Occupied(mut place) => {
                let known = place.get_mut();
                (known.release, known.state) = (made.release, made.state);
                (known.superseded_by, known.quarantined) = (made.superseded_by, made.quarantined);
            }
        }
    }
    let doors = doors(pipeline, known.left);
    for change in all.values_mut().filter(|change| change.superseded_by.is_some()) {
        change.superseded_at = change.release.and_then(|release| doors.get(&release).cloned());
    }
    all.into_values().rev().filter(|change| known.before.is_none_or(|before| change.n < before)).take(limit).collect()
}

/// At which wave each release left the queue; by the newest plan's names where its own is not in memory any more.
fn doors(pipeline: &Pipeline, left: &[(ReleaseNumber, WaveIx)]) -> BTreeMap<ReleaseNumber, String> {
    let name = |(number, ix): &(ReleaseNumber, WaveIx)| {
        let plan = pipeline.plan(*number).map(AsRef::as_ref).or_else(|| newest_plan(pipeline))?;
        let (stage, wave) = (plan.stage(ix.stage)?, plan.wave(*ix)?);
        let place = if wave.name.is_empty() { stage.name.clone() } else { format!("{}/{}", stage.name, wave.name) };
        Some((*number, place))
    };
    left.iter().filter_map(name).collect()
}

/// The commit that a release was made from, with how the release stands.
#[must_use]
pub fn change_of_release(row: &ReleaseRow) -> Option<Change> {
    let revision = row.revisions.first()?;
    Some(Change {
        n: change_number(row.order),
        sha: revision.commit.clone(),
        title: revision.title.clone(),
        author: revision.author.clone(),
        pull_request: pull_request(&revision.title),
        at: revision.committed_at,
        source: revision.source.clone(),
        release: Some(row.number),
        state: Some(row.state),
        superseded_by: row.superseded_by,
        superseded_at: None,
        quarantined: row.quarantine.is_some(),
    })
}

fn stages(pipeline: &Pipeline, plan: &Plan, viewer: &Viewer) -> Vec<ProgressStage> {
    let mut stages: Vec<ProgressStage> = plan
        .stages_on_path()
        .map(|(_, stage)| ProgressStage { name: stage.name.clone(), production: stage.production, waves: Vec::new() })
        .collect();
    for (ix, stage, wave) in plan.waves() {
        if let Some(out) = stages.iter_mut().find(|known| known.name == stage.name) {
            out.waves.push(self::wave(pipeline, plan, ix, stage, wave, viewer));
        }
    }
    stages
}

fn wave(pipeline: &Pipeline, plan: &Plan, ix: WaveIx, stage: &Stage, wave: &Wave, viewer: &Viewer) -> ProgressWave {
    let targets: Vec<TargetFront> =
        wave.rollouts.iter().map(|rollout| front::view(pipeline, plan, &stage.name, wave, &rollout.target)).collect();
    let (through, inside) = if targets.is_empty() { through_and_inside(pipeline, &stage.name, &wave.name) } else { (None, None) };
    let oldest_live = if targets.is_empty() { through } else { targets.iter().map(|target| target.live).min().flatten() };
    let gate = gate(pipeline, plan, ix, wave, oldest_live, viewer);
    let (usually_ms, usually_waits_ms) = usual(pipeline, &wave.lane.key, &wave.name);
    ProgressWave { name: wave.name.clone(), lane: wave.lane.key.clone(), through, inside, targets, gate, usually_ms, usually_waits_ms }
}

/// Medians over the releases in memory: inside a wave, and in front of it.
fn usual(pipeline: &Pipeline, lane: &str, name: &str) -> (Option<u64>, Option<u64>) {
    let (mut inside, mut before) = (Vec::new(), Vec::new());
    for release in pipeline.releases() {
        for row in release.waves.values() {
            let same = release.plan.wave(row.wave).is_some_and(|wave| wave.lane.key == lane && wave.name == name);
            let Some(entered_at) = row.entered_at.filter(|_| same) else { continue };
            before.push(entered_at.since_ms(row.arrived_at));
            if row.state == WaveState::Completed {
                inside.extend(row.ended_at.map(|ended_at| ended_at.since_ms(entered_at)));
            }
        }
    }
    let median = |all: &mut Vec<u64>| {
        all.sort_unstable();
        all.get(all.len() / 2).copied()
    };
    (median(&mut inside), median(&mut before))
}

/// The newest change that completed a wave, and the newest that is in it.
pub(super) fn through_and_inside(pipeline: &Pipeline, stage: &str, wave: &str) -> (Option<u64>, Option<u64>) {
    let (mut through, mut inside) = (None, None);
    for release in pipeline.releases() {
        let n = Some(change_number(release.row.order));
        for row in release.waves.values() {
            let here = release.plan.stage(row.wave.stage).is_some_and(|s| s.name == stage)
                && release.plan.wave(row.wave).is_some_and(|w| w.name == wave);
            match row.state {
                WaveState::Completed if here => through = through.max(n),
                WaveState::Entered | WaveState::Failing if here => inside = inside.max(n),
                _ => {}
            }
        }
    }
    (through, inside)
}

fn gate(pipeline: &Pipeline, plan: &Plan, ix: WaveIx, wave: &Wave, live: Option<u64>, viewer: &Viewer) -> Option<ProgressGate> {
    let Some((release, waits)) = newest_waiting(pipeline, plan, ix) else {
        return idle(plan, wave);
    };
    let change = change_number(release.row.order);
    // The first reason in the order of cost is the one that everything else waits behind (G2).
    let reason = waits.first();
    let gates = release
        .plan
        .waves()
        .find(|(_, _, theirs)| theirs.lane.key == wave.lane.key && theirs.name == wave.name)
        .map(|(.., theirs)| &theirs.gates)?;
    let view = gates.iter().filter_map(|node| gate::view(release, *node, viewer)).find(|view| {
        reason.is_some_and(|reason| {
            reason.kind == view.kind.name() && reason.subject.as_deref().is_none_or(|name| name == view.name || name == view.key)
        })
    });
    let approval = view.as_ref().filter(|view| view.kind == GateKind::Approval);
    Some(ProgressGate {
        kind: reason.map_or_else(|| "lane".to_owned(), |reason| reason.kind.clone()),
        state: view.as_ref().map_or(GateState::Closed, |view| view.state),
        gate: view.as_ref().map(|view| view.key.clone()),
        digest: approval.map(|_| release.seen_digest()),
        change: Some(change),
        release: Some(release.row.number),
        held: held(change, live),
        since: reason.map(|reason| reason.since),
        until: reason.and_then(|reason| reason.until).or(view.as_ref().and_then(|view| view.opens_at)),
        needed: approval.and_then(|view| view.needed),
        given: approval.map(|view| u32::try_from(view.approvals.len()).unwrap_or(u32::MAX)),
        alarm: reason.filter(|reason| reason.kind == GateKind::Alarms.name()).and_then(|reason| reason.subject.clone()),
        can_act: view.as_ref().is_some_and(|view| view.can_act),
        reason: reason.map_or_else(|| "goes in next".to_owned(), |reason| reason.detail.clone()),
    })
}

/// Nothing waits: the kind of the most telling gate stays visible.
fn idle(plan: &Plan, wave: &Wave) -> Option<ProgressGate> {
    let kind = wave
        .gates
        .iter()
        .filter_map(|ix| plan.node(*ix))
        .filter_map(|node| gate::of(node, None, &[], &Viewer::default()))
        .map(|view| view.kind)
        .max()?;
    Some(ProgressGate {
        kind: kind.name().to_owned(),
        state: GateState::Idle,
        gate: None,
        digest: None,
        change: None,
        release: None,
        held: 0,
        since: None,
        until: None,
        needed: None,
        given: None,
        alarm: None,
        can_act: false,
        reason: String::new(),
    })
}

/// As GitHub words the title of what it merges, squashed or not.
fn pull_request(title: &str) -> Option<u64> {
    let number = match title.strip_prefix("Merge pull request #") {
        Some(rest) => rest.split(' ').next()?,
        None => title.strip_suffix(')')?.rsplit_once(" (#")?.1,
    };
    number.parse().ok()
}

/// A commit that no release was made from.
#[must_use]
pub fn change(commit: &CommitLine) -> Change {
    Change {
        n: change_number(commit.order),
        sha: commit.id.clone(),
        title: commit.title.clone(),
        author: commit.author.clone(),
        pull_request: pull_request(&commit.title),
        at: commit.at,
        source: commit.source.clone(),
        release: None,
        state: None,
        superseded_by: None,
        superseded_at: None,
        quarantined: false,
    }
}

#[cfg(test)]
mod tests {
    use super::pull_request;

    #[test]
    fn a_pull_request_is_known_by_how_github_words_a_merge() {
        for (title, number) in [
            ("Merge pull request #12 from acme/sums", Some(12)),
            ("Sum orders rightly (#7)", Some(7)),
            ("Sum orders (see #7)", None),
            ("Merge pull request #x from y", None),
            ("(#7)", None),
            ("Sum orders (#)", None),
            ("", None),
        ] {
            assert_eq!(pull_request(title), number, "{title:?}");
        }
    }
}
