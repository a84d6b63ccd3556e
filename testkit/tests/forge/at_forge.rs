//! A server that is a GitHub App at a forge of its own.

use std::sync::Arc;
use std::time::Duration;

use engine::core::Time;
use engine::core::id::{PipelineId, ReleaseNumber};
use engine::core::row::ReleaseState;
use engine::{Connection, Engine};
use testkit::clock::MovableClock;
use testkit::forge::{FakeForge, ForgeRepository, ForgeState, Sender, Served};
use testkit::repository::GitRepository;
use testkit::world::{Cloud, Outside, ScriptedRunner, World};

use crate::support::SECRET;

const PIPELINE: &str = r#"
name: orders
stages:
  - name: build
    jobs: [{name: package, steps: [{run: make}]}]
  - name: prod
    production: true
    deploy: {uses: shell/run, with: {run: "./deploy.sh"}}
    targets: [local/a]
"#;

/// A forge with a private repository, a checkout that pushes to it, and a server that follows it as an App.
pub(crate) struct AtForge {
    pub(crate) forge: FakeForge,
    pub(crate) clock: Arc<MovableClock>,
    pub(crate) world: World,
    _served: Served,
    pub(crate) sender: Sender,
    pub(crate) at: ForgeRepository,
    pub(crate) checkout: GitRepository,
    pub(crate) pipeline: PipelineId,
    pub(crate) runner: ScriptedRunner,
}

impl AtForge {
    pub(crate) async fn open() -> Self {
        Self::with(PIPELINE, |_| {}).await
    }

    /// The same for another file, at a forge that was prepared.
    pub(crate) async fn with(file: &str, prepare: impl FnOnce(&FakeForge)) -> Self {
        Self::tuned(file, prepare, |_| {}).await
    }

    /// The same at a server with other settings.
    pub(crate) async fn tuned(file: &str, prepare: impl FnOnce(&FakeForge), tune: fn(&mut engine::Settings)) -> Self {
        Self::built(file, prepare, tune, None).await
    }

    /// The same at a server that waits only so long for an answer.
    pub(crate) async fn impatient(answers_within: Duration) -> Self {
        Self::built(PIPELINE, |_| {}, |_| {}, Some(answers_within)).await
    }

    async fn built(
        file: &str,
        prepare: impl FnOnce(&FakeForge),
        tune: fn(&mut engine::Settings),
        github_answers_within: Option<Duration>,
    ) -> Self {
        let forge = FakeForge::start().await;
        prepare(&forge);
        let at = forge.repository("orders");
        let checkout = GitRepository::new();
        checkout.write(".tidegate/pipeline.yaml", file);
        let clock = MovableClock::new();
        let outside = Outside {
            github: Some((forge.url.clone(), forge.app_key())),
            clock: Some(Arc::clone(&clock) as Arc<dyn engine::ports::Clock>),
            github_answers_within,
            cloud: Some(Cloud::new(move |_, _, settings| tune(settings))),
            ..Outside::at_github(forge.url.as_str(), &[SECRET])
        };
        let world = World::sqlite_with(outside).await;
        let served = Served::of(&world).await;
        let sender = Sender::new(&served.url, SECRET);
        checkout.commit("the first");
        push(&checkout, &at);
        let connection = Connection {
            name: None,
            repository: at.url.clone(),
            branch: "main".to_owned(),
            file: ".tidegate/pipeline.yaml".to_owned(),
            poll_ms: 10 * 60_000,
        };
        let pipeline =
            world.engine.connect(engine::core::Actor::Engine, connection).await.unwrap_or_else(|error| panic!("connect: {error}"));
        let runner = world.runner().await;
        Self { forge, clock, world, _served: served, sender, at, checkout, pipeline, runner }
    }

    /// A commit at the forge, and its id. The web hook is another matter.
    pub(crate) fn commit(&self, title: &str) -> String {
        let commit = self.checkout.commit(title);
        push(&self.checkout, &self.at);
        commit
    }

    /// Takes the next release to its target.
    pub(crate) async fn deploy(&self, release: u64) {
        for _ in 0..2 {
            let lease = self.runner.lease().await;
            self.runner.succeed(&lease).await;
        }
        assert_eq!(self.world.ended(&self.pipeline, ReleaseNumber(release)).await, ReleaseState::Completed);
    }

    /// Waits for what the forge shows.
    pub(crate) async fn until<T>(&self, what: &str, ask: impl Fn(&ForgeState) -> Option<T>) -> T {
        self.world.until(&self.pipeline, what, async || ask(&self.forge.state())).await
    }

    /// Time passes once nothing is on its way to the forge: what is refused after a jump would be put off from then on.
    pub(crate) async fn pass(&self, by: Duration) {
        self.settled().await;
        self.clock.advance(by);
    }

    /// Waits until every message for the forge has left or is put off.
    pub(crate) async fn settled(&self) {
        let engine = &self.world.engine;
        let still = async || {
            let first = engine.store().next_outbox_at(Time::NEVER).await.expect("the messages");
            first.is_none_or(|due| due > engine.clock().now()).then_some(())
        };
        self.world.until(&self.pipeline, "every message for the forge to have left or to be put off", still).await;
    }

    pub(crate) async fn until_shown(&self, commit: &str, conclusion: &str) {
        self.until(&format!("a check of {commit} that says {conclusion}"), |state| {
            state.checks.values().find(|check| check["head_sha"] == commit && check["conclusion"] == conclusion).map(drop)
        })
        .await;
    }

    pub(crate) async fn release_of(&self, commit: &str) -> ReleaseNumber {
        self.world
            .until(&self.pipeline, &format!("a release of {commit}"), async || number_of(&self.world.engine, &self.pipeline, commit).await)
            .await
    }

    pub(crate) async fn source_error(&self) -> Option<String> {
        self.world.engine.store().sources_of(&self.pipeline).await.expect("the sources").remove(0).last_error
    }
}

async fn number_of(engine: &Arc<Engine>, pipeline: &PipelineId, commit: &str) -> Option<ReleaseNumber> {
    let find = |pipeline: &engine::core::Pipeline| {
        pipeline.releases().find(|release| release.row.revisions[0].commit == commit).map(|release| release.row.number)
    };
    engine.view(pipeline, find).await.expect("the pipeline")
}

pub(crate) fn push(checkout: &GitRepository, at: &ForgeRepository) {
    checkout.git(&["push", "-q", "--force", &at.folder.display().to_string(), "main"]);
}
