//! `make demo-aws`: a release goes out over three accounts and four regions of an emulator, and an alarm takes the next one back.

#![expect(clippy::expect_used, reason = "a demonstration that cannot go on says why and ends")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use adapters::clock::SystemClock;
use api::{ApiSettings, ApiState};
use clap::Parser;
use engine::core::id::{PipelineId, ReleaseNumber};
use engine::core::row::{ReleaseState, WaveState};
use engine::core::{Actor, Event, EventKind};
use engine::store::EventFilter;
use engine::{Connection, NewAccount};
use testkit::aws::{Cli, Emulator, Front, Place, agent, cloud, prepare_places, serving};
use testkit::repository::GitRepository;
use testkit::world::{Outside, World};
use tokio_util::sync::CancellationToken;

#[derive(Debug, Parser)]
struct Arguments {
    /// Where the pages are served
    #[arg(long, default_value = "127.0.0.1:8643")]
    listen: String,
    /// End after the tour, instead of keeping the pages until Ctrl-C
    #[arg(long)]
    exit: bool,
}

const PIPELINE: &str = include_str!("demo_aws.yaml");
const ACCOUNTS: [(&str, &str); 3] = [("one", "111111111111"), ("two", "222222222222"), ("three", "333333333333")];
const REGIONS: [&str; 4] = ["us-east-1", "us-west-2", "eu-west-1", "ap-south-1"];
const WAVES: &[&[Place]] = &[
    &[("111111111111", "us-east-1"), ("222222222222", "us-east-1")],
    &[("111111111111", "eu-west-1"), ("222222222222", "eu-west-1"), ("333333333333", "eu-west-1")],
    &[("111111111111", "ap-south-1"), ("222222222222", "us-west-2"), ("333333333333", "us-east-1")],
];
const PATIENCE: Duration = Duration::from_secs(600);

#[tokio::main]
async fn main() {
    let arguments = Arguments::parse();
    println!("An AWS organisation of three accounts is made in the emulator moto …");
    let emulator = Emulator::start().await;
    let front = Front::start(&emulator).await;
    prepare_places(&front, WAVES);
    let (cloud, _) = cloud(front.url(), Arc::new(SystemClock::new()));
    let world = World::sqlite_with(Outside { cloud: Some(cloud), ..Outside::default() }).await;
    for (name, id) in ACCOUNTS {
        register(&world, &front, name, id).await;
    }
    let tour = Tour::begin(&arguments, world, front).await;
    tour.run().await;
    if !arguments.exit {
        println!("\nThe pages stay at http://{} until Ctrl-C.", arguments.listen);
        drop(tokio::signal::ctrl_c().await);
    }
    tour.shutdown.cancel();
}

/// What `tidegate accounts add` does, and what the owner of the account does with `tidegate accounts policy`.
async fn register(world: &World, front: &Front, name: &str, id: &str) {
    let new = NewAccount {
        id: id.to_owned(),
        name: name.to_owned(),
        roles: vec!["tidegate-deploy".to_owned()],
        labels: BTreeMap::new(),
        regions: REGIONS.map(|region| (region.to_owned(), BTreeMap::new())).into(),
        entered_by: None,
    };
    let account = world.engine.add_account(&Actor::Engine, new).await.expect("an account");
    front.trust(&format!("arn:aws:iam::{id}:role/tidegate-deploy"), &account.external_id);
    println!("  account {name} ({id}) is registered, and its role trusts the server under an external id of its own");
}

struct Tour {
    world: World,
    front: Front,
    repository: GitRepository,
    pipeline: PipelineId,
    shutdown: CancellationToken,
    /// How many events were told.
    told: std::cell::Cell<usize>,
    _folder: tempfile::TempDir,
}

impl Tour {
    async fn begin(arguments: &Arguments, world: World, front: Front) -> Self {
        let listener = tokio::net::TcpListener::bind(&arguments.listen).await.expect("the address is free; --listen names another");
        let url: url::Url = format!("http://{}", arguments.listen).parse().expect("an address");
        let state = ApiState::new(Arc::clone(&world.engine), ApiSettings::new(url.clone()));
        let shutdown = CancellationToken::new();
        drop(tokio::spawn(api::serve(listener, api::router(state), shutdown.clone())));
        let folder = tempfile::tempdir().expect("a temporary folder");
        let token = world.engine.issue_runner_token(&Actor::Engine, "default", 60_000).await.expect("a token");
        let program = std::env::current_exe().expect("a program has a place").with_file_name("block-runner");
        let config = agent(url.as_str(), folder.path().join("runner"), program, &token, 3);
        drop(tokio::spawn(runner::run(config, shutdown.clone())));
        if let Ok(Some(link)) = api::auth::first_start(&world.engine, &url).await {
            println!("  the pages are at {}", link.url);
        }
        let repository = GitRepository::new();
        repository.write(".tidegate/pipeline.yaml", PIPELINE);
        repository.write("main.py", "def handle(event, context): return 'one'\n");
        repository.commit("One");
        let connection = Connection {
            name: None,
            repository: repository.url(),
            branch: "main".to_owned(),
            file: ".tidegate/pipeline.yaml".to_owned(),
            poll_ms: 300,
        };
        let pipeline = world.engine.connect(Actor::Engine, connection).await.expect("the pipeline is connected");
        Self { world, front, repository, pipeline, shutdown, told: std::cell::Cell::new(0), _folder: folder }
    }

    async fn run(&self) {
        println!("\nRelease 1 is built once and goes out: eight targets in three waves.");
        self.until(1, |state, _| state == ReleaseState::Completed).await;
        self.show().await;
        println!("\nRelease 2 comes. While wave 2 bakes, CloudWatch in 222222222222/eu-west-1 raises its alarm.");
        self.push("Two, which is bad");
        self.bakes(2).await;
        self.alarm("ALARM");
        self.until(2, |_, second| second == Some(WaveState::RolledBack)).await;
        self.show().await;
        self.alarm("OK");
        println!("\nRelease 2 is quarantined, and wave 3 never saw it. Release 3 carries the fix.");
        self.push("Three, which is good");
        self.until(3, |state, _| state == ReleaseState::Completed).await;
        self.show().await;
    }

    fn push(&self, title: &str) {
        self.repository.write("main.py", &format!("def handle(event, context): return '{title}'\n"));
        self.repository.commit(title);
    }

    fn alarm(&self, state: &str) {
        let cli = Cli::new(self.front.url(), "222222222222", "eu-west-1");
        cli.run(&[
            "cloudwatch",
            "set-alarm-state",
            "--alarm-name",
            "orders-errors",
            "--state-value",
            state,
            "--state-reason",
            "the demo says so",
        ]);
    }

    /// Tells what happens until the release and its second wave of production are so.
    async fn until(&self, release: u64, is_there: impl Fn(ReleaseState, Option<WaveState>) -> bool) {
        self.watch(release, async || {
            let detail = self.world.engine.store().release(&self.pipeline, ReleaseNumber(release)).await.ok()??;
            let second = detail.waves.iter().find(|row| row.wave.stage.0 == 1 && row.wave.wave == 1).map(|row| row.state);
            is_there(detail.release.state, second).then_some(())
        })
        .await;
    }

    async fn bakes(&self, release: u64) {
        self.watch(release, async || {
            let filter =
                EventFilter { pipeline: Some(self.pipeline.clone()), kind: Some(EventKind::BakeStarted), ..EventFilter::default() };
            let events = self.world.engine.store().events_after(0, &filter, 1_000).await.ok()?;
            let of_wave = |event: &Event| {
                let node = event.node.clone().unwrap_or_default();
                event.release == Some(ReleaseNumber(release)) && node.contains("/eu-west-1/")
            };
            (events.iter().filter(|stored| of_wave(&stored.event)).count() == WAVES[1].len()).then_some(())
        })
        .await;
    }

    async fn watch(&self, release: u64, ask: impl AsyncFn() -> Option<()>) {
        let mut events = self.world.engine.events();
        let watched = tokio::time::timeout(PATIENCE, async {
            loop {
                self.tell(release).await;
                if ask().await.is_some() {
                    return;
                }
                drop(tokio::time::timeout(Duration::from_millis(500), events.recv()).await);
            }
        });
        assert!(watched.await.is_ok(), "the tour did not go on within {PATIENCE:?}:\n{}", self.world.story(&self.pipeline).await);
    }

    /// What has happened to a release since it was told last.
    async fn tell(&self, release: u64) {
        let filter = EventFilter { pipeline: Some(self.pipeline.clone()), ..EventFilter::default() };
        let events = self.world.engine.store().events_after(0, &filter, 10_000).await.unwrap_or_default();
        for stored in events.iter().skip(self.told.get()) {
            let Event { kind, node, place, reason, .. } = &stored.event;
            let is_news = matches!(
                kind,
                EventKind::WaveCompleted
                    | EventKind::AlarmFired
                    | EventKind::RollbackStarted
                    | EventKind::RollbackSucceeded
                    | EventKind::ReleaseQuarantined
                    | EventKind::ReleaseCompleted
            );
            if is_news && stored.event.release == Some(ReleaseNumber(release)) {
                println!("  {kind:?} {} {reason}", node.clone().or_else(|| place.clone()).unwrap_or_default());
            }
        }
        self.told.set(events.len());
    }

    /// What the cloud itself says.
    async fn show(&self) {
        for (number, wave) in WAVES.iter().enumerate() {
            for (account, region) in *wave {
                match serving(&self.front, (account, region)).await {
                    Some((release, digest)) => {
                        println!("  wave {} {account} {region:<11} release {release}, code {}", number + 1, &digest[..12])
                    }
                    None => println!("  wave {} {account} {region:<11} nothing", number + 1),
                }
            }
        }
    }
}
