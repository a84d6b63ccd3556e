//! The story: a good commit, a burst of them, a bad one, and the one that mends it.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use api::types::{
    Applied, ApprovalView, Approve, Checked, Connect, Connected, Page, PipelineView, ReleaseAnswer, ReleaseNumber, ReleaseSummary,
};
use engine::core::row::{ReleaseState, WaveState};

use super::narration::Narration;
use super::patience::Patience;
use super::people::People;
use super::places::Places;
use super::promises::{self, Promise};
use super::sample::{ANDREI, Author, BETA, Bakes, Change, MIRA, Repository};
use super::visitors::Visitors;
use crate::client::Client;
use crate::command::Context;
use crate::exit::{Failure, Result};

/// The name in the sample's pipeline file.
pub(super) const PIPELINE: &str = "shop";

/// How fast the story goes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    pub(super) bakes: Bakes,
    /// How long Ana waits before she approves; time for the person who watches to do it.
    approves_after_ms: u64,
    /// Between what happens and the next commit.
    pause_ms: u64,
    /// How long one release may take to everywhere.
    release_within_ms: u64,
}

impl Pace {
    pub(super) const FAST: Self =
        Self { bakes: Bakes { beta: "2s", production: "5s" }, approves_after_ms: 500, pause_ms: 0, release_within_ms: 240_000 };
    pub(super) const LEISURELY: Self =
        Self { bakes: Bakes { beta: "5s", production: "12s" }, approves_after_ms: 30_000, pause_ms: 5_000, release_within_ms: 900_000 };
}

const POLL_MS: u64 = 1_000;
/// After the tour: between two commits of the shop's daily life.
const DAILY_MS: u64 = 60_000;

const OPEN: Change = change("Open the shop", ANDREI, "Welcome to the shop");
const BURST: [Change; 4] = [
    change("Say it louder", MIRA, "WELCOME to the shop"),
    change("Not that loud", ANDREI, "Welcome, dear visitors"),
    change("Mention the sale", MIRA, "Welcome to the sale"),
    change("Spell it right", ANDREI, "Welcome to the big sale"),
];
const BAD: Change =
    Change { keeps_connections: true, ..change("Keep database connections, it saves a trip", MIRA, "Welcome to the big sale") };
const FIX: Change = change("Give database connections back again", MIRA, "Welcome to the big sale");

const fn change(message: &'static str, author: Author, title: &'static str) -> Change {
    Change { message, author, title, keeps_connections: false }
}

/// A commit and the release that it became.
#[derive(Debug, Clone)]
pub(super) struct Pushed {
    pub(super) release: ReleaseNumber,
    pub(super) commit: String,
}

impl Pushed {
    /// As the service says it.
    pub(super) fn version(&self) -> &str {
        self.commit.get(..8).unwrap_or(&self.commit)
    }
}

/// What the promises are checked against.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) first: Pushed,
    pub(super) burst: Vec<Pushed>,
    pub(super) bad: Pushed,
    pub(super) fix: Pushed,
}

#[derive(Debug)]
pub(super) struct Tour {
    pace: Pace,
    patience: Patience,
    people: People,
    repository: Repository,
    visitors: Visitors,
    narration: Narration,
    ports: std::collections::BTreeMap<&'static str, u16>,
    /// Releases that Ana approves when they wait for it.
    approved: Arc<Mutex<BTreeSet<ReleaseNumber>>>,
}

impl Tour {
    pub(super) fn new(pace: Pace, places: &Places, people: People, repository: Repository, visitors: Visitors, context: &Context) -> Self {
        let narration = Narration::begin(people.admin.clone(), Arc::clone(&context.clock), context.output.clone(), 0);
        let patience = Patience::new(Arc::clone(&context.clock));
        let approved = Arc::new(Mutex::new(BTreeSet::new()));
        tokio::spawn(approve(people.ana.clone(), patience.clone(), Arc::clone(&approved), pace.approves_after_ms));
        Self { pace, patience, people, repository, visitors, narration, ports: places.ports.clone(), approved }
    }

    /// Goes through the story and answers what came of its promises.
    pub(super) async fn go(&mut self) -> Result<Vec<Promise>> {
        for (target, port) in &self.ports {
            if *target != BETA {
                self.visitors.visit(target, *port);
            }
        }
        self.narration.say("Andrei opens the shop: the first commit goes from build through beta to production, wave by wave");
        let first = self.open().await?;
        self.wait_for_wave(first.release, "wave-1").await?;

        self.narration.say("four commits come in a burst: only the last one goes on, and it carries the others");
        let mut burst = Vec::new();
        for change in &BURST {
            burst.push(self.push(change).await?);
        }
        let Some(last) = burst.last().cloned() else { return Err(Failure::failed("the burst is empty")) };
        self.approve(last.release);
        self.wait_for_wave(last.release, "wave-1").await?;
        self.wait_until_complete(first.release).await?;
        self.patience.pause(self.pace.pause_ms).await;

        self.narration.say("Mira saves a trip to the database: fine in beta, where nobody comes, and bad where many do");
        let bad = self.push(&BAD).await?;
        self.approve(bad.release);
        self.wait_until_back(bad.release).await?;
        self.wait_until_complete(last.release).await?;
        self.patience.pause(self.pace.pause_ms).await;

        self.narration.say("Mira mends it: the next commit goes everywhere");
        let fix = self.push(&FIX).await?;
        self.approve(fix.release);
        self.wait_until_complete(fix.release).await?;
        let told = Told { first, burst, bad, fix };
        promises::check(&told, &self.people.admin, &self.patience, &self.visitors, &self.ports).await
    }

    /// The shop's daily life, until somebody has seen enough.
    pub(super) async fn go_on(&mut self) -> Result<()> {
        for day in 1_u64.. {
            self.patience.pause(DAILY_MS).await;
            // Every fourth day somebody finds the trip to the database too long again.
            let change = if day % 4 == 0 { BAD } else { Change { title: BURST[usize::try_from(day % 4).unwrap_or(0)].title, ..FIX } };
            let pushed = self.push(&change).await?;
            self.approve(pushed.release);
        }
        Ok(())
    }

    pub(super) fn farewell(&self, restarts: &[&str]) -> String {
        let killed =
            if restarts.is_empty() { String::new() } else { format!("; started again after a sudden end: {}", restarts.join(", ")) };
        format!("{} visitors were served{killed}", self.visitors.served())
    }

    /// The first commit and the connection; a kept folder has both already.
    async fn open(&self) -> Result<Pushed> {
        let commit = self.repository.commit(&OPEN).await?;
        let connect = Connect {
            name: None,
            repository: self.repository.folder().display().to_string(),
            branch: "main".to_owned(),
            file: None,
            poll_ms: Some(POLL_MS),
        };
        let admin = &self.people.admin;
        let known = self.patience.ask(|| admin.get::<Page<api::types::PipelineSummary>>("/api/v1/pipelines")).await?;
        if !known.items.iter().any(|pipeline| pipeline.name == PIPELINE) {
            let key = Context::key();
            let path = format!("/api/v1/pipelines/{PIPELINE}");
            let connected = self.patience.ask(|| admin.post::<Connected>("/api/v1/pipelines", &key, &connect)).await;
            // When the answer was lost with the server, the second try meets the first one's work.
            if let Err(failure) = connected
                && self.patience.ask(|| admin.get::<PipelineView>(&path)).await.is_err()
            {
                return Err(failure);
            }
        }
        let pushed = self.release_of(commit).await?;
        self.approve(pushed.release);
        Ok(pushed)
    }

    /// Commits, and waits until the server has made it a release.
    async fn push(&self, change: &Change) -> Result<Pushed> {
        let commit = self.repository.commit(change).await?;
        self.release_of(commit).await
    }

    async fn release_of(&self, commit: String) -> Result<Pushed> {
        let admin = &self.people.admin;
        let what = format!("commit {commit} becomes a release");
        let release = self
            .patience
            .until(&what, 60_000, || async {
                let _: Checked =
                    admin.post(&format!("/api/v1/pipelines/{PIPELINE}/check"), &Context::key(), &serde_json::json!({})).await?;
                let page: Page<ReleaseSummary> = admin.get(&format!("/api/v1/pipelines/{PIPELINE}/releases?limit=20")).await?;
                let of_it = |release: &&ReleaseSummary| release.revisions.iter().any(|revision| revision.commit == commit);
                Ok(page.items.iter().find(of_it).map(|release| release.number))
            })
            .await?;
        Ok(Pushed { release, commit })
    }

    fn approve(&self, release: ReleaseNumber) {
        self.approved.lock().unwrap_or_else(PoisonError::into_inner).insert(release);
    }

    async fn wait_for_wave(&self, release: ReleaseNumber, wave: &str) -> Result<()> {
        self.look_at(release, &format!("release {release} completes prod/{wave}"), |seen| {
            seen.release.waves.iter().any(|at| at.stage == "prod" && at.wave == wave && at.state == Some(WaveState::Completed))
        })
        .await
    }

    async fn wait_until_complete(&self, release: ReleaseNumber) -> Result<()> {
        self.look_at(release, &format!("release {release} is everywhere"), |seen| seen.release.summary.state == ReleaseState::Completed)
            .await
    }

    async fn wait_until_back(&self, release: ReleaseNumber) -> Result<()> {
        self.look_at(release, &format!("release {release} is rolled back and quarantined"), |seen| {
            let is_back = seen.release.waves.iter().any(|at| at.stage == "prod" && at.state == Some(WaveState::RolledBack));
            is_back && seen.release.summary.quarantine.is_some()
        })
        .await
    }

    async fn look_at(&self, release: ReleaseNumber, what: &str, found: impl Fn(&ReleaseAnswer) -> bool) -> Result<()> {
        let admin = &self.people.admin;
        let look = || async {
            let seen: ReleaseAnswer = admin.get(&format!("/api/v1/pipelines/{PIPELINE}/releases/{}", release.0)).await?;
            Ok(found(&seen).then_some(()))
        };
        self.patience.until(what, self.pace.release_within_ms, look).await
    }
}

/// Ana looks at what waits for her, and says yes to what she was told of, after a while.
async fn approve(ana: Client, patience: Patience, approved: Arc<Mutex<BTreeSet<ReleaseNumber>>>, after_ms: u64) {
    loop {
        let page = ana.get::<Page<ApprovalView>>("/api/v1/approvals").await;
        for waiting in page.map(|page| page.items).unwrap_or_default() {
            let wanted = approved.lock().unwrap_or_else(PoisonError::into_inner).contains(&waiting.release);
            if wanted && patience.now() >= waiting.arrived_at + after_ms {
                let path = format!("/api/v1/pipelines/{}/releases/{}/approve", waiting.pipeline, waiting.release.0);
                let body = Approve { gate: waiting.gate.key, digest: waiting.digest, reason: "looks good to me".to_owned() };
                // Somebody else may have been faster, or the server may be away: the next look shows it.
                drop(ana.post::<Applied>(&path, &Context::key(), &body).await);
            }
        }
        patience.pause(200).await;
    }
}
