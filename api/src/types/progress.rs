use std::collections::BTreeMap;

use engine::core::Time;
use engine::core::id::ReleaseNumber;
use engine::core::row::ReleaseState;
use engine::core::view::{Change, Progress, ProgressGate, ProgressStage, ProgressWave, TargetFront, TargetState};
use serde::Serialize;

/// Digits of a commit that are sent: enough to tell the commits of a page apart, and to look for one.
const SHA_DIGITS: usize = 12;

/// The commits view (S1): changes newest first, and per target up to which change it has them. Said in few bytes, since it is fetched anew
/// whenever something moves: what most targets of a wave have in common is said once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ProgressAnswer {
    /// Every event up to this one is in here.
    pub seq: u64,
    /// The server's time.
    pub now: Time,
    /// A target whose name begins with one of these and `/` is `account/region[/unit]`.
    pub accounts: Vec<String>,
    /// Where changes come from; a change names its place in this list.
    pub sources: Vec<NamedSource>,
    pub changes: Vec<ChangeLine>,
    pub stages: Vec<StageLine>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct NamedSource {
    /// Short, for people: `payments-api`.
    pub name: String,
    pub address: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ChangeLine {
    pub n: u64,
    /// The first 12 digits of the commit.
    pub sha: String,
    pub title: String,
    pub author: String,
    pub at: Time,
    /// Place in `sources`; 0 when it is not said.
    #[serde(skip_serializing_if = "is_zero")]
    #[schema(required = false)]
    pub source: usize,
    /// The newest release made from exactly this commit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub release: Option<ReleaseNumber>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<ReleaseState>,
    /// The release that carries it (L3), and the wave at whose door that happened: `prod/wave-1`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub superseded_by: Option<ReleaseNumber>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub superseded_at: Option<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    pub quarantined: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct StageLine {
    pub name: String,
    pub production: bool,
    pub waves: Vec<WaveLine>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct WaveLine {
    pub name: String,
    /// The lane's key; the stage's name and the wave's with `/` between when it is not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lane: Option<String>,
    /// For a wave that deploys nowhere: the newest change that came through, and the one inside.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub through: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inside: Option<u64>,
    /// What most of its targets have; none for a wave that deploys nowhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usual: Option<UsualTarget>,
    pub targets: Vec<TargetLine>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gate: Option<ProgressGate>,
    /// How long releases usually took from entering to completing it, and at its door: medians of those in memory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usually_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usually_waits_ms: Option<u64>,
}

/// What a target has that does not say otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct UsualTarget {
    pub state: TargetState,
    pub live: Option<u64>,
    pub release: Option<ReleaseNumber>,
    /// What the seconds of `since_s` and `until_s` are counted from.
    pub since: Option<Time>,
}

/// One target, as far as it differs from what is usual in its wave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct TargetLine {
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<TargetState>,
    /// The change that runs there; `null`: nothing, or not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<u64>, required = false)]
    pub live: Option<Option<u64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<ReleaseNumber>, required = false)]
    pub release: Option<Option<ReleaseNumber>>,
    /// Since when it is in that state, in seconds after the wave's `since`; not said: not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since_s: Option<u64>,
    /// While it bakes: when that is over at the earliest, the same way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until_s: Option<u64>,
    /// The first change whose path has this target; not said: longer ago than is remembered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first: Option<u64>,
    /// The change that is on its way in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub incoming: Option<u64>,
    /// The change whose rollout failed here last, while nothing newer is on its way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed: Option<u64>,
    /// The change that a rollback took off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left: Option<u64>,
    /// While something is on its way in: how long that usually takes here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usually_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl From<Progress> for ProgressAnswer {
    fn from(progress: Progress) -> Self {
        let mut addresses: Vec<&str> = Vec::new();
        for change in &progress.changes {
            if !addresses.contains(&change.source.as_str()) {
                addresses.push(&change.source);
            }
        }
        let sources = named(&addresses);
        let place = |address: &str| addresses.iter().position(|known| *known == address).unwrap_or_default();
        let targets = progress.stages.iter().flat_map(|stage| &stage.waves).flat_map(|wave| &wave.targets);
        let mut accounts: Vec<String> = targets.filter_map(|target| target.account.clone()).collect();
        accounts.sort_unstable();
        accounts.dedup();
        let changes = progress.changes.iter().map(|one| change(one, place(&one.source))).collect();
        let stages = progress.stages.into_iter().map(stage).collect();
        Self { seq: progress.seq, now: progress.now, accounts, sources, changes, stages }
    }
}

/// The last part of each address; as many parts as it takes to tell them apart.
fn named(addresses: &[&str]) -> Vec<NamedSource> {
    let short = |address: &str, parts: usize| {
        let all: Vec<&str> = address.trim_end_matches(".git").split(['/', ':']).filter(|part| !part.is_empty()).collect();
        all.get(all.len().saturating_sub(parts)..).unwrap_or_default().join("/")
    };
    let is_alone = |address: &str, parts| addresses.iter().filter(|other| short(other, parts) == short(address, parts)).count() < 2;
    let name = |address: &str| (1..=3).map(|parts| (parts, short(address, parts))).find(|(parts, _)| is_alone(address, *parts));
    addresses
        .iter()
        .map(|address| NamedSource {
            name: name(address).map_or_else(|| (*address).to_owned(), |(_, name)| name),
            address: (*address).to_owned(),
        })
        .collect()
}

fn change(change: &Change, source: usize) -> ChangeLine {
    ChangeLine {
        n: change.n,
        sha: change.sha.chars().take(SHA_DIGITS).collect(),
        title: change.title.clone(),
        author: change.author.clone(),
        at: change.at,
        source,
        release: change.release,
        state: change.state,
        superseded_by: change.superseded_by,
        superseded_at: change.superseded_at.clone(),
        quarantined: change.quarantined,
    }
}

fn stage(stage: ProgressStage) -> StageLine {
    let ProgressStage { name, production, waves } = stage;
    let waves = waves.into_iter().map(|one| wave(&name, one)).collect();
    StageLine { name, production, waves }
}

fn wave(stage: &str, wave: ProgressWave) -> WaveLine {
    let usual = usual(&wave.targets);
    let targets = wave.targets.into_iter().map(|one| target(one, usual.as_ref())).collect();
    let expected = if wave.name.is_empty() { stage.to_owned() } else { format!("{stage}/{}", wave.name) };
    WaveLine {
        lane: Some(wave.lane).filter(|lane| *lane != expected),
        name: wave.name,
        through: wave.through,
        inside: wave.inside,
        usual,
        targets,
        gate: wave.gate,
        usually_ms: wave.usually_ms,
        usually_waits_ms: wave.usually_waits_ms,
    }
}

fn usual(targets: &[TargetFront]) -> Option<UsualTarget> {
    let since = targets.iter().filter_map(|target| target.since).min();
    let (live, release) = most(targets.iter().map(|target| (target.live, target.release)))?;
    Some(UsualTarget { state: most(targets.iter().map(|target| target.state))?, live, release, since })
}

/// The value that occurs most often.
fn most<T: Ord>(values: impl Iterator<Item = T>) -> Option<T> {
    let mut counts: BTreeMap<T, u32> = BTreeMap::new();
    for value in values {
        *counts.entry(value).or_default() += 1;
    }
    counts.into_iter().max_by_key(|(_, count)| *count).map(|(value, _)| value)
}

fn target(front: TargetFront, usual: Option<&UsualTarget>) -> TargetLine {
    let base = usual.and_then(|usual| usual.since);
    let seconds = |at: Option<Time>| Some(at?.since_ms(base?) / 1_000);
    TargetLine {
        since_s: seconds(front.since),
        until_s: seconds(front.until),
        state: Some(front.state).filter(|state| usual.is_none_or(|usual| usual.state != *state)),
        live: Some(front.live).filter(|live| usual.is_none_or(|usual| usual.live != *live)),
        release: Some(front.release).filter(|release| usual.is_none_or(|usual| usual.release != *release)),
        name: front.name,
        first: front.first,
        incoming: front.incoming,
        failed: front.failed,
        left: front.left,
        usually_ms: front.usually_ms,
        reason: front.reason,
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_have_the_shortest_names_that_tell_them_apart() {
        let names = |addresses: &[&str]| named(addresses).into_iter().map(|source| source.name).collect::<Vec<_>>();
        assert_eq!(names(&["https://git.example.com/pay/api.git", "git@git.example.com:pay/web.git"]), ["api", "web"]);
        assert_eq!(names(&["https://git.example.com/pay/api.git", "https://git.example.com/shop/api.git"]), ["pay/api", "shop/api"]);
        assert_eq!(names(&["/srv/api", "/srv/api"]), ["/srv/api", "/srv/api"]);
    }
}
