use engine::core::id::{PersonId, ReleaseNumber};
use engine::core::row::ReleaseState;
use engine::core::{Actor, EventKind, Input, Rejected};
use testkit::repository::GitRepository;
use testkit::world::World;

const PIPELINE: &str = r#"
name: guarded
stages:
  - name: build
    jobs: [{name: package, steps: [{run: make}]}]
  - name: prod
    production: true
    gates: [{approval: {count: 1}}]
    targets: [local/a]
    deploy: {uses: shell/run, with: {run: ./deploy.sh}}
"#;

fn person(name: &str) -> Actor {
    Actor::Person { id: PersonId(name.to_owned()), name: name.to_owned(), groups: Vec::new() }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_is_asked_given_once_and_lets_the_release_in() {
    let world = World::sqlite().await;
    let repository = GitRepository::new();
    repository.write(".tidegate/pipeline.yaml", PIPELINE);
    repository.commit("first");
    let pipeline = world.connect(&repository).await;
    let runner = world.runner().await;
    runner.succeed(&runner.lease().await).await;

    let asked = world.event(&pipeline, EventKind::ApprovalAsked).await;
    let gate = asked.node.clone().expect("the event names the gate");
    let release = ReleaseNumber(1);
    let digest = world.until_release(&pipeline, release).await.digest;
    let wrong = Input::Approve { release, gate: gate.clone(), digest: "0".repeat(64), reason: String::new() };
    let refused = world.engine.input(&pipeline, person("ann"), wrong).await.expect_err("another digest does not count");
    assert!(matches!(refused, engine::Error::Rejected(Rejected::DigestMismatch { .. })), "{refused}");

    let approve = Input::Approve { release, gate: gate.clone(), digest: digest.clone(), reason: "looks good".to_owned() };
    world.engine.input(&pipeline, person("ann"), approve.clone()).await.unwrap();
    let again = world.engine.input(&pipeline, person("bob"), approve).await.expect_err("it was decided already");
    assert!(matches!(again, engine::Error::Rejected(Rejected::AlreadyDecided { .. } | Rejected::NotWaiting { .. })), "{again}");

    runner.succeed(&runner.lease().await).await;
    assert_eq!(world.ended(&pipeline, release).await, ReleaseState::Completed, "{}", world.story(&pipeline).await);
}
