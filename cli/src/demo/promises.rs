//! What the tour promises, checked through the API and at the running services.

use std::collections::BTreeMap;

use api::types::{AttemptView, LogPage, Page, ReleaseAnswer, ReleaseNumber, RolloutView, TargetView, Verified};
use engine::core::Actor;
use engine::core::row::{Direction, ReleaseState, RolloutState};
use protocol::Outcome;

use super::patience::Patience;
use super::sample::{self, BETA, WAVES};
use super::tour::{PIPELINE, Told};
use super::visitors::Visitors;
use crate::client::{Client, segment};
use crate::exit::Result;
use crate::output::{Output, Style};

/// Fewer say nothing about hand-overs.
const ENOUGH_VISITORS: u64 = 500;

#[derive(Debug, Clone)]
pub(super) struct Promise {
    what: &'static str,
    /// Why it was broken; empty: it was kept.
    broken: Vec<String>,
}

impl Promise {
    pub(super) fn is_kept(&self) -> bool {
        self.broken.is_empty()
    }
}

pub(super) fn print(promises: &[Promise], output: &Output) -> Result<()> {
    if output.json {
        let list: Vec<_> = promises
            .iter()
            .map(|promise| serde_json::json!({ "promise": promise.what, "kept": promise.is_kept(), "broken": promise.broken }))
            .collect();
        output.json_line(&serde_json::json!({ "promises": list }))?;
        return Ok(());
    }
    output.line("")?;
    for promise in promises {
        let (sign, style) = if promise.is_kept() { ("✓", Style::Good) } else { ("✗", Style::Bad) };
        output.line(output.paint(style, &format!("{sign} {}", promise.what)))?;
        for reason in &promise.broken {
            output.line(format!("    {}", crate::output::plain(reason)))?;
        }
    }
    Ok(())
}

/// What the server knows at the end.
struct Seen {
    targets: Vec<TargetView>,
    releases: BTreeMap<ReleaseNumber, ReleaseAnswer>,
    verified: Verified,
    logs: Vec<(String, LogPage)>,
    /// What each service says of itself.
    versions: BTreeMap<&'static str, String>,
}

pub(super) async fn check(
    told: &Told,
    client: &Client,
    patience: &Patience,
    visitors: &Visitors,
    ports: &BTreeMap<&'static str, u16>,
) -> Result<Vec<Promise>> {
    visitors.stop();
    let seen = look(told, client, patience, ports).await?;
    Ok(vec![
        promise("the first commit reached every target", everywhere(&seen, told.first.release)),
        promise(
            "of the burst the last commit went everywhere",
            everywhere(&seen, told.burst.last().map_or(told.first.release, |last| last.release)),
        ),
        promise("the others of the burst were superseded, and each names the release that carries it", superseded(&seen, told)),
        promise("the bad commit was rolled back where it went and is quarantined", rolled_back(&seen, told.bad.release)),
        promise("the other waves never saw the bad commit", untouched(&seen, told.bad.release)),
        promise("the fix runs on every target, and every service says so", runs_everywhere(&seen, told)),
        promise("no visitor was let down except by the bad commit itself", served(told, visitors)),
        promise("a second person approved everything that entered production", four_eyes(&seen, told)),
        promise("no deployment was lost or doubled", once_each(&seen)),
        promise("every log is whole, and the audit trail verifies", recorded(&seen)),
    ])
}

fn promise(what: &'static str, broken: Vec<String>) -> Promise {
    Promise { what, broken }
}

async fn look(told: &Told, client: &Client, patience: &Patience, ports: &BTreeMap<&'static str, u16>) -> Result<Seen> {
    let base = format!("/api/v1/pipelines/{PIPELINE}");
    let mut targets: Vec<TargetView> = Vec::new();
    for name in sample::targets() {
        // By its name a target comes with its whole history.
        let path = format!("{base}/targets?name={}", segment(name));
        targets.extend(patience.ask(|| client.get::<Page<TargetView>>(&path)).await?.items);
    }
    let numbers = told.burst.iter().chain([&told.first, &told.bad, &told.fix]).map(|pushed| pushed.release);
    let mut releases = BTreeMap::new();
    for number in numbers {
        let path = format!("{base}/releases/{}", number.0);
        let seen: ReleaseAnswer = patience.ask(|| client.get(&path)).await?;
        releases.insert(number, seen);
    }
    let mut logs = Vec::new();
    for attempt in releases.values().flat_map(attempts_that_ended_well) {
        let path = format!("/api/v1/attempts/{}/log?count=1", segment(attempt.id.as_str()));
        logs.push((attempt.id.to_string(), patience.ask(|| client.get(&path)).await?));
    }
    let verified = patience.ask(|| client.get("/api/v1/audit/verify")).await?;
    let http = reqwest::Client::builder().no_proxy().build().unwrap_or_default();
    let mut versions = BTreeMap::new();
    for (target, port) in ports {
        let said = match http.get(format!("http://127.0.0.1:{port}/version")).send().await {
            Ok(response) => response.text().await.unwrap_or_default(),
            Err(error) => format!("no answer: {error}"),
        };
        versions.insert(*target, said);
    }
    Ok(Seen { targets, releases, verified, logs, versions })
}

fn attempts_that_ended_well(release: &ReleaseAnswer) -> impl Iterator<Item = &AttemptView> {
    let attempts = release.release.nodes.iter().flat_map(|node| &node.attempts);
    attempts.filter(|attempt| attempt.outcome == Some(Outcome::Succeeded))
}

fn forward(target: &TargetView, release: ReleaseNumber) -> impl Iterator<Item = &RolloutView> {
    target.history.iter().filter(move |rollout| rollout.release == release && rollout.direction == Direction::Forward)
}

fn everywhere(seen: &Seen, release: ReleaseNumber) -> Vec<String> {
    let mut broken = Vec::new();
    if seen.targets.len() != 1 + WAVES.iter().map(|wave| wave.len()).sum::<usize>() {
        broken.push(format!("the server knows {} targets", seen.targets.len()));
    }
    for target in &seen.targets {
        if !forward(target, release).any(|rollout| rollout.state == RolloutState::Succeeded) {
            broken.push(format!("{release} did not succeed at {}", target.front.name));
        }
    }
    broken
}

fn superseded(seen: &Seen, told: &Told) -> Vec<String> {
    let Some((_, others)) = told.burst.split_last() else { return vec!["there was no burst".to_owned()] };
    let mut broken = Vec::new();
    for other in others {
        let Some(release) = seen.releases.get(&other.release).map(|seen| &seen.release.summary) else { continue };
        let carried = release.superseded_by.is_some_and(|by| by > release.number);
        if release.state != ReleaseState::Superseded || !carried {
            broken.push(format!(
                "{} is {}, carried by {:?}",
                release.number,
                crate::output::word(&release.state),
                release.superseded_by.map(|by| by.0)
            ));
        }
    }
    broken
}

fn rolled_back(seen: &Seen, bad: ReleaseNumber) -> Vec<String> {
    let mut broken = Vec::new();
    if seen.releases.get(&bad).is_none_or(|seen| seen.release.summary.quarantine.is_none()) {
        broken.push(format!("{bad} is not quarantined"));
    }
    for name in WAVES.first().copied().unwrap_or_default() {
        let Some(target) = seen.targets.iter().find(|target| target.front.name == *name) else { continue };
        if !forward(target, bad).any(|rollout| rollout.state == RolloutState::RolledBack) {
            broken.push(format!("{bad} was not taken off {name}"));
        }
        let backs = target.history.iter().filter(|rollout| rollout.direction == Direction::Back { from: bad }).collect::<Vec<_>>();
        if backs.len() != 1 || backs.iter().any(|rollout| rollout.state != RolloutState::Succeeded) {
            broken.push(format!("{name} has {} rollbacks from {bad}, where one that succeeded is right", backs.len()));
        }
    }
    broken
}

fn untouched(seen: &Seen, bad: ReleaseNumber) -> Vec<String> {
    let first_wave = WAVES.first().copied().unwrap_or_default();
    let others = seen.targets.iter().filter(|target| target.front.name != BETA && !first_wave.contains(&target.front.name.as_str()));
    let touched = others.filter(|target| target.history.iter().any(|rollout| rollout.release == bad));
    touched.map(|target| format!("{bad} came to {}", target.front.name)).collect()
}

fn runs_everywhere(seen: &Seen, told: &Told) -> Vec<String> {
    let fix = &told.fix;
    let known = seen.targets.iter().filter(|target| target.front.release != Some(fix.release));
    let mut broken: Vec<String> =
        known.map(|target| format!("{} runs {:?}", target.front.name, target.front.release.map(|release| release.0))).collect();
    let said = seen.versions.iter().filter(|(_, said)| !said.starts_with(fix.version()));
    broken.extend(said.map(|(target, said)| format!("{target} says {:?} and not {}", said.trim(), fix.version())));
    broken
}

fn served(told: &Told, visitors: &Visitors) -> Vec<String> {
    let mut broken: Vec<String> = visitors
        .let_down_by_others(Some(told.bad.version()))
        .iter()
        .take(10)
        .map(|visitor| {
            format!(
                "at {} ({}): {} from version {}",
                visitor.target,
                visitor.at,
                visitor.how,
                visitor.by_version.as_deref().unwrap_or("unknown")
            )
        })
        .collect();
    if visitors.served() < ENOUGH_VISITORS {
        broken.push(format!("only {} visitors were served", visitors.served()));
    }
    if visitors.let_down_by(told.bad.version()) == 0 {
        broken.push("the bad commit let nobody down, so nothing was proved".to_owned());
    }
    broken
}

fn four_eyes(seen: &Seen, told: &Told) -> Vec<String> {
    let entered = told.burst.last().into_iter().chain([&told.first, &told.bad, &told.fix]);
    let approved = |release: &ReleaseAnswer| {
        let given = release.release.gates.iter().flat_map(|gate| &gate.approvals);
        given.filter(|approval| matches!(&approval.by, Actor::Person { name, .. } if name == "Ana")).count() > 0
    };
    let missing = entered.filter(|pushed| seen.releases.get(&pushed.release).is_none_or(|release| !approved(release)));
    missing.map(|pushed| format!("{} has no approval of Ana", pushed.release)).collect()
}

/// IB12: exactly one forward success for each target and release; what was rolled back had been deployed once.
fn once_each(seen: &Seen) -> Vec<String> {
    let mut broken = Vec::new();
    for target in &seen.targets {
        for release in seen.releases.keys() {
            let times = forward(target, *release).count();
            if times > 1 {
                broken.push(format!("{release} was deployed {times} times to {}", target.front.name));
            }
        }
        if target.unknown.is_some() || target.holder.is_some() {
            broken.push(format!("{} is still held by an attempt", target.front.name));
        }
    }
    broken
}

fn recorded(seen: &Seen) -> Vec<String> {
    let cut = seen.logs.iter().filter(|(_, log)| !log.complete || log.lost_bytes > 0);
    let mut broken: Vec<String> =
        cut.map(|(attempt, log)| format!("the log of {attempt} is complete: {}, lost bytes: {}", log.complete, log.lost_bytes)).collect();
    if seen.logs.is_empty() {
        broken.push("there are no logs".to_owned());
    }
    if !seen.verified.is_whole {
        broken.push(seen.verified.first_bad.clone().unwrap_or_else(|| "the audit trail does not verify".to_owned()));
    }
    broken
}
