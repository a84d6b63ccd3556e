//! A region is down in the midst of a wave: it is parked as unknown, the others go on, and it catches up when it is back.

use std::time::Duration;

use engine::core::EventKind;
use engine::core::row::{NodeState, ReleaseState};
use testkit::aws::{Fault, Harm};
use testkit::clock::MovableClock;

use super::scene::Scene;
use super::stage::{Place, Stage, prepare_places};

const ACCOUNT: &str = "222222222222";
const WAVES: &[&[Place]] = &[&[(ACCOUNT, "eu-west-1"), (ACCOUNT, "us-east-1")]];

const PIPELINE: &str = r#"name: orders
accounts: {two: {id: "222222222222", role: tidegate-deploy}}
stages:
  - name: build
    jobs: [{name: package, steps: [{run: "mkdir dist; cp main.py dist/"}], artifacts: {orders: dist}}]
  - name: prod
    targets: [two/eu-west-1, two/us-east-1]
    env: {AWS_MAX_ATTEMPTS: "2"}
    deploy: {uses: aws/lambda, with: {function: orders, artifact: orders}}
"#;

#[tokio::test(flavor = "multi_thread")]
async fn a3_a_region_that_is_down_parks_its_wave_and_the_others_are_deployed() {
    let clock = MovableClock::new();
    let mut scene = Scene::at(clock.clone()).await;
    scene.account("two", ACCOUNT, &["eu-west-1", "us-east-1"]).await;
    scene.start_runner(2).await;
    prepare_places(&scene.front, WAVES);
    let stage = Stage::connect(scene, WAVES, PIPELINE).await;
    stage.until_state(1, ReleaseState::Completed).await;

    let front = stage.scene.front.clone();
    let down = front.harm(Fault { region: Some("us-east-1".to_owned()), harm: Harm::Broken, ..Fault::default() });
    stage.push("two");
    stage.scene.world.event(&stage.pipeline, EventKind::TargetUnknown).await;
    stage
        .until("the other region to run release 2", async || {
            let detail = stage.detail(2).await?;
            let done = |row: &engine::core::row::NodeRow| {
                let key = detail.plan.node(row.node).map(|node| node.key.clone()).unwrap_or_default();
                key.contains("eu-west-1") && key.ends_with("/end") && row.state == NodeState::Succeeded
            };
            detail.nodes.iter().any(done).then_some(())
        })
        .await;
    assert_eq!(stage.detail(2).await.expect("the release").release.state, ReleaseState::Moving);
    let story = stage.scene.world.story(&stage.pipeline).await;
    assert!(story.contains("could not be reached") && !story.contains("RolloutFailed") && !story.contains("RollbackStarted"), "{story}");

    front.heal(down);
    assert_eq!(stage.releases(0).await, ["2", "1"], "as the cloud itself says");
    clock.advance(Duration::from_secs(31));
    stage.until_state(2, ReleaseState::Completed).await;
    assert_eq!(stage.releases(0).await, ["2", "2"]);
}
