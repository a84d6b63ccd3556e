use api::auth::Role;
use protocol::Outcome;
use serde_json::{Value, json};

use crate::support::{Client, FakeRunner, PATIENCE, Server};

pub(crate) const FILE: &str = r#"
name: orders
stages:
  - name: build
    jobs:
      - name: package
        steps: [{run: make}]
  - name: live
    production: true
    gates: [{approval: {count: 1, no_self_approval: false}}]
    deploy: {uses: shell/run, with: {run: "true"}}
    waves:
      - {targets: [local/a]}
      - {targets: [local/b, local/c]}
"#;

/// Asks until the answer is right; the engine works beside the test.
pub(crate) async fn until(client: &Client, path: &str, right: impl Fn(&Value) -> bool) -> Value {
    let looking = async {
        loop {
            let answer = client.get(path).await.expect(200);
            if right(&answer) {
                return answer;
            }
            tokio::task::yield_now().await;
        }
    };
    match tokio::time::timeout(PATIENCE, looking).await {
        Ok(answer) => answer,
        Err(_) => panic!("not within 20 s: {}", client.get(path).await.text),
    }
}

/// The whole way of a release through the API: connect, build, approve, roll out, look, roll back.
#[tokio::test(flavor = "multi_thread")]
async fn a_release_goes_its_way_and_every_page_tells_of_it() {
    let (server, admin) = Server::with_admin().await;
    let runner = FakeRunner::join(&server, &admin).await;
    server.connect(&admin, FILE).await;

    let lease = runner.lease().await;
    assert_eq!(lease.job.key, "build/package");
    let log = "first\nsecond\nthird\n";
    runner.log(&lease.fences, 0, log, "0:0,6:120,7:30").await;
    let attempt = lease.fences.attempt.to_string();
    let page = admin.get(&format!("/api/v1/attempts/{attempt}/log?from=1&count=1")).await.expect(200);
    assert_eq!((&page["first_line"], &page["lines"]), (&json!(1), &json!(["second"])), "{page}");
    assert_eq!(page["times"], json!([[1, 120]]));
    let times = admin.get(&format!("/api/v1/attempts/{attempt}/log/times")).await.expect(200);
    assert_eq!(times, json!({"times": [[0, 0], [1, 120], [2, 150]]}));
    let hits = admin.get(&format!("/api/v1/attempts/{attempt}/log/search?q=ir")).await.expect(200);
    assert_eq!(hits, json!({"total": 2, "lines": [0, 2]}));
    let mut tail = admin.stream(&format!("/api/v1/attempts/{attempt}/log/follow?from=2")).await;
    assert_eq!(tail.next().await.expect("the tail").data, json!({"from": 2, "lines": ["third"], "times": [[2, 150]]}));
    runner.complete(&lease.fences, Outcome::Succeeded, log).await.expect(200);
    runner.complete(&lease.fences, Outcome::Succeeded, log).await.expect(200);

    let waiting = until(&admin, "/api/v1/approvals", |answer| answer["items"][0]["release"] == 1).await;
    let approval = &waiting["items"][0];
    assert_eq!((&approval["gate"]["can_act"], &approval["gate"]["needed"]), (&json!(true), &json!(1)), "{approval}");
    let progress = admin.get("/api/v1/pipelines/orders/progress").await.expect(200);
    let gate = &progress["stages"][1]["waves"][0]["gate"];
    assert_eq!((&gate["kind"], &gate["change"], &gate["canAct"]), (&json!("approval"), &json!(1), &json!(true)), "{progress}");
    assert_eq!(progress["stages"][0]["waves"][0]["through"], 1, "{progress}");

    let (gate, digest) = (approval["gate"]["key"].clone(), approval["digest"].clone());
    let path = "/api/v1/pipelines/orders/releases/1";
    admin.post(&format!("{path}/approve"), json!({"gate": gate, "digest": "of something else"})).await.problem(409, "digest_mismatch");
    admin.post(&format!("{path}/approve"), json!({"gate": "no/such", "digest": digest})).await.problem(404, "unknown_gate");
    admin.post(&format!("{path}/approve"), json!({"gate": gate, "digest": digest, "reason": "looks good"})).await.expect(200);
    for _ in 0..3 {
        runner.succeed().await;
    }
    let release = until(&admin, path, |answer| answer["state"] == "completed").await;
    assert_eq!(release["gates"][0]["approvals"][0]["reason"], "looks good", "{}", release["gates"]);
    assert!(
        release["events"].as_array().is_some_and(|events| events.first().is_some_and(|first| first["type"] == "release_created")),
        "{release}"
    );

    let targets = admin.get("/api/v1/pipelines/orders/targets").await.expect(200);
    let live: Vec<(&str, &Value, &str)> = targets["items"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|target| (target["name"].as_str().expect("a name"), &target["release"], target["state"].as_str().expect("a state")))
        .collect();
    assert_eq!(live, [("local/a", &json!(1), "live"), ("local/b", &json!(1), "live"), ("local/c", &json!(1), "live")]);
    let compared = admin.get("/api/v1/pipelines/orders/compare?from=build&to=live").await.expect(200);
    assert_eq!((&compared["ahead"], &compared["behind"]), (&json!([]), &json!([])), "{compared}");
    admin.get("/api/v1/pipelines/orders/compare?from=build&to=nowhere").await.problem(404, "unknown_place");
    let board = admin.get("/api/v1/pipelines/orders/board").await.expect(200);
    assert_eq!((&board["head"], &board["attention"]), (&json!(1), &json!([])), "{board}");
    assert_eq!(admin.get("/api/v1/pipelines").await.expect(200)["items"][0]["now"]["waves"][2]["newest"], 2);

    let nowhere = json!({"place": {"kind": "stage", "stage": "live"}, "reason": "try"});
    admin.post("/api/v1/pipelines/orders/rollback", nowhere).await.problem(409, "no_destination");
    assert_eq!(admin.get("/api/v1/audit/verify").await.expect(200)["is_whole"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_second_approver_is_told_who_was_first() {
    let (server, admin) = Server::with_admin().await;
    let runner = FakeRunner::join(&server, &admin).await;
    server.connect(&admin, FILE).await;
    runner.succeed().await;
    let waiting = until(&admin, "/api/v1/approvals", |answer| answer["items"][0]["release"] == 1).await;
    let body = json!({"gate": waiting["items"][0]["gate"]["key"], "digest": waiting["items"][0]["digest"]});
    let path = "/api/v1/pipelines/orders/releases/1/approve";

    let viewer = server.person(&admin, "vic", Role::Viewer, &[]).await;
    viewer.post(path, body.clone()).await.problem(403, "forbidden");
    let gate = viewer.get("/api/v1/approvals").await.expect(200)["items"][0]["gate"].clone();
    assert_eq!((&gate["can_act"], &gate["cannot_because"]), (&json!(false), &json!("your role may not approve")));

    let ada = server.person(&admin, "ada", Role::Approver, &[]).await;
    ada.post(path, body.clone()).await.expect(200);
    let bob = server.person(&admin, "bob", Role::Approver, &[]).await;
    let late = bob.post(path, body).await;
    assert_eq!(late.status, 409, "{}", late.text);
    assert!(["already_decided", "not_waiting"].contains(&late.code()), "{}", late.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_stops_says_who_and_is_lifted_by_an_operator() {
    let (server, admin) = Server::with_admin().await;
    server.connect(&admin, FILE).await;
    let dev = server.person(&admin, "dev", Role::Developer, &[]).await;
    let path = "/api/v1/pipelines/orders/holds";
    dev.post(path, json!({"scope": {"kind": "pipeline"}, "reason": ""})).await.problem(422, "reason_needed");
    let hold = json!({"scope": {"kind": "target", "name": "local/a"}, "reason": "disk is being changed"});
    let first = dev.post_with_key(path, "h-1", hold.clone()).await.expect(201);
    let again = dev.post_with_key(path, "h-1", hold).await.expect(201);
    assert_eq!(first, again);
    let progress = admin.get("/api/v1/pipelines/orders/progress").await.expect(200);
    let wave = &progress["stages"][1]["waves"][0];
    assert_eq!(wave["usual"]["state"], "held", "{wave}");
    assert_eq!(wave["targets"][0]["reason"], "disk is being changed", "{wave}");
    let board = admin.get("/api/v1/pipelines/orders/board").await.expect(200);
    assert_eq!(board["holds"].as_array().map(Vec::len), Some(1), "{board}");
    assert_eq!(board["holds"][0]["by"], "dev");

    let lift = format!("{path}/{}/lift", first["id"].as_str().expect("an id"));
    dev.post(&lift, json!({"reason": "done"})).await.problem(403, "forbidden");
    admin.post(&lift, json!({"reason": "done"})).await.expect(200);
    admin.post(&lift, json!({"reason": "done"})).await.problem(404, "unknown_hold");
    assert_eq!(admin.get(path).await.expect(200)["items"][0]["lifted"]["reason"], "done");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_developer_cancels_their_own_release_only() {
    let (server, admin) = Server::with_admin().await;
    server.connect(&admin, FILE).await;
    let dev = server.person(&admin, "dev", Role::Developer, &[]).await;
    dev.post("/api/v1/pipelines/orders/releases/1/cancel", json!({"reason": "mine?"})).await.problem(403, "forbidden");
    let started = dev.post("/api/v1/pipelines/orders/start", json!({})).await.expect(201);
    let own = format!("/api/v1/pipelines/orders/releases/{}", started["release"]);
    dev.post(&format!("{own}/cancel"), json!({"reason": "not needed"})).await.expect(200);
    assert_eq!(until(&admin, &own, |answer| answer["state"] == "cancelled").await["state"], "cancelled");
    admin.post("/api/v1/pipelines/orders/releases/99/cancel", json!({"reason": "x"})).await.problem(404, "unknown_release");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_no_runner_can_take_says_why() {
    let (server, admin) = Server::with_admin().await;
    server.connect(&admin, FILE).await;
    let queue = until(&admin, "/api/v1/queue", |answer| answer["items"][0]["pipeline"] == "orders").await;
    let reason = queue["items"][0]["reason"].as_str().expect("a reason");
    assert_eq!(reason, "needs pool default: none of the 0 runners there matches; register one, or change runs_on");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_cannot_be_connected_says_what_is_wrong() {
    let (server, admin) = Server::with_admin().await;
    let connection = json!({"repository": "https://git.example/orders", "branch": "main"});
    let detail = admin.post("/api/v1/pipelines", connection.clone()).await.problem(422, "invalid");
    assert!(detail.contains("main"), "{detail}");
    server.repository.write("name: orders\nstagse: []\n");
    server.repository.commit("broken");
    admin.post("/api/v1/pipelines", connection).await.problem(422, "invalid_pipeline_file");
    server.connect(&admin, FILE).await;
    let again = json!({"name": "orders", "repository": "https://git.example/orders", "branch": "main"});
    admin.post("/api/v1/pipelines", again).await.problem(409, "already_exists");
    admin.delete("/api/v1/pipelines/orders").await.expect(204);
    admin.get("/api/v1/pipelines/orders").await.problem(404, "unknown_pipeline");
}

#[tokio::test(flavor = "multi_thread")]
async fn progress_names_the_release_that_carries_a_superseded_commit() {
    let (server, admin) = Server::with_admin().await;
    let runner = FakeRunner::join(&server, &admin).await;
    server.connect(&admin, FILE).await;
    runner.succeed().await;
    until(&admin, "/api/v1/approvals", |answer| answer["items"][0]["release"] == 1).await;
    let second = server.push(&admin, "the second").await;
    runner.succeed().await;
    let waiting = until(&admin, "/api/v1/approvals", |answer| answer["items"][0]["release"] == 2).await;
    assert_eq!(waiting["items"].as_array().map(Vec::len), Some(1), "{waiting}");

    let progress = admin.get("/api/v1/pipelines/orders/progress?limit=10").await.expect(200);
    let changes = progress["changes"].as_array().expect("changes");
    assert_eq!(
        (&changes[0]["n"], &changes[0]["sha"], &changes[0]["title"]),
        (&json!(2), &json!(second[..12]), &json!("the second")),
        "{progress}"
    );
    assert_eq!((&changes[1]["n"], &changes[1]["release"], &changes[1]["superseded_by"]), (&json!(1), &json!(1), &json!(2)), "{progress}");
    assert_eq!(changes[1]["superseded_at"], "live/wave-1", "{progress}");
    assert_eq!(progress["stages"][1]["waves"][0]["gate"]["change"], 2, "{progress}");

    let page = admin.get("/api/v1/pipelines/orders/releases?limit=1").await.expect(200);
    assert_eq!((&page["items"][0]["number"], &page["next_cursor"]), (&json!(2), &json!("2")), "{page}");
    let rest = admin.get("/api/v1/pipelines/orders/releases?limit=1&cursor=2").await.expect(200);
    assert_eq!((&rest["items"][0]["number"], &rest["next_cursor"]), (&json!(1), &Value::Null), "{rest}");
    let compared = admin.get("/api/v1/pipelines/orders/compare?from=%232&to=%231").await.expect(200);
    assert_eq!((&compared["ahead"][0]["title"], &compared["behind"]), (&json!("the second"), &json!([])), "{compared}");
    let late =
        admin.post("/api/v1/pipelines/orders/releases/1/approve", json!({"gate": waiting["items"][0]["gate"]["key"], "digest": "x"})).await;
    assert_eq!((late.code(), &late["by"]), ("superseded", &json!("#2")), "{}", late.text);
}
