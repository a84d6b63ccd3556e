//! AWS lets one call a second through.

use std::time::Duration;

use engine::core::row::ReleaseState;
use testkit::aws::{Fault, Harm};

use super::scene::Scene;
use super::stage::{Place, Stage, prepare_places};

const PIPELINE: &str = r#"name: orders
accounts: {two: {id: "222222222222", role: tidegate-deploy}}
stages:
  - name: build
    jobs: [{name: package, steps: [{run: "mkdir dist; cp main.py dist/"}], artifacts: {orders: dist}}]
  - name: prod
    alarms: [{cloudwatch: orders-errors, every: 5s, timeout: 30s}]
    deploy: {uses: aws/lambda, with: {function: orders, artifact: orders}}
    waves: [{targets: [two/eu-west-1, two/us-east-1], bake: 1s}]
"#;

const WAVES: &[&[Place]] = &[&[("222222222222", "eu-west-1"), ("222222222222", "us-east-1")]];

#[tokio::test(flavor = "multi_thread")]
async fn a_wave_that_is_throttled_to_one_call_a_second_takes_longer_and_arrives() {
    let mut scene = Scene::new().await;
    scene.account("two", "222222222222", &["eu-west-1", "us-east-1"]).await;
    scene.start_runner(2).await;
    prepare_places(&scene.front, WAVES);
    let number = scene.front.harm(Fault { harm: Harm::Rate(Duration::from_secs(1)), ..Fault::default() });
    let stage = Stage::connect(scene, WAVES, PIPELINE).await;
    stage.until_state(1, ReleaseState::Completed).await;
    stage.scene.front.heal(number);
    assert_eq!(stage.releases(0).await, ["1", "1"]);
}
