//! One pipeline over three accounts and four regions: eight targets of production in three waves, built once.

use std::collections::BTreeMap;
use std::time::Duration;

use engine::core::row::{ReleaseState, WaveState};
use testkit::aws::{Fault, Harm};

use super::scene::{Scene, arn};
use super::stage::{Place, Stage, get, prepare_places};

const PIPELINE: &str = r#"name: orders
accounts:
  one: {id: "111111111111", role: tidegate-deploy}
  two: {id: "222222222222", role: tidegate-deploy}
  three: {id: "333333333333", role: tidegate-deploy}
stages:
  - name: build
    jobs:
      - name: package
        steps: [{run: "mkdir dist; cp main.py dist/"}]
        artifacts: {orders: dist}
  - name: prod
    alarms: [{cloudwatch: orders-errors, every: 500ms}]
    deploy: {uses: aws/lambda, with: {function: orders, artifact: orders}}
    waves:
      - {targets: [one/us-east-1, two/us-east-1], bake: 1s}
      - {targets: [one/eu-west-1, two/eu-west-1, three/eu-west-1], bake: 8s}
      - {targets: [one/ap-south-1, two/us-west-2, three/us-east-1], bake: 1s}
"#;

const WAVES: &[&[Place]] = &[
    &[("111111111111", "us-east-1"), ("222222222222", "us-east-1")],
    &[("111111111111", "eu-west-1"), ("222222222222", "eu-west-1"), ("333333333333", "eu-west-1")],
    &[("111111111111", "ap-south-1"), ("222222222222", "us-west-2"), ("333333333333", "us-east-1")],
];

#[tokio::test(flavor = "multi_thread")]
async fn a_release_goes_in_waves_over_accounts_and_an_alarm_takes_its_wave_back() {
    let mut scene = Scene::new().await;
    for (name, id) in [("one", "111111111111"), ("two", "222222222222"), ("three", "333333333333")] {
        scene.account(name, id, &["us-east-1", "us-west-2", "eu-west-1", "ap-south-1"]).await;
    }
    scene.start_runner(3).await;
    prepare_places(&scene.front, WAVES);
    let stage = Stage::connect(scene, WAVES, PIPELINE).await;
    let alarm = |state: &str| super::alarms::set_alarm(&stage.scene.cli("222222222222", "eu-west-1"), "orders-errors", state);

    // Built once: every account and region gets the same bytes, in the order of the waves.
    stage.until_state(1, ReleaseState::Completed).await;
    let mut digests = BTreeMap::new();
    for wave in 0..3 {
        for (release, digest) in stage.serving(wave).await {
            assert_eq!(release, "1");
            *digests.entry(digest).or_insert(0) += 1;
        }
    }
    assert_eq!(digests.values().copied().collect::<Vec<_>>(), [8], "{digests:?}");
    let calls = stage.scene.front.calls();
    let first = |account: &str, region: &str| {
        calls
            .iter()
            .position(|call| call.action.ends_with("/aliases") && call.account == account && call.region == region)
            .expect("an alias")
    };
    for (before, after) in WAVES.iter().zip(WAVES.iter().skip(1)) {
        let last_before = before.iter().map(|(account, region)| first(account, region)).max();
        let first_after = after.iter().map(|(account, region)| first(account, region)).min();
        assert!(last_before < first_after, "{before:?} came before {after:?}");
    }

    // An alarm of one region fires while wave 2 bakes.
    stage.push("two, which is bad");
    stage.until_baking(2, 1).await;
    alarm("ALARM");
    stage.until_wave(2, 1, WaveState::RolledBack).await;
    assert_eq!(stage.releases(1).await, ["1", "1", "1"], "every target of the wave goes back to its own last good release");
    assert_eq!(stage.releases(2).await, ["1", "1", "1"], "wave 3 never started");
    let detail = stage.detail(2).await.expect("the release");
    assert!(detail.release.quarantine.is_some(), "{}", stage.scene.world.story(&stage.pipeline).await);

    // The next one carries the fix. It does not pass a wave whose alarm cannot be read, and goes on once it can be.
    alarm("OK");
    let dark =
        Fault { service: Some("monitoring".to_owned()), region: Some("eu-west-1".to_owned()), harm: Harm::Denied, ..Fault::default() };
    let number = stage.scene.front.harm(dark);
    stage.push("three, which is good");
    stage.until_wave(3, 0, WaveState::Completed).await;
    let reason = stage
        .until("release 3 to wait for what cannot be read", async || {
            let detail = stage.detail(3).await?;
            let wave = detail.waves.iter().find(|row| row.wave.stage.0 == 1 && row.wave.wave == 1)?;
            wave.waits_for.iter().map(|wait| wait.detail.clone()).find(|words| words.contains("may not read alarms"))
        })
        .await;
    assert!(reason.contains("eu-west-1"), "{reason}");
    assert_eq!(stage.releases(1).await, ["1", "1", "1"], "it does not pass");
    stage.scene.front.heal(number);
    stage.until_state(3, ReleaseState::Completed).await;
    for wave in 0..3 {
        assert!(stage.releases(wave).await.iter().all(|release| release == "3"));
    }

    // One account's role is revoked in the middle of a wave: while its jobs ask for their credentials. Before, its alarms
    // could not be read either, and the wave would wait.
    let slow = Harm::Slow(Duration::from_secs(5));
    let asking = Fault { service: Some("sts".to_owned()), region: Some("eu-west-1".to_owned()), harm: slow, ..Fault::default() };
    let number = stage.scene.front.harm(asking);
    stage.push("four, which cannot enter one account");
    stage.until_wave(4, 1, WaveState::Entered).await;
    stage.scene.front.revoke(&arn("333333333333"));
    stage.scene.front.heal(number);
    stage
        .until("release 4 to fail", async || {
            stage
                .detail(4)
                .await
                .filter(|detail| detail.release.state == ReleaseState::Failed || detail.release.quarantine.is_some())
                .map(drop)
        })
        .await;
    assert_eq!(
        get(&stage.scene.front, ("333333333333", "eu-west-1"), "aliases/live").await["Description"]
            .as_str()
            .map(|words| words.contains("release=3")),
        Some(true)
    );
    assert_eq!(stage.releases(2).await, ["3", "3", "3"], "nothing of wave 3 started");
    let story = stage.scene.world.story(&stage.pipeline).await;
    let health = stage.scene.world.engine.account("three").await.expect("the account").1;
    let problem = health.regions.get("eu-west-1").and_then(|region| region.problem.clone());
    assert!(problem.is_some_and(|problem| problem.contains("trust policy")), "{story}");
}
