//! What the people who run a server see of it.

use api::auth::Role;
use protocol::Outcome;
use serde_json::{Value, json};

use crate::pipelines::{FILE, until};
use crate::support::{FakeRunner, PATIENCE, Server};

/// The value of a metric, as Prometheus would read it.
fn value(text: &str, name: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok())
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_say_how_much_waits_runs_and_is_unknown_and_which_runners_are_away() {
    let (server, admin) = Server::with_admin().await;
    let metrics = async || admin.get("/metrics").await.expect_text(200);
    server.connect(&admin, FILE).await;
    until(&admin, "/api/v1/queue", |answer| answer["items"][0]["pipeline"] == "orders").await;
    let text = metrics().await;
    assert_eq!(value(&text, "tidegate_jobs{state=\"queued\"}"), Some(1), "{text}");
    assert_eq!(value(&text, "tidegate_runners{state=\"online\"}"), Some(0), "{text}");

    let runner = FakeRunner::join(&server, &admin).await;
    let lease = runner.lease().await;
    let text = metrics().await;
    assert_eq!(value(&text, "tidegate_jobs{state=\"queued\"}"), Some(0), "{text}");
    assert_eq!(value(&text, "tidegate_jobs{state=\"leased\"}"), Some(1), "{text}");
    assert_eq!(value(&text, "tidegate_runners{state=\"online\"}"), Some(1), "{text}");
    assert_eq!((value(&text, "tidegate_disk_full"), value(&text, "tidegate_tasks_ailing")), (Some(0), Some(0)), "{text}");
    assert_eq!(value(&text, "tidegate_pipelines_parked"), Some(0), "{text}");
    assert_eq!(value(&text, "tidegate_events"), Some(server.state.store().last_seq().await.expect("a number")), "{text}");

    runner.complete(&lease.fences, Outcome::Succeeded, "").await.expect(200);
    server.clock.advance(90_000);
    let text = metrics().await;
    assert_eq!(
        (value(&text, "tidegate_runners{state=\"online\"}"), value(&text, "tidegate_runners{state=\"away\"}")),
        (Some(0), Some(1)),
        "{text}"
    );
    for line in text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        assert!(line.rsplit_once(' ').is_some_and(|(_, value)| value.parse::<f64>().is_ok()), "no sample: {line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_that_hangs_makes_the_server_not_ready_and_is_named() {
    let (server, admin) = Server::with_admin().await;
    server.connect(&admin, FILE).await;
    assert_eq!(admin.get("/readyz").await.status, 200);
    server.repository.falls_silent();
    let ailing = async {
        loop {
            server.clock.advance(3_600_000);
            let answer = server.anyone().get("/readyz").await;
            if answer.status == 503 {
                // A round that hangs is given up and begun again: what was true a moment ago need not be now. Time goes by in hours, so
                // that a short round beside it may look long too.
                let text = admin.get("/metrics").await.text;
                if value(&text, "tidegate_tasks_ailing").is_some_and(|ailing| ailing >= 1) {
                    return answer;
                }
            }
            tokio::task::yield_now().await;
        }
    };
    let answer = tokio::time::timeout(PATIENCE, ailing).await.expect("a source that never answers is noticed");
    let detail = answer.problem(503, "unhealthy");
    assert!(detail.contains("triggers: its round has been under way for"), "{detail}");
    assert_eq!(server.anyone().get("/healthz").await.status, 200, "it is alive: restarting it would change nothing");
}

/// Two releases that went everywhere.
async fn two_releases() -> (Server, crate::support::Client) {
    let (server, admin) = Server::with_admin().await;
    let runner = FakeRunner::join(&server, &admin).await;
    server.connect(&admin, FILE).await;
    for number in 1..=2 {
        if number == 2 {
            server.push(&admin, "=HYPERLINK(\"the second\")").await;
        }
        runner.succeed().await;
        let waiting = until(&admin, "/api/v1/approvals", |answer| answer["items"][0]["release"] == number).await;
        let item = &waiting["items"][0];
        let path = format!("/api/v1/pipelines/orders/releases/{number}");
        let body = json!({"gate": item["gate"]["key"], "digest": item["digest"], "reason": "looks good"});
        admin.post(&format!("{path}/approve"), body).await.expect(200);
        for _ in 0..3 {
            runner.succeed().await;
        }
        until(&admin, &path, |answer| answer["state"] == "completed").await;
    }
    (server, admin)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rollback_is_shown_before_it_is_done_and_looking_changes_nothing() {
    let (server, admin) = two_releases().await;
    let before = server.state.store().last_seq().await.expect("a number");
    let path = "/api/v1/pipelines/orders/rollback";
    let whole = admin.get(&format!("{path}?stage=live")).await.expect(200);
    let back: Vec<(&Value, &Value)> =
        whole["targets"].as_array().expect("targets").iter().map(|target| (&target["name"], &target["to"])).collect();
    assert_eq!(back, [(&json!("local/a"), &json!(1)), (&json!("local/b"), &json!(1)), (&json!("local/c"), &json!(1))], "{whole}");
    assert_eq!((&whole["refused"], whole["leaves_out"].as_array().map(Vec::len)), (&Value::Null, Some(1)), "{whole}");
    let one = admin.get(&format!("{path}?target=local/b&to=1")).await.expect(200);
    assert_eq!(
        (one["targets"].as_array().map(Vec::len), &one["holds"]),
        (Some(1), &json!(true)),
        "a chosen release holds the lanes (X10): {one}"
    );
    admin.get(path).await.problem(400, "invalid_query");
    admin.get(&format!("{path}?stage=nowhere")).await.problem(404, "unknown_place");
    let vic = server.person(&admin, "vic", Role::Viewer, &[]).await;
    vic.get(&format!("{path}?stage=live")).await.expect(200);
    server.anyone().get(&format!("{path}?stage=live")).await.problem(401, "not_signed_in");
    assert_eq!(server.state.store().last_seq().await.expect("a number"), before, "nothing has happened");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_trail_is_exported_whole_filtered_and_safe_for_a_spreadsheet() {
    let (server, admin) = two_releases().await;
    let lines = admin.get("/api/v1/audit/export?format=jsonl").await.expect_text(200);
    let events: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).expect("one object a line")).collect();
    let seqs: Vec<u64> = events.iter().map(|event| event["seq"].as_u64().expect("a number")).collect();
    assert_eq!(seqs.len() as u64, server.state.store().last_seq().await.expect("a number"), "every event");
    assert!(seqs.windows(2).all(|pair| pair[0] > pair[1]), "newest first: {seqs:?}");

    let table = admin.get("/api/v1/audit/export?format=csv").await.expect_text(200);
    assert!(table.starts_with("seq,at,pipeline,type,actor,release,place,target,node,reason\r\n"), "{table}");
    assert_eq!(table.matches("\r\n").count(), events.len() + 1);
    assert!(!table.contains(",\"="), "a commit's title is no formula: {table}");
    let approvals = admin.get("/api/v1/audit/export?format=csv&kind=approval_given&pipeline=orders").await.expect_text(200);
    assert!(approvals.lines().count() == 3 && approvals.contains("\"root\"") && approvals.contains("\"looks good\""), "{approvals}");
    admin.get("/api/v1/audit/export?format=xml").await.problem(400, "invalid_query");
    server.anyone().get("/api/v1/audit/export?format=csv").await.problem(401, "not_signed_in");
}
