//! Jobs that add to the plan of their release, through the runner API, and how people see it.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::Method;
use protocol::{Artifact, Lease, Outcome, Report, Upload, headers, paths};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::support::{FakeRunner, Server};

const UPLOADS: &str = "
name: orders
stages:
  - name: build
    jobs:
      - {name: plan, steps: [./plan]}
      - {name: package, needs: [plan], steps: [make]}
";
const GENERATES: &str = "
name: orders
stages:
  - name: build
    generate: {run: ./pipeline.py}
    jobs: [{name: package, needs: [generate], steps: [make]}]
";

async fn upload(runner: &FakeRunner, lease: &Lease, text: &str) -> Value {
    let upload = Upload { fences: lease.fences.clone(), name: "more.yaml".to_owned(), text: text.to_owned() };
    let path = paths::for_attempt(paths::UPLOAD, &lease.fences.attempt);
    runner.client().post(&path, serde_json::to_value(upload).expect("JSON")).await.expect(200)
}

/// The job prints `text` and ends well.
async fn print(runner: &FakeRunner, lease: &Lease, text: &str) {
    let name = &lease.job.artifacts_out[0].name;
    let digest = hex::encode(Sha256::digest(text.as_bytes()));
    let path = paths::for_attempt(paths::ARTIFACT_UP, &lease.fences.attempt).replace("{name}", name);
    let mut request = runner.client().request(Method::PUT, &path, Body::from(text.to_owned()));
    let fences = serde_json::to_string(&lease.fences).expect("JSON");
    for (header, value) in [(headers::FENCES, fences), (headers::DIGEST, digest.clone())] {
        request.headers_mut().insert(header, value.parse().expect("a header"));
    }
    runner.client().send(request).await.expect(204);
    let digest = digest.parse().expect("a digest");
    let artifact = Artifact { name: name.clone(), digest, size_bytes: text.len() as u64, is_folder: false, mode: 0o644 };
    let report = Report {
        fences: lease.fences.clone(),
        outcome: Outcome::Succeeded,
        outputs: BTreeMap::new(),
        summary: String::new(),
        artifacts: vec![artifact],
        steps: Vec::new(),
        log_bytes: 0,
        log_digest: hex::encode(Sha256::digest(b"")),
        log: None,
        log_times: Vec::new(),
    };
    let path = paths::for_attempt(paths::COMPLETE, &lease.fences.attempt);
    runner.client().post(&path, serde_json::to_value(report).expect("JSON")).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn d2_an_upload_is_answered_with_what_it_changed_or_with_everything_that_is_wrong() {
    let (server, admin) = Server::with_admin().await;
    let runner = FakeRunner::join(&server, &admin).await;
    server.connect(&admin, UPLOADS).await;
    let lease = runner.lease().await;
    let unit = "jobs: [{name: unit, steps: [make test]}]";
    assert_eq!(upload(&runner, &lease, unit).await, json!({"accepted": true, "message": "build/plan adds 1"}));
    assert_eq!(upload(&runner, &lease, unit).await, json!({"accepted": true, "message": "it is there already; nothing changes"}));
    let clash = upload(&runner, &lease, "jobs: [{name: unit, steps: [other]}]").await;
    let why = "build/unit is there already with other content; give it another name, or say `replace: true` (D2)";
    assert_eq!(clash, json!({"accepted": false, "message": why}));
    let wrong = upload(&runner, &lease, "jobs: [{name: a, stepps: [other]}]").await;
    let message = wrong["message"].as_str().expect("a message");
    assert!(wrong["accepted"] == false && message.contains("more.yaml:1:") && message.contains("`steps`"), "{message}");
    runner.complete(&lease.fences, Outcome::Succeeded, "").await.expect(200);
    assert_eq!(runner.succeed().await, "build/unit");
    assert_eq!(runner.succeed().await, "build/package", "it waited for `plan`, and so for what `plan` added");
    let release = admin.get("/api/v1/pipelines/orders/releases/1").await.expect(200);
    assert_eq!((&release["added"][0]["by"], &release["added"][0]["added"]), (&json!("build/plan"), &json!(["build/unit"])));
    let additions = admin.get("/api/v1/pipelines/orders/releases/1/additions").await.expect(200);
    assert_eq!((&additions[0]["text"], &additions[0]["last_time"]), (&json!(unit), &Value::Null), "{additions}");
    let late = Upload { fences: lease.fences.clone(), name: "late".to_owned(), text: unit.to_owned() };
    let path = paths::for_attempt(paths::UPLOAD, &lease.fences.attempt);
    runner.client().post(&path, serde_json::to_value(late).expect("JSON")).await.problem(410, "attempt_ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn d1_what_a_generate_job_prints_runs_after_it_and_is_compared_with_last_time() {
    let (server, admin) = Server::with_admin().await;
    let runner = FakeRunner::join(&server, &admin).await;
    server.connect(&admin, GENERATES).await;
    let lease = runner.lease().await;
    assert_eq!(lease.job.key, "build/generate");
    print(&runner, &lease, r#"{"jobs": [{"name": "unit", "steps": ["make test"]}]}"#).await;
    assert_eq!(runner.succeed().await, "build/unit");
    assert_eq!(runner.succeed().await, "build/package");

    server.push(&admin, "the second").await;
    let lease = runner.lease().await;
    print(&runner, &lease, r#"{"jobs": [{"name": "unit", "steps": ["make test"]}, {"name": "lint", "steps": ["make lint"]}]}"#).await;
    let additions = admin.get("/api/v1/pipelines/orders/releases/2/additions").await.expect(200);
    let last_time = &additions[0]["last_time"];
    assert_eq!((&last_time["release"], &last_time["is_same"]), (&json!(1), &json!(false)), "{additions}");
    assert!(last_time["difference"].as_str().is_some_and(|text| text.contains("lint")), "{additions}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_generate_job_that_prints_nonsense_has_failed_and_says_where() {
    let (server, admin) = Server::with_admin().await;
    let runner = FakeRunner::join(&server, &admin).await;
    server.connect(&admin, GENERATES).await;
    let lease = runner.lease().await;
    print(&runner, &lease, "jobs: [{nam: unit}]").await;
    let release = admin.get("/api/v1/pipelines/orders/releases/1").await.expect(200);
    assert_eq!(release["state"], "failed", "{release}");
    let reason = release["reason"].as_str().expect("a reason");
    assert!(reason.contains("what it printed cannot be added") && reason.contains("nam"), "{reason}");
}
