//! What pages ask for stays small and cheap on a path of 240 targets: bytes are exact, effort is CPU time, so that a busy machine
//! fails nothing.
#![cfg(feature = "server")]
#![expect(clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::net::SocketAddr;
use std::time::Duration;

use api::{ApiSettings, ApiState};
use futures::StreamExt as _;
use reqwest::header::{ACCEPT_ENCODING, CONTENT_ENCODING};
use rustix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};
use testkit::seed::{Profile, seed};
use testkit::world::World;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// An unoptimised build needs so many times the effort.
const SLOWER: u32 = if cfg!(debug_assertions) { 12 } else { 1 };
const REPEATS: u32 = 5;
const PIPELINE: &str = "payments-api";

struct Pages {
    address: String,
    token: String,
    http: reqwest::Client,
    _world: World,
    _folder: tempfile::TempDir,
}

impl Pages {
    async fn open() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let seeded = seed(folder.path(), None, Profile::Wide).await.expect("the seed");
        let world = World::on(format!("sqlite:{}", folder.path().join("tidegate.db").display())).await;
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.expect("an address");
        let address = format!("http://{}", listener.local_addr().expect("its address"));
        let settings = ApiSettings::new(address.parse().expect("a URL"));
        let router = api::router(ApiState::new(world.engine.clone(), settings));
        tokio::spawn(api::serve(listener, router, CancellationToken::new()));
        let token = seeded.credentials.users.first().expect("the admin").token.clone();
        Self { address, token, http: reqwest::Client::new(), _world: world, _folder: folder }
    }

    fn get(&self, path: &str) -> reqwest::RequestBuilder {
        self.http.get(format!("{}{path}", self.address)).bearer_auth(&self.token)
    }

    async fn json(&self, path: &str) -> Value {
        let answer = self.get(path).send().await.expect("an answer");
        let (status, text) = (answer.status(), answer.text().await.expect("a body"));
        assert_eq!(status, 200, "{path}: {text}");
        serde_json::from_str(&text).expect("JSON")
    }

    /// Bytes on the wire, and the least effort of the whole process for one answer.
    async fn packed(&self, path: &str) -> (usize, Duration) {
        // The first answer loads the pipeline.
        self.json(path).await;
        let mut least = Duration::MAX;
        let mut bytes = 0;
        for _ in 0..REPEATS {
            let before = effort();
            let answer = self.get(path).header(ACCEPT_ENCODING, "gzip").send().await.expect("an answer");
            assert_eq!(answer.headers().get(CONTENT_ENCODING).map(|kind| kind.as_bytes()), Some(b"gzip".as_slice()), "{path}");
            bytes = answer.bytes().await.expect("a body").len();
            least = least.min(effort().saturating_sub(before));
        }
        (bytes, least)
    }
}

/// Time that this process has spent on a CPU.
fn effort() -> Duration {
    let spent = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(u64::try_from(spent.tv_sec).unwrap_or(0), u32::try_from(spent.tv_nsec).unwrap_or(0))
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_stay_small_and_cheap_at_240_targets() {
    let pages = Pages::open().await;
    let progress = pages.json(&format!("/api/v1/pipelines/{PIPELINE}/progress?limit=50")).await;
    let stages = progress["stages"].as_array().expect("stages");
    let waves = stages.iter().flat_map(|stage| stage["waves"].as_array().expect("waves"));
    let targets: usize = waves.map(|wave| wave["targets"].as_array().map_or(0, Vec::len)).sum();
    assert_eq!((targets, progress["changes"].as_array().map(Vec::len)), (240, Some(50)));

    let within = |milliseconds: u64| Duration::from_millis(milliseconds) * SLOWER;
    let (bytes, took) = pages.packed(&format!("/api/v1/pipelines/{PIPELINE}/progress?limit=50")).await;
    assert!(bytes <= 5_000, "progress takes {bytes} bytes on the wire");
    assert!(took <= within(50), "progress takes {took:?} of CPU time");
    for path in [
        "/api/v1/pipelines".to_owned(),
        format!("/api/v1/pipelines/{PIPELINE}/board"),
        "/api/v1/approvals".to_owned(),
        "/api/v1/audit".to_owned(),
        format!("/api/v1/audit?pipeline={PIPELINE}&actor=engine"),
        format!("/api/v1/pipelines/{PIPELINE}/rollback?stage=prod"),
    ] {
        let (_, took) = pages.packed(&path).await;
        assert!(took <= within(100), "{path} takes {took:?} of CPU time");
    }

    let metrics = pages.json(&format!("/api/v1/metrics?pipeline={PIPELINE}&days=4")).await;
    let (deployed, lead) = (metrics["deployments"]["count"].as_u64(), metrics["lead_time"]["p50_ms"].as_u64());
    assert!(deployed > Some(0) && lead > Some(0), "{}", metrics["deployments"]);
    assert!(metrics["steps"].as_array().is_some_and(|steps| steps.iter().any(|step| step["job"] == "deploy")), "{}", metrics["steps"]);
    let preview = pages.json(&format!("/api/v1/pipelines/{PIPELINE}/rollback?stage=prod&wave=wave-1")).await;
    assert!(preview["targets"][0]["to"].is_u64() && preview["choices"].as_array().is_some_and(|all| !all.is_empty()), "{preview}");
    let older = progress["changes"][49]["n"].as_u64().expect("a number");
    let page = pages.json(&format!("/api/v1/pipelines/{PIPELINE}/progress?limit=50&before={older}")).await;
    assert_eq!(page["changes"][0]["n"].as_u64(), Some(older - 1), "{}", page["changes"][0]);
    let csv = pages.get("/api/v1/audit/export?format=csv&actor=person:seed-olga").send().await.expect("an answer");
    let csv = csv.text().await.expect("a file");
    assert!(csv.lines().count() > 2 && csv.starts_with("seq,at,pipeline"), "{csv}");
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_filtered_before_they_are_cut_and_say_where_to_go() {
    let pages = Pages::open().await;
    assert_eq!(pages.json("/api/v1/server").await["needs_first_start"], false);
    let names = |answer: &Value| -> Vec<String> {
        let items = answer["items"].as_array().expect("items");
        items.iter().map(|item| item["name"].as_str().expect("a name").to_owned()).collect()
    };
    let all = pages.json("/api/v1/pipelines").await;
    assert_eq!(names(&all), ["ledger", PIPELINE], "{all}");
    assert_eq!(all["items"][1]["now"]["recent"].as_array().map(Vec::len), Some(30));
    assert_eq!(names(&pages.json("/api/v1/pipelines?q=LEDG").await), ["ledger"]);
    assert_eq!(names(&pages.json("/api/v1/pipelines?names=payments-api,no-such").await), [PIPELINE]);
    let first = pages.json("/api/v1/pipelines?limit=1").await;
    assert_eq!((names(&first), &first["next_cursor"]), (vec!["ledger".to_owned()], &json!("ledger")));
    assert_eq!(names(&pages.json("/api/v1/pipelines?limit=1&cursor=ledger").await), [PIPELINE]);
    assert!(names(&pages.json("/api/v1/pipelines?only=waiting").await).contains(&PIPELINE.to_owned()));

    let board = pages.json(&format!("/api/v1/pipelines/{PIPELINE}/board")).await;
    let known: Vec<u64> = board["changes"].as_array().expect("changes").iter().filter_map(|change| change["n"].as_u64()).collect();
    let waves = board["stages"].as_array().expect("stages").iter().flat_map(|stage| stage["waves"].as_array().expect("waves"));
    for target in waves.flat_map(|wave| wave["targets"].as_array().expect("targets")) {
        assert!(target["live"].as_u64().is_none_or(|live| known.contains(&live)), "{target} is not among {known:?}");
    }
    let approvals = pages.json("/api/v1/approvals").await;
    let asked = &approvals["items"][0];
    let (release, gate) = (asked["release"].as_u64().expect("a release"), asked["gate"]["key"].as_str().expect("a gate"));
    let evidence = pages.json(&format!("/api/v1/pipelines/{PIPELINE}/releases/{release}/evidence?gate={gate}")).await;
    assert!(evidence["may_act"].as_array().is_some_and(|people| people.contains(&json!("ben"))), "{}", evidence["may_act"]);
    assert!(evidence["commits"].as_array().is_some_and(|commits| !commits.is_empty()), "{evidence}");
    assert!(asked["evidence"]["jobs_passed"].as_u64() > Some(0), "{asked}");
    let history = pages.json(&format!("/api/v1/pipelines/{PIPELINE}/targets/history?name=core/us-east-1&limit=2")).await;
    assert!(history["items"][0]["number"].as_u64() > history["items"][1]["number"].as_u64(), "{history}");
    let monitors = pages.json("/api/v1/monitors").await;
    let monitors = monitors["items"].as_array().expect("monitors").clone();
    assert!(monitors.iter().any(|one| one["bound"] == "> 0.01" && one["alarms"][0]["name"] == "error-rate"), "{monitors:?}");
    let runners = pages.json("/api/v1/runners").await;
    let runners = runners["items"].as_array().expect("runners").clone();
    assert!(runners.iter().any(|one| one["jobs"][0]["node"].is_string()), "{runners:?}");
}

/// 100 browsers on the busiest pipeline: at 20 events a second they may take a fifth of a core, client's side included.
#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_browsers_cost_little() {
    const BROWSERS: usize = 100;
    const EVENTS: usize = 40;
    let pages = Pages::open().await;
    let mut reading = Vec::new();
    let (synced, mut is_synced) = tokio::sync::mpsc::channel::<()>(BROWSERS);
    for _ in 0..BROWSERS {
        let answer = pages.get(&format!("/api/v1/events?topics=p/{PIPELINE}")).send().await.expect("a stream");
        let synced = synced.clone();
        reading.push(tokio::spawn(async move {
            let (mut stream, mut seen, mut text) = (answer.bytes_stream(), 0, String::new());
            while seen < EVENTS {
                let piece = stream.next().await.expect("the stream goes on").expect("a piece");
                text.push_str(&String::from_utf8_lossy(&piece));
                if text.contains("event: synced") {
                    synced.send(()).await.expect("the test waits");
                    text.clear();
                }
                seen += text.matches("\"hold_placed\"").count();
                if let Some(end) = text.rfind("\n\n") {
                    text.drain(..end);
                }
            }
        }));
    }
    for _ in 0..BROWSERS {
        is_synced.recv().await.expect("every browser is up to date");
    }
    let before = effort();
    for number in 0..EVENTS {
        let hold = json!({"scope": {"kind": "target", "name": format!("core/t{number}")}, "reason": "to be seen by all"});
        let path = format!("{}/api/v1/pipelines/{PIPELINE}/holds", pages.address);
        let answer = pages.http.post(path).bearer_auth(&pages.token).json(&hold).send().await.expect("an answer");
        assert_eq!(answer.status(), 201, "{}", answer.text().await.unwrap_or_default());
    }
    for browser in reading {
        browser.await.expect("every browser sees every event");
    }
    let took = effort().saturating_sub(before);
    let allowed = Duration::from_millis(EVENTS as u64 * 1_000 / 20 / 5) * SLOWER;
    assert!(took <= allowed, "{EVENTS} events to {BROWSERS} browsers took {took:?} of CPU time; allowed are {allowed:?}");
}
