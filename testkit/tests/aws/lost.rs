//! The runner dies while it changes a target: what runs there is unknown until somebody has looked, and nobody deploys twice.

use std::time::Duration;

use engine::core::EventKind;
use engine::core::id::ReleaseNumber;
use engine::core::row::ReleaseState;
use testkit::aws::{Fault, Harm};
use testkit::blocks::until;
use testkit::clock::MovableClock;

use super::scene::Scene;
use super::stage::{Place, Stage, prepare_places};

const ACCOUNT: &str = "222222222222";
const WAVES: &[&[Place]] = &[&[(ACCOUNT, "eu-west-1")]];

/// The alias is moved.
const MOVE: &str = "PUT /2015-03-31/functions/orders/aliases";

const PIPELINE: &str = r#"name: orders
accounts: {two: {id: "222222222222", role: tidegate-deploy}}
stages:
  - name: build
    jobs: [{name: package, steps: [{run: "mkdir dist; cp main.py dist/"}], artifacts: {orders: dist}}]
  - name: prod
    targets: [two/eu-west-1]
    deploy: {uses: aws/lambda, with: {function: orders, artifact: orders}}
"#;

#[tokio::test(flavor = "multi_thread")]
async fn a3_a_runner_killed_during_shift_leaves_an_unknown_target_that_is_held_inspected_and_resolved() {
    let clock = MovableClock::new();
    let mut scene = Scene::at(clock.clone()).await;
    scene.account("two", ACCOUNT, &["eu-west-1"]).await;
    let mut runner = scene.start_mortal_runner(2).await;
    prepare_places(&scene.front, WAVES);
    let mut stage = Stage::connect(scene, WAVES, PIPELINE).await;
    stage.until_state(1, ReleaseState::Completed).await;

    // It dies while AWS moves the alias, and AWS goes on.
    let front = stage.scene.front.clone();
    front.harm(Fault { action: Some(MOVE.to_owned()), harm: Harm::Slow(Duration::from_secs(2)), ..Fault::default() });
    stage.push("two");
    tokio::task::block_in_place(|| {
        until("the alias to be moved", || front.is_under_way(MOVE).then_some(()));
        runner.kill();
        until("AWS to have moved it", || (!front.is_under_way(MOVE)).then_some(()));
    });
    assert_eq!(stage.releases(0).await, ["2"], "what was asked for went on after the runner's death");
    let changes = front.count(MOVE);

    clock.advance(Duration::from_secs(120));
    stage.scene.world.event(&stage.pipeline, EventKind::TargetUnknown).await;
    let is_unknown = async |stage: &Stage| !stage.scene.world.story(&stage.pipeline).await.contains("TargetResolved");
    assert!(is_unknown(&stage).await);

    // A new runner and a newer release are there, and nothing comes to the target while the dead one's credentials live.
    let _second = stage.scene.start_mortal_runner(2).await;
    let (seen, before) = (front.calls().len(), front.calls_to(ACCOUNT, 0).len());
    stage.push("three");
    stage
        .until("release 3 to be built and to wait", async || {
            let detail = stage.detail(3).await?;
            detail.waves.iter().any(|row| row.wave.stage.0 == 1 && !row.waits_for.is_empty()).then_some(())
        })
        .await;
    assert_eq!(front.calls_to(ACCOUNT, seen), [], "{before} calls came before");
    assert!(is_unknown(&stage).await, "nobody guesses");

    // Then somebody looks, finds release 2, and all goes on; release 2 is not deployed again.
    clock.advance(Duration::from_secs(16 * 60));
    stage.scene.world.event(&stage.pipeline, EventKind::TargetResolved).await;
    assert!(!is_unknown(&stage).await);
    let second = stage.detail(2).await.expect("the release").release.state;
    stage.until_state(3, ReleaseState::Completed).await;
    assert_eq!(stage.releases(0).await, ["3"]);
    let story = stage.scene.world.story(&stage.pipeline).await;
    assert_eq!(front.count(MOVE), changes + 1, "one change for release 3 ({second:?}):\n{story}");
    assert_eq!(stage.detail(2).await.expect("the release").release.number, ReleaseNumber(2));
}
