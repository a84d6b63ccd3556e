//! CloudWatch's alarms: what watching many costs, and how soon one takes a release back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use adapters::aws::{CloudWatch, Settings};
use adapters::clock::SystemClock;
use async_trait::async_trait;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use engine::core::EventKind;
use engine::core::id::ReleaseNumber;
use engine::core::row::ReleaseState;
use engine::ports::{
    Access, Accounts, Clock as _, Entry, Identity, IdentityError, MonitorReader as _, Partition, RoleRequest, SecretValue, Slice,
};
use engine::store::EventFilter;
use futures::future::join_all;
use pipelines::plan::{CLOUD_ALARM, Monitor, MonitorKind, alarm_signal};
use serde_json::json;
use tokio::runtime::Runtime;

use super::distribution::{Distribution, readable};
use super::stopwatch::{Stopwatch, pause};
use super::{Figure, Result};
use crate::aws::cbor;
use crate::repository::GitRepository;
use crate::world::{Cloud, Outside, ScriptedRunner, World};

const ALARMS: usize = 2_000;
const ACCOUNTS: usize = 8;
const REGIONS: usize = 30;
const INTERVAL: Duration = Duration::from_secs(5);
const ROUNDS: u32 = 4;
/// Pipelines that go back at the same time; each reads at a time of its own.
const PIPELINES: usize = 20;

pub(super) async fn measure() -> Result<Vec<Figure>> {
    let stub = Stub::start()?;
    let mut figures = watching(&stub).await?;
    figures.push(going_back(&stub, false).await?);
    figures.push(going_back(&stub, true).await?);
    Ok(figures)
}

/// All alarms, read again and again.
async fn watching(stub: &Stub) -> Result<Vec<Figure>> {
    let clock = Arc::new(SystemClock::new());
    let watch = CloudWatch::new(settings(&stub.url), Arc::new(Anybody(Arc::clone(&clock))), Arc::new(Everywhere), clock);
    let place = |number: usize| (format!("{:012}", 100_000_000_000 + number % ACCOUNTS), format!("region-{}", number / ACCOUNTS % REGIONS));
    let monitor = |number: usize| {
        let (account, region) = place(number);
        let kind = MonitorKind::External {
            system: CLOUD_ALARM.to_owned(),
            name: format!("alarm-{number}"),
            account: Some(account),
            region: Some(region),
        };
        Monitor { kind, interval_ms: 5_000, timeout_ms: 5_000 }
    };
    let monitors: Vec<Monitor> = (0..ALARMS).map(monitor).collect();
    // Connections, slices and the SDK's clients are made once.
    join_all(monitors.iter().map(|monitor| watch.read(monitor))).await;
    let (before, cpu) = (watch.usage(), own_cpu()?);
    let began = Stopwatch::start();
    let mut took = Vec::new();
    for round in 0..ROUNDS {
        pause((INTERVAL * round).saturating_sub(began.elapsed())).await;
        let round = Stopwatch::start();
        let readings = join_all(monitors.iter().map(|monitor| watch.read(monitor))).await;
        took.push(round.elapsed());
        let good = readings.iter().filter(|reading| matches!(reading, engine::core::input::Reading::Ok { .. })).count();
        if good != ALARMS {
            return Err(format!("{} of {ALARMS} alarms could not be read", ALARMS - good).into());
        }
    }
    pause((INTERVAL * ROUNDS).saturating_sub(began.elapsed())).await;
    let share = (own_cpu()? - cpu).as_secs_f64() / began.elapsed().as_secs_f64();
    let (calls, took) = (watch.usage().calls - before.calls, Distribution::new(took));
    let dollars = (watch.usage().dollars() - before.dollars()) / f64::from(ROUNDS);
    let how = format!("{ALARMS} alarms in {ACCOUNTS} accounts × {REGIONS} regions over loopback HTTP, read every {} s", INTERVAL.as_secs());
    let met = took.largest() <= INTERVAL;
    Ok(vec![
        Figure::new("one look at 2,000 alarms", took.text(), &how).goal("within the interval", met),
        Figure::new(
            "the same, share of a core",
            format!("{:.1} %, {} calls a look for {:.4} dollars", share * 100.0, calls / u64::from(ROUNDS), dollars),
            "nanoseconds on a CPU of this process's threads without those of the stand-in for CloudWatch",
        )
        .goal("≤ 5 %", share <= 0.05),
    ])
}

/// From the moment at which an alarm changes to the lease of the rollback; `pushed`: AWS says at once that it has changed.
async fn going_back(stub: &Stub, pushed: bool) -> Result<Figure> {
    stub.bad.store(false, Ordering::SeqCst);
    let url = stub.url.clone();
    let cloud = Cloud::new(move |_, ports, _| {
        let clock = Arc::new(SystemClock::new());
        ports.monitors.push(Arc::new(CloudWatch::new(settings(&url), Arc::new(Anybody(Arc::clone(&clock))), Arc::new(Everywhere), clock)));
    });
    let world = World::sqlite_with(Outside { cloud: Some(cloud), ..Outside::default() }).await;
    let runner = world.runner().await;
    let mut sources = Vec::new();
    for number in 0..PIPELINES {
        let repository = GitRepository::new();
        repository.write(".tidegate/pipeline.yaml", &pipeline(number, "1s"));
        repository.commit("good");
        sources.push((world.connect(&repository).await, repository));
    }
    work(&runner, PIPELINES).await;
    for (pipeline, _) in &sources {
        if world.ended(pipeline, ReleaseNumber(1)).await != ReleaseState::Completed {
            return Err(world.story(pipeline).await.into());
        }
    }
    for (number, (_, repository)) in sources.iter().enumerate() {
        repository.write(".tidegate/pipeline.yaml", &pipeline(number, "1h"));
        repository.commit("bad");
    }
    work(&runner, PIPELINES).await;
    for (pipeline, _) in &sources {
        let filter = EventFilter { pipeline: Some(pipeline.clone()), kind: Some(EventKind::BakeStarted), ..EventFilter::default() };
        world
            .until(pipeline, "release 2 to bake", async || {
                let events = world.engine.store().events_after(0, &filter, 10).await.ok()?;
                events.iter().any(|stored| stored.event.release == Some(ReleaseNumber(2))).then_some(())
            })
            .await;
    }
    // Each has its own moment in the interval by now.
    pause(INTERVAL).await;
    stub.bad.store(true, Ordering::SeqCst);
    let changed = Stopwatch::start();
    if pushed {
        for number in 0..PIPELINES {
            world.engine.alarm_pushed(&alarm_signal("222222222222", "eu-west-1", &format!("alarm-{number}"))).await?;
        }
    }
    let mut took = Vec::new();
    while took.len() < PIPELINES {
        let lease = runner.lease().await;
        if lease.job.key.ends_with("/rollback") {
            took.push(changed.elapsed());
        }
        runner.succeed(&lease).await;
    }
    let took = Distribution::new(took);
    let second = Duration::from_secs(1);
    let goal = if pushed { second } else { INTERVAL + second };
    let met = took.percentile(99) <= goal;
    let how = format!("{PIPELINES} pipelines whose own alarms change at once, read every {} s while they bake", INTERVAL.as_secs());
    if pushed {
        let how = format!("{how}; the engine is told of each at once, as a web hook does");
        return Ok(Figure::new("alarm → rollback leased, with push", took.text(), &how).goal("p99 ≤ 1 s", met));
    }
    Ok(Figure::new("alarm → rollback leased", took.text(), &how).goal(&format!("p99 ≤ interval + 1 s = {}", readable(goal)), met))
}

fn pipeline(number: usize, bake: &str) -> String {
    format!(
        "name: p{number}\nstages:\n  - name: live\n    alarms: [{{cloudwatch: alarm-{number}, account: \"222222222222\", region: eu-west-1}}]\n    \
         deploy: {{uses: shell/run, with: {{run: \"true\"}}}}\n    waves: [{{targets: [local/one], bake: {bake}}}]\n"
    )
}

/// Does so many deployments well.
async fn work(runner: &ScriptedRunner, deployments: usize) {
    for _ in 0..deployments {
        let lease = runner.lease().await;
        runner.succeed(&lease).await;
    }
}

fn settings(url: &str) -> Settings {
    let key = ("AKIASERVER".to_owned(), SecretValue::new("server-secret".to_owned()));
    Settings { endpoint: Some(url.to_owned()), access_key: Some(key), ..Settings::default() }
}

/// Answers DescribeAlarms in CloudWatch's binary protocol, on threads of its own.
struct Stub {
    url: String,
    bad: Arc<AtomicBool>,
    runtime: Option<Runtime>,
}

const STUB_THREAD: &str = "cloudwatch-stub";

impl Stub {
    fn start() -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).thread_name(STUB_THREAD).enable_all().build()?;
        let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let url = format!("http://{}", listener.local_addr()?);
        let bad = Arc::new(AtomicBool::new(false));
        let app = Router::new().fallback(describe).with_state(Arc::clone(&bad));
        runtime.spawn(async move { axum::serve(tokio::net::TcpListener::from_std(listener)?, app).await });
        Ok(Self { url, bad, runtime: Some(runtime) })
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

async fn describe(State(bad): State<Arc<AtomicBool>>, body: Bytes) -> Response {
    let state = if bad.load(Ordering::SeqCst) { "ALARM" } else { "OK" };
    let asked = cbor::to_json(&body);
    let alarm = |name: &serde_json::Value| json!({"AlarmName": name, "StateValue": state, "StateReason": "said by the benchmark"});
    let alarms: Vec<serde_json::Value> = asked["AlarmNames"].as_array().into_iter().flatten().map(alarm).collect();
    let answer = cbor::from_json(json!({"MetricAlarms": alarms}).to_string().as_bytes());
    ([("content-type", "application/cbor"), ("smithy-protocol", "rpc-v2-cbor")], answer).into_response()
}

/// Gives a slice to whoever asks.
#[derive(Debug)]
struct Anybody(Arc<SystemClock>);

#[async_trait]
impl Identity for Anybody {
    async fn assume(&self, _: &RoleRequest) -> std::result::Result<Slice, IdentityError> {
        let secret = |text: &str| SecretValue::new(text.to_owned());
        let until = self.0.now() + 3_600_000;
        Ok(Slice { access_key_id: "ASIABENCH".to_owned(), secret_access_key: secret("s"), session_token: secret("t"), until })
    }

    async fn principal(&self, _: Partition) -> std::result::Result<String, IdentityError> {
        Ok("arn:aws:iam::123456789012:user/bench".to_owned())
    }
}

/// Every account is registered.
#[derive(Debug)]
struct Everywhere;

#[async_trait]
impl Accounts for Everywhere {
    async fn access(&self, _: &str) -> std::result::Result<Option<Access>, String> {
        Ok(Some(Access { partition: Partition::Aws, roles: vec!["tidegate-deploy".to_owned()] }))
    }

    async fn watcher(&self, _: &str, _: &[(String, String)]) -> std::result::Result<Entry, IdentityError> {
        Ok(Entry::Principal { external_id: "bench".to_owned() })
    }
}

/// Of all threads of this process that are not the stub's.
fn own_cpu() -> Result<Duration> {
    let mut nanoseconds = 0;
    for thread in std::fs::read_dir("/proc/self/task")?.flatten() {
        let name = std::fs::read_to_string(thread.path().join("comm")).unwrap_or_default();
        if STUB_THREAD.starts_with(name.trim()) {
            continue;
        }
        let spent = std::fs::read_to_string(thread.path().join("schedstat")).unwrap_or_default();
        nanoseconds += spent.split(' ').next().and_then(|number| number.parse::<u64>().ok()).unwrap_or_default();
    }
    Ok(Duration::from_nanos(nanoseconds))
}
