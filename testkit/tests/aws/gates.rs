//! Alarms and metrics of CloudWatch in front of a release and behind it.

use engine::core::EventKind;
use engine::core::id::ReleaseNumber;
use engine::core::row::ReleaseState;
use testkit::repository::GitRepository;

use super::alarms::{put_alarm, set_alarm};
use super::metrics::put;
use super::scene::Scene;

const ACCOUNT: &str = "222222222222";

const PIPELINE: &str = r#"name: orders
accounts: {two: {id: "222222222222", role: tidegate-deploy}}
stages:
  - name: prod
    gates: [{metric: {cloudwatch_metric: "sum(Shop:Errors{Page=cart}) < 5", account: two, region: eu-west-1}}]
    alarms: [{cloudwatch: errors, every: 500ms}]
    deploy: {uses: shell/run, with: {run: "true"}}
    waves: [{targets: [two/eu-west-1], bake: {duration: @BAKE@, tolerance: 2s}}]
"#;

#[tokio::test(flavor = "multi_thread")]
async fn ic5_what_has_no_data_before_the_start_blocks_and_an_alarm_deleted_during_the_bake_is_an_error() {
    let scene = Scene::new().await;
    scene.account("two", ACCOUNT, &["eu-west-1"]).await;
    let cli = scene.cli(ACCOUNT, "eu-west-1");
    put_alarm(&cli, "errors");
    let repository = GitRepository::new();
    let push = |bake: &str| {
        repository.write(".tidegate/pipeline.yaml", &PIPELINE.replace("@BAKE@", bake));
        repository.commit(bake);
    };
    push("1s");
    let (world, runner) = (&scene.world, scene.world.runner().await);
    let pipeline = world.connect(&repository).await;
    let waits_for = async |release: u64, words: &str| {
        world
            .until(&pipeline, &format!("release {release} to wait for {words:?}"), async || {
                let detail = world.engine.store().release(&pipeline, ReleaseNumber(release)).await.expect("the store")?;
                detail.waves.iter().flat_map(|row| &row.waits_for).any(|wait| wait.detail.contains(words)).then_some(())
            })
            .await;
    };
    waits_for(1, "no data").await;
    put(&cli, 1, "2");
    let lease = runner.lease().await;
    assert_eq!(lease.job.target.as_deref(), Some("two/eu-west-1"));
    runner.succeed(&lease).await;
    assert_eq!(world.ended(&pipeline, ReleaseNumber(1)).await, ReleaseState::Completed);

    // Without data before the start: it waits, and nothing is taken back for it.
    set_alarm(&cli, "errors", "INSUFFICIENT_DATA");
    push("1h");
    waits_for(2, "INSUFFICIENT_DATA").await;
    let before = world.story(&pipeline).await;
    assert!(!before.contains("Rollback") && !before.contains("Quarantined"), "{before}");
    set_alarm(&cli, "errors", "OK");
    let lease = runner.lease().await;
    runner.succeed(&lease).await;
    world
        .until(&pipeline, "release 2 to bake", async || {
            let story = world.story(&pipeline).await;
            story.lines().any(|line| line.contains("BakeStarted #2")).then_some(())
        })
        .await;
    cli.run(&["cloudwatch", "delete-alarms", "--alarm-names", "errors"]);
    world.event(&pipeline, EventKind::BakeErrored).await;
    let detail = world.engine.store().release(&pipeline, ReleaseNumber(2)).await.expect("the store").expect("the release");
    assert_ne!(detail.release.state, ReleaseState::Completed, "an alarm that is not there never passes a bake");
    let story = world.story(&pipeline).await;
    assert!(story.contains("was it deleted or renamed?") && !story.contains("RollbackStarted"), "{story}");
}
