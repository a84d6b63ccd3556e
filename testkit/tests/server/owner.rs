//! What the owner of a server demands: where a policy refuses, what an aspect adds.

use std::sync::Arc;

use engine::core::id::ReleaseNumber;
use engine::core::row::ReleaseState;
use engine::core::{Actor, EventKind};
use engine::{Connection, Error, Owner};
use pipelines::Aspect;
use pipelines::policy::Policy;
use pipelines::show;
use protocol::Upload;
use testkit::repository::GitRepository;
use testkit::world::{Cloud, Outside, World};

const RELEASE: ReleaseNumber = ReleaseNumber(1);

const PIPELINE: &str = "
name: orders
stages:
  - name: build
    jobs:
      - {name: plan, steps: [./plan]}
      - {name: package, needs: [plan], runs_on: {pool: default}, steps: [make]}
  - name: live
    targets: [local/one]
    deploy: {uses: shell/run, with: {run: ./deploy}}
";

fn policy(rules: &str) -> Owner {
    let text = format!("default: allow\nrules:\n{rules}");
    let (policy, found) = Policy::read("policy.yaml", &text);
    assert!(policy.is_some(), "{found:?}");
    Owner { policy, aspects: Vec::new() }
}

fn owned_by(owner: Owner) -> Outside {
    let owner = Arc::new(owner);
    Outside { cloud: Some(Cloud::new(move |_, ports, _| ports.owner = Arc::clone(&owner))), ..Outside::default() }
}

fn repository(text: &str) -> GitRepository {
    let repository = GitRepository::new();
    repository.write(".tidegate/pipeline.yaml", text);
    repository.commit("first");
    repository
}

fn connection(repository: &GitRepository) -> Connection {
    Connection {
        name: None,
        repository: repository.url(),
        branch: "main".to_owned(),
        file: ".tidegate/pipeline.yaml".to_owned(),
        poll_ms: 200,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn d3_a_policy_refuses_at_compile_and_names_its_rule() {
    let owner = policy("  - {name: nothing-by-hand, pipelines: [orders], deny: {blocks: ['shell/*']}}\n");
    let world = World::sqlite_with(owned_by(owner)).await;
    let refused = world.engine.connect(Actor::Engine, connection(&repository(PIPELINE))).await.expect_err("a refusal");
    let Error::Diagnostics(found) = refused else { panic!("{refused}") };
    let messages: Vec<&str> = found.iter().map(|finding| finding.message.as_str()).collect();
    assert_eq!(messages, ["the policy does not allow the block `shell/run`: rule `nothing-by-hand`"]);
    let other = repository(&PIPELINE.replace("name: orders", "name: other"));
    world.engine.connect(Actor::Engine, connection(&other)).await.expect("the rule is for one pipeline alone");
}

#[tokio::test(flavor = "multi_thread")]
async fn d3_a_policy_refuses_at_upload_and_names_its_rule() {
    let owner = policy("  - {name: no-gpus, deny: {pools: [gpu]}}\n");
    let world = World::sqlite_with(owned_by(owner)).await;
    let repository = repository(PIPELINE);
    let pipeline = world.connect(&repository).await;
    let runner = world.runner().await;
    let lease = runner.lease().await;
    let upload = |text: &str| Upload { fences: lease.fences.clone(), name: "more.yaml".to_owned(), text: text.to_owned() };
    let refused = world.engine.upload(&runner.id, upload("jobs: [{name: a, runs_on: gpu, steps: [make]}]")).await.unwrap();
    assert!(!refused.accepted && refused.message.contains("the pool `gpu`: rule `no-gpus`"), "{}", refused.message);
    let taken = world.engine.upload(&runner.id, upload("jobs: [{name: a, steps: [make]}]")).await.unwrap();
    assert!(taken.accepted, "{}", taken.message);
    assert_eq!(world.engine.store().release(&pipeline, RELEASE).await.unwrap().unwrap().additions.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn d3_a_policy_that_changed_refuses_at_lease_and_names_its_rule() {
    let world = World::sqlite().await;
    let repository = repository(PIPELINE);
    let pipeline = world.connect(&repository).await;
    let owner = policy("  - {name: frozen, deny: {lanes: ['build*']}}\n");
    let world = world.restart_outside(owned_by(owner)).await;
    let runner = world.runner().await;
    let idle = protocol::LeaseRequest { slots: 1, reserved: 0, wait_ms: 1_000, holding: Vec::new(), draining: false };
    let answer = world.engine.lease(&runner.id, idle).await.unwrap();
    assert!(answer.leases.is_empty(), "{answer:?}");
    assert_eq!(world.ended(&pipeline, RELEASE).await, ReleaseState::Failed);
    let story = world.story(&pipeline).await;
    assert!(story.contains("the policy does not allow the lane `build`: rule `frozen`"), "{story}");
}

const ASPECT: &str = "
name: guard
description: nothing goes live unasked
where: stage.deploys
gates: [{approval: {from: [security]}}]
before: [./audit-log]
";

#[tokio::test(flavor = "multi_thread")]
async fn an_aspect_is_in_the_plan_of_every_release_that_it_fits() {
    let (aspect, found) = Aspect::read("guard.yaml", ASPECT);
    let owner = Owner { policy: None, aspects: vec![aspect.unwrap_or_else(|| panic!("{found:?}"))] };
    let world = World::sqlite_with(owned_by(owner)).await;
    let repository = repository(PIPELINE);
    let pipeline = world.connect(&repository).await;
    let runner = world.runner().await;
    assert_eq!(runner.work_until("build/package").await, ["build/plan", "build/package"]);
    let asked = world.event(&pipeline, EventKind::ApprovalAsked).await;
    assert_eq!(asked.node.as_deref(), Some("live/gates/guard.approval"));
    let detail = world.engine.store().release(&pipeline, RELEASE).await.unwrap().unwrap();
    let text = show::text(&detail.plan);
    assert!(text.contains("the server adds guard.*: nothing goes live unasked") && text.contains("before guard.before"), "{text}");
    assert_eq!(detail.plan.aspects["guard"].stages, ["live"]);
}
