//! What people press beside GitHub's checks, and what failed jobs say of the sources there.

use std::collections::BTreeSet;
use std::time::Duration;

use bytes::Bytes;
use engine::core::EventKind;
use engine::core::id::{PersonId, ReleaseNumber};
use engine::core::row::ReleaseState;
use engine::store::UserRow;
use protocol::{LogChunk, Outcome};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::at_forge::AtForge;

const PIPELINE: &str = r#"
name: orders
stages:
  - name: build
    jobs: [{name: package, steps: [{run: make}]}]
  - name: prod
    production: true
    gates: [{approval: {from: [acme/oncall], count: 1}}]
    targets: [local/a]
    deploy: {uses: shell/run, with: {run: "./deploy.sh"}}
"#;

impl AtForge {
    async fn person(&self, id: u64, role: &str, groups: &[&str]) {
        let row = UserRow {
            id: PersonId(format!("github:{id}")),
            name: format!("user-{id}@github"),
            password_hash: None,
            role: role.to_owned(),
            groups: groups.iter().map(|group| (*group).to_owned()).collect::<BTreeSet<_>>(),
            created_at: self.world.engine.clock().now(),
            disabled_at: None,
        };
        self.world.engine.store().add_user(&row, None).await.expect("a person");
    }

    /// The one check, once it shows this state.
    async fn check(&self, status: &str) -> Value {
        self.until(&format!("a check that is {status}"), |state| state.checks.values().find(|check| check["status"] == status).cloned())
            .await
    }

    async fn press(&self, check: &Value, button: &str, person: u64) {
        let body = json!({
            "action": "requested_action",
            "requested_action": {"identifier": button},
            "check_run": {"id": check["id"], "external_id": check["external_id"], "head_sha": check["head_sha"]},
            "repository": {"clone_url": self.at.url},
            "sender": {"id": person, "login": "whoever"},
        });
        let delivery = self.world.engine.ids().uuid();
        assert_eq!(self.sender.github("check_run", &delivery, body.to_string().as_bytes()).await.status(), 202);
    }

    /// Every web hook was dealt with.
    async fn until_dealt_with(&self) {
        let now = async || {
            let now = self.world.engine.clock().now();
            self.world.engine.store().next_inbox_at(now).await.expect("the store").is_none().then_some(())
        };
        self.world.until(&self.pipeline, "an empty inbox", now).await;
    }

    async fn queued(&self) -> usize {
        let filter =
            engine::store::EventFilter { pipeline: Some(self.pipeline.clone()), kind: Some(EventKind::JobQueued), ..Default::default() };
        self.world.engine.store().events_after(0, &filter, 100).await.expect("the events").len()
    }
}

/// A failed job points at the sources, and a person who may runs it again from the check.
#[tokio::test(flavor = "multi_thread")]
async fn a_failed_check_points_at_the_sources_and_can_be_run_again_there() {
    let place = AtForge::with(PIPELINE, |_| {}).await;
    let lease = place.runner.lease().await;
    let log = b"compiling\nerror[E0308]: mismatched types\n  --> src/main.rs:3:5\n";
    let chunk =
        LogChunk { fences: lease.fences.clone(), offset: 0, digest: hex::encode(Sha256::digest(log)), gap: false, times: Vec::new() };
    place.world.engine.append_log(&place.runner.id, chunk, Bytes::from_static(log)).await.expect("the log is taken");
    place.runner.report_log(&lease, Outcome::Failed { exit_code: 2, step: "make".to_owned() }, log).await;
    let check = place
        .until("a failed check with its annotation", |state| {
            state.checks.values().find(|check| check["conclusion"] == "failure" && check["output"]["annotations"].is_array()).cloned()
        })
        .await;
    let annotation = &check["output"]["annotations"][0];
    assert_eq!((annotation["path"].as_str(), annotation["start_line"].as_u64()), (Some("src/main.rs"), Some(3)), "{check}");
    assert_eq!(check["actions"][0]["identifier"], "retry", "{check}");

    // Nobody who never signed in, nobody who may only look, and no check of somebody else's.
    place.person(5, "viewer", &[]).await;
    place.person(6, "developer", &[]).await;
    place.press(&check, "retry", 4).await;
    place.press(&check, "retry", 5).await;
    let mut foreign = check.clone();
    foreign["id"] = json!(999_999);
    place.press(&foreign, "retry", 6).await;
    place.until_dealt_with().await;
    assert_eq!(place.queued().await, 1);
    place.press(&check, "retry", 6).await;
    let again = place.runner.lease().await;
    assert_eq!(again.job.key, "build/package");
    // Pressed once more, or replayed, while it runs: nothing.
    place.press(&check, "retry", 6).await;
    place.until_dealt_with().await;
    assert_eq!(place.queued().await, 2);
}

/// The word of a web hook opens no gate unless the owner of the server wants it to.
#[tokio::test(flavor = "multi_thread")]
async fn abuse_12_a_button_opens_no_gate_where_that_is_not_switched_on() {
    let place = AtForge::with(PIPELINE, |_| {}).await;
    place.person(6, "admin", &["acme/oncall"]).await;
    let lease = place.runner.lease().await;
    place.runner.succeed(&lease).await;
    place.world.event(&place.pipeline, EventKind::ApprovalAsked).await;
    place.pass(Duration::from_secs(10)).await;
    let check = place.check("queued").await;
    assert!(check["actions"].as_array().is_none_or(Vec::is_empty), "{check}");
    for button in ["approve:000000000000", "approve:", "trust", ""] {
        place.press(&check, button, 6).await;
    }
    place.until_dealt_with().await;
    let release = place.world.until_release(&place.pipeline, ReleaseNumber(1)).await;
    assert_eq!(release.state, ReleaseState::Moving);
    assert!(!place.world.story(&place.pipeline).await.contains("ApprovalGiven"));
}

#[tokio::test(flavor = "multi_thread")]
async fn abuse_04_a_button_opens_a_gate_for_whom_the_gate_names_and_only_for_the_question_that_was_shown() {
    let place = AtForge::tuned(PIPELINE, |_| {}, |settings| settings.approves_at_checks = true).await;
    place.person(6, "admin", &[]).await;
    place.person(7, "approver", &["acme/oncall"]).await;
    let lease = place.runner.lease().await;
    place.runner.succeed(&lease).await;
    place.world.event(&place.pipeline, EventKind::ApprovalAsked).await;
    place.pass(Duration::from_secs(10)).await;
    let check = place
        .until("a check with a button", |state| {
            state
                .checks
                .values()
                .find(|check| check["actions"][0]["identifier"].as_str().is_some_and(|name| name.starts_with("approve:")))
                .cloned()
        })
        .await;
    let button = check["actions"][0]["identifier"].as_str().expect("a name").to_owned();
    place.press(&check, &button, 6).await;
    place.press(&check, "approve:000000000000", 7).await;
    place.until_dealt_with().await;
    assert_eq!(place.queued().await, 1, "not a member, and another question: {}", place.world.story(&place.pipeline).await);
    place.press(&check, &button, 7).await;
    let deploy = place.runner.lease().await;
    assert_eq!(deploy.job.key, "prod/local/a/deploy");
}
