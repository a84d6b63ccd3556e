//! What pages ask for is right on a path of 240 targets that was seeded through the real core.
#![cfg(feature = "server")]
#![expect(clippy::expect_used, reason = "a test that cannot go on has failed")]

use std::net::SocketAddr;

use api::{ApiSettings, ApiState};
use serde_json::{Value, json};
use testkit::seed::{Profile, seed};
use testkit::world::World;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

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
}

/// One seeded server for all, since it takes its time to make.
#[tokio::test(flavor = "multi_thread")]
async fn pages_of_240_targets_are_right_and_lists_are_filtered() {
    let pages = Pages::open().await;
    lists_are_filtered_before_they_are_cut_and_say_where_to_go(&pages).await;
    the_front_has_every_target_and_fifty_changes(&pages).await;
}

async fn the_front_has_every_target_and_fifty_changes(pages: &Pages) {
    let progress = pages.json(&format!("/api/v1/pipelines/{PIPELINE}/progress?limit=50")).await;
    let stages = progress["stages"].as_array().expect("stages");
    let waves = stages.iter().flat_map(|stage| stage["waves"].as_array().expect("waves"));
    let targets: usize = waves.map(|wave| wave["targets"].as_array().map_or(0, Vec::len)).sum();
    assert_eq!((targets, progress["changes"].as_array().map(Vec::len)), (240, Some(50)));
}

async fn lists_are_filtered_before_they_are_cut_and_say_where_to_go(pages: &Pages) {
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
    let named = |one: &Value| one["alarms"][0]["name"].as_str().is_some_and(|name| name.starts_with("error-rate ("));
    assert!(monitors.iter().any(|one| one["bound"] == "> 0.01" && named(one)), "no alarm has a name: {:?}", monitors.first());
    let runners = pages.json("/api/v1/runners").await;
    let runners = runners["items"].as_array().expect("runners").clone();
    assert!(runners.iter().any(|one| one["jobs"][0]["node"].is_string()), "no runner is busy: {:?}", runners.first());
}
