//! A server's engine with a real database, real git and real blobs, and runners that do as they are told.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use adapters::blobs::FolderBlobs;
use adapters::clock::SystemClock;
use adapters::egress::{Client, Egress};
use adapters::git::Git;
use adapters::github::{AppKey, GitHub, Identity};
use adapters::hooks::{self, HookSecrets};
use adapters::ids::SystemIds;
use adapters::secrets::{ConfiguredSecrets, Table};
use engine::core::id::{PipelineId, ReleaseNumber};
use engine::core::row::{AttemptState, ReleaseRow, ReleaseState};
use engine::core::{Actor, Event, EventKind};
use engine::ports::{Clock, Forge, HookReader, SecretValue};
use engine::store::{self, EventFilter, Store};
use engine::{Connection, Engine, Ports, Settings};
use protocol::{Artifact, ArtifactDigest, Fences, Lease, LeaseRequest, Outcome, Register, Report, RunnerId};
use sha2::Digest as _;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use crate::repository::GitRepository;

/// How long a test waits for what must happen.
const PATIENCE: Duration = Duration::from_secs(120);

/// One server. Its data goes when it is dropped.
#[derive(Debug)]
pub struct World {
    pub engine: Arc<Engine>,
    folder: Arc<Place>,
    database: String,
    tune: fn(&mut Settings),
    outside: Outside,
    shutdown: CancellationToken,
    running: Option<AbortOnDropHandle<()>>,
}

/// Where a server's data lies.
#[derive(Debug)]
enum Place {
    /// Goes with the world.
    Own(TempDir),
    Given(PathBuf),
}

impl Place {
    fn own() -> Arc<Self> {
        Arc::new(Self::Own(tempfile::tempdir().expect("a temporary folder")))
    }

    fn path(&self) -> &Path {
        match self {
            Self::Own(folder) => folder.path(),
            Self::Given(path) => path,
        }
    }
}

/// What a server knows of forges.
#[derive(Debug, Clone, Default)]
pub struct Outside {
    pub hooks: Vec<Arc<dyn HookReader>>,
    /// A GitHub at this address, for the App with this key.
    pub github: Option<(url::Url, SecretValue)>,
    /// How long an answer of that GitHub is waited for; none: as a server waits.
    pub github_answers_within: Option<Duration>,
    /// None: the system's.
    pub clock: Option<Arc<dyn Clock>>,
    pub cloud: Option<Cloud>,
}

/// What a test puts in the place of the usual ports, each time a server is opened.
#[derive(Clone)]
pub struct Cloud(Arc<Change>);

type Change = dyn Fn(&Store, &mut Ports, &mut Settings) + Send + Sync;

impl Cloud {
    pub fn new(change: impl Fn(&Store, &mut Ports, &mut Settings) + Send + Sync + 'static) -> Self {
        Self(Arc::new(change))
    }
}

impl std::fmt::Debug for Cloud {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Cloud(…)")
    }
}

impl Outside {
    /// Takes web hooks of every kind that are signed with one of these secrets.
    #[must_use]
    pub fn with_hook_secrets(secrets: &[&str]) -> Self {
        Self::at_github("https://github.com", secrets)
    }

    /// The same where people see GitHub at this address.
    #[must_use]
    pub fn at_github(url: &str, secrets: &[&str]) -> Self {
        let secrets = secrets.iter().map(|secret| SecretValue::new((*secret).to_owned())).collect();
        let secrets = HookSecrets::new(secrets).expect("secrets of enough length");
        Self {
            hooks: vec![
                Arc::new(hooks::GitHub::new(url.to_owned(), secrets.clone())),
                Arc::new(hooks::Gitea::new(secrets.clone())),
                Arc::new(hooks::GitLab::new(secrets.clone())),
                Arc::new(hooks::Signed::new(secrets)),
            ],
            ..Self::default()
        }
    }
}

impl Outside {
    fn forges(&self, clock: &Arc<dyn Clock>) -> Vec<Arc<dyn Forge>> {
        let Some((url, key)) = &self.github else { return Vec::new() };
        let egress = Egress { allow_loopback: true, allow_private: true };
        let client = Client::keeping_connections(egress).expect("an HTTP client");
        let identity = Identity::App { id: crate::forge::APP_ID.to_owned(), key: AppKey::from_pem(key).expect("a key") };
        let github = GitHub::new(url, identity, client, Arc::clone(clock));
        vec![Arc::new(match self.github_answers_within {
            Some(timeout) => github.answering_within(timeout),
            None => github,
        })]
    }
}

/// A runner that answers whatever job it gets with the outcome that the test gives.
#[derive(Debug)]
pub struct ScriptedRunner {
    engine: Arc<Engine>,
    pub id: RunnerId,
}

impl World {
    /// A server on a new SQLite database.
    pub async fn sqlite() -> Self {
        Self::sqlite_with(Outside::default()).await
    }

    /// The same with forges.
    pub async fn sqlite_with(outside: Outside) -> Self {
        Self::in_place(Place::own(), outside).await
    }

    /// The same in a folder that stays, where a server may have been before.
    pub async fn at(folder: PathBuf, outside: Outside) -> Self {
        Self::in_place(Arc::new(Place::Given(folder)), outside).await
    }

    async fn in_place(folder: Arc<Place>, outside: Outside) -> Self {
        let database = format!("sqlite:{}", folder.path().join("tidegate.db").display());
        Self::open(folder, database, |_| {}, outside).await
    }

    /// A server on a database of any kind.
    pub async fn on(database: String) -> Self {
        Self::open(Place::own(), database, |_| {}, Outside::default()).await
    }

    async fn open(folder: Arc<Place>, database: String, tune: fn(&mut Settings), outside: Outside) -> Self {
        let clock = outside.clock.clone().unwrap_or_else(|| Arc::new(SystemClock::new()));
        let ids = Arc::new(SystemIds);
        let server = engine::ports::Ids::uuid(ids.as_ref());
        let store = Store::open(&store::Settings::new(database.clone(), server.clone())).await.expect("open the store");
        let client = Client::new(Egress { allow_loopback: true, allow_private: true }).expect("an HTTP client");
        let forges = outside.forges(&clock);
        let mut ports = Ports {
            clock,
            ids,
            source: Arc::new(Git::new(folder.path().join("mirrors")).expect("git's folder").with_forges(&forges)),
            hooks: outside.hooks.clone(),
            alarm_push: None,
            forges,
            monitors: adapters::monitors(&client, true),
            notifiers: Vec::new(),
            blobs: Arc::new(FolderBlobs::new(&folder.path().join("blobs")).expect("the blobs' folder")),
            secrets: Arc::new(ConfiguredSecrets::new(Table::default())),
            library: Arc::new(pipelines::Blocks::built_in()),
            identity: None,
            keys: Arc::new(engine::Keys::new(Arc::new(adapters::oidc::RsaSigner))),
            owner: Arc::default(),
        };
        let mut settings = Settings::new(server, "http://localhost".to_owned(), folder.path().join("spool"));
        tune(&mut settings);
        if let Some(Cloud(change)) = &outside.cloud {
            change(&store, &mut ports, &mut settings);
        }
        let engine = Engine::open(settings, store, ports).await.expect("open the engine");
        let shutdown = CancellationToken::new();
        let running = AbortOnDropHandle::new(tokio::spawn({
            let (engine, shutdown) = (Arc::clone(&engine), shutdown.clone());
            async move { engine.run(shutdown).await }
        }));
        Self { engine, folder, database, tune, outside, shutdown, running: Some(running) }
    }

    /// Stops this server and starts another one on the same data.
    pub async fn restart(self) -> Self {
        let tune = self.tune;
        self.restart_with(tune).await
    }

    /// The same with other settings.
    pub async fn restart_with(mut self, tune: fn(&mut Settings)) -> Self {
        self.stop().await;
        Self::open(Arc::clone(&self.folder), self.database.clone(), tune, self.outside.clone()).await
    }

    /// The same with other forges, or other secrets of theirs.
    pub async fn restart_outside(mut self, outside: Outside) -> Self {
        self.stop().await;
        Self::open(Arc::clone(&self.folder), self.database.clone(), self.tune, outside).await
    }

    /// Ends this server as one is ended, not killed.
    pub async fn close(mut self) {
        self.stop().await;
    }

    async fn stop(&mut self) {
        self.shutdown.cancel();
        if let Some(running) = self.running.take() {
            drop(running.await);
        }
        self.engine.store().close().await;
    }

    /// Another server on the same database (PostgreSQL).
    pub async fn beside(&self) -> Self {
        Self::open(Arc::clone(&self.folder), self.database.clone(), self.tune, self.outside.clone()).await
    }

    /// Connects a repository's `.tidegate/pipeline.yaml`.
    pub async fn connect(&self, repository: &GitRepository) -> PipelineId {
        self.connect_and_poll(repository, 200).await
    }

    /// The same, asked for news every `poll_ms`.
    pub async fn connect_and_poll(&self, repository: &GitRepository, poll_ms: u64) -> PipelineId {
        let connection = Connection {
            name: None,
            repository: repository.url(),
            branch: "main".to_owned(),
            file: ".tidegate/pipeline.yaml".to_owned(),
            poll_ms,
        };
        self.engine.connect(Actor::Engine, connection).await.unwrap_or_else(|error| panic!("connect: {error}: {error:?}"))
    }

    /// A registered runner of the default pool.
    pub async fn runner(&self) -> ScriptedRunner {
        let token = self.engine.issue_runner_token(&Actor::Engine, "default", 60_000).await.expect("a token");
        let register =
            Register { name: "scripted".to_owned(), labels: BTreeMap::new(), slots: 64, version: "test".to_owned(), token_hash: None };
        let registered = self.engine.register_runner(&token, register).await.expect("register");
        ScriptedRunner { engine: Arc::clone(&self.engine), id: registered.runner }
    }

    /// The same runner, talking to this server.
    #[must_use]
    pub fn known_runner(&self, runner: &ScriptedRunner) -> ScriptedRunner {
        ScriptedRunner { engine: Arc::clone(&self.engine), id: runner.id.clone() }
    }

    /// Waits until there is a release of this number.
    pub async fn until_release(&self, pipeline: &PipelineId, release: ReleaseNumber) -> ReleaseRow {
        self.until(pipeline, &format!("release {release}"), async || {
            self.engine.store().release(pipeline, release).await.expect("the release").map(|detail| detail.release)
        })
        .await
    }

    /// Waits until a release has come to an end and answers it.
    pub async fn ended(&self, pipeline: &PipelineId, release: ReleaseNumber) -> ReleaseState {
        self.until(pipeline, &format!("release {release} to end"), async || {
            let detail = self.engine.store().release(pipeline, release).await.expect("the release");
            detail.map(|detail| detail.release.state).filter(|state| state.is_end())
        })
        .await
    }

    /// Waits until the log of an attempt is sealed.
    pub async fn until_sealed(&self, attempt: &protocol::AttemptId) {
        let mut growth = self.engine.log_growth();
        let waited = tokio::time::timeout(PATIENCE, async {
            loop {
                let head = self.engine.store().log_head(attempt).await.expect("the store");
                if head.as_ref().is_some_and(|head| head.sealed_at.is_some()) {
                    return;
                }
                growth.changed().await.expect("the engine lives");
            }
        });
        assert!(waited.await.is_ok(), "the log of {attempt} was not sealed within {PATIENCE:?}");
    }

    /// Waits for an event of this kind and answers the first.
    pub async fn event(&self, pipeline: &PipelineId, kind: EventKind) -> Event {
        self.until(pipeline, &format!("an event {kind:?}"), async || {
            let filter = EventFilter { pipeline: Some(pipeline.clone()), kind: Some(kind), ..EventFilter::default() };
            self.engine.store().events_after(0, &filter, 1).await.expect("the events").pop().map(|stored| stored.event)
        })
        .await
    }

    /// Asks again at every event until there is an answer; after a while the test fails with what happened.
    pub async fn until<T>(&self, pipeline: &PipelineId, what: &str, ask: impl AsyncFn() -> Option<T>) -> T {
        let mut events = self.engine.events();
        let waited = tokio::time::timeout(PATIENCE, async {
            loop {
                if let Some(answer) = ask().await {
                    return answer;
                }
                // Events of another server come through its own hints; a tick bounds what a lost one costs.
                drop(tokio::time::timeout(Duration::from_millis(200), events.recv()).await);
            }
        })
        .await;
        match waited {
            Ok(answer) => answer,
            Err(_) => panic!("waited {PATIENCE:?} for {what}; what happened:\n{}", self.story(pipeline).await),
        }
    }

    /// Every event of a pipeline, a line each.
    pub async fn story(&self, pipeline: &PipelineId) -> String {
        let filter = EventFilter { pipeline: Some(pipeline.clone()), ..EventFilter::default() };
        let events = self.engine.store().events_after(0, &filter, 10_000).await.unwrap_or_default();
        let line = |event: &Event| {
            let place = event.node.clone().or_else(|| event.place.clone()).unwrap_or_default();
            format!(
                "  {} {:?} {} {place} {}",
                event.at,
                event.kind,
                event.release.map(|release| release.to_string()).unwrap_or_default(),
                event.reason
            )
        };
        events.iter().map(|stored| line(&stored.event)).collect::<Vec<_>>().join("\n")
    }
}

impl ScriptedRunner {
    /// The next job, when one comes within the patience of a test.
    pub async fn lease(&self) -> Lease {
        let waited = tokio::time::timeout(PATIENCE, async {
            loop {
                let request = LeaseRequest { slots: 1, reserved: 0, wait_ms: 5_000, holding: self.holding().await, draining: false };
                let answer = self.engine.lease(&self.id, request).await.expect("lease");
                if let Some(lease) = answer.leases.into_iter().next() {
                    return lease;
                }
            }
        });
        waited.await.expect("a job within the test's patience")
    }

    /// Ends a job well.
    pub async fn succeed(&self, lease: &Lease) {
        self.report(lease, Outcome::Succeeded).await.unwrap_or_else(|error| panic!("{} succeeds: {error}", lease.job.key));
    }

    /// Ends a job.
    ///
    /// # Errors
    /// The engine's refusal.
    pub async fn report(&self, lease: &Lease, outcome: Outcome) -> Result<(), engine::Error> {
        self.report_with_log(lease, outcome, b"", None).await
    }

    /// Ends a job whose runner had this log.
    pub async fn report_log(&self, lease: &Lease, outcome: Outcome, log: &[u8]) {
        self.report_with_log(lease, outcome, log, None).await.unwrap_or_else(|error| panic!("{} ends: {error}", lease.job.key));
    }

    /// Ends a job with a report that says that its log is `said` and brings `log` along.
    ///
    /// # Errors
    /// The engine's refusal.
    pub async fn report_with_whole_log(&self, lease: &Lease, outcome: Outcome, said: &[u8], log: &str) -> Result<(), engine::Error> {
        self.report_with_log(lease, outcome, said, Some(log.to_owned())).await
    }

    async fn report_with_log(&self, lease: &Lease, outcome: Outcome, said: &[u8], log: Option<String>) -> Result<(), engine::Error> {
        let mut artifacts = Vec::new();
        for wanted in &lease.job.artifacts_out {
            artifacts.push(self.upload(&lease.fences, &wanted.name).await);
        }
        let report = Report {
            fences: lease.fences.clone(),
            outcome,
            outputs: BTreeMap::new(),
            summary: String::new(),
            artifacts,
            steps: Vec::new(),
            log_bytes: said.len() as u64,
            log_digest: hex::encode(sha2::Sha256::digest(said)),
            log,
            log_times: Vec::new(),
        };
        self.engine.complete(&self.id, report).await
    }

    /// Does everything that comes, well, until nothing has come for a moment after `last` was done.
    pub async fn work_until(&self, last: &str) -> Vec<String> {
        let mut done = Vec::new();
        loop {
            let lease = self.lease().await;
            self.succeed(&lease).await;
            done.push(lease.job.key.clone());
            if lease.job.key == last {
                return done;
            }
        }
    }

    async fn upload(&self, fences: &Fences, name: &str) -> Artifact {
        let bytes = bytes::Bytes::from(format!("the bytes of {name}"));
        let digest = hex::encode(sha2::Sha256::digest(&bytes));
        let digest = ArtifactDigest::try_from(digest).expect("a digest");
        let size_bytes = bytes.len() as u64;
        let body = futures::stream::iter([Ok(bytes)]);
        self.engine.put_artifact(&self.id, fences, &digest, body).await.expect("upload");
        Artifact { name: name.to_owned(), digest, size_bytes, is_folder: false, mode: 0o755 }
    }

    async fn holding(&self) -> Vec<protocol::AttemptId> {
        let held = self.engine.store().attempts_of_runner(&self.id).await.expect("attempts");
        held.into_iter().filter(|known| known.attempt.state == AttemptState::Leased).map(|known| known.attempt.id).collect()
    }
}
