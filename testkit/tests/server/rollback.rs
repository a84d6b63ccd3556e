use engine::core::EventKind;
use engine::core::id::{ReleaseNumber, TargetName};
use engine::core::row::ReleaseState;
use protocol::Outcome;
use testkit::repository::GitRepository;
use testkit::world::World;

/// A service with an alarm that is a file: the release is unwell while it is there.
fn watched(alarm: &std::path::Path) -> String {
    format!(
        r#"
name: watched
stages:
  - name: prod
    deploy: {{uses: shell/run, with: {{run: ./deploy.sh, rollback: ./back.sh}}}}
    alarms: [{{command: "test ! -e {}", every: 1s}}]
    waves:
      - {{targets: [local/a, local/b], bake: {{duration: 3s, min_data_points: 1}}}}
      - {{targets: [local/c]}}
"#,
        alarm.display()
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alarm_takes_the_wave_back_and_the_next_wave_never_starts() {
    let world = World::sqlite().await;
    let repository = GitRepository::new();
    let folder = tempfile::tempdir().unwrap();
    let alarm = folder.path().join("alarm");
    repository.write(".tidegate/pipeline.yaml", &watched(&alarm));
    repository.commit("good");
    let pipeline = world.connect(&repository).await;
    let runner = world.runner().await;
    for _ in 0..3 {
        runner.succeed(&runner.lease().await).await;
    }
    assert_eq!(world.ended(&pipeline, ReleaseNumber(1)).await, ReleaseState::Completed, "{}", world.story(&pipeline).await);

    repository.write("README", "bad");
    repository.commit("bad");
    for _ in 0..2 {
        let lease = runner.lease().await;
        assert_eq!(lease.job.release, 2, "{}", lease.job.key);
        runner.succeed(&lease).await;
    }
    std::fs::write(&alarm, "").unwrap();
    let mut back = Vec::new();
    for _ in 0..2 {
        let lease = runner.lease().await;
        assert_eq!(lease.job.release, 1, "a rollback runs the destination's own job: {}", lease.job.key);
        assert!(lease.job.steps.iter().any(|step| step.run.contains("./back.sh")), "{:?}", lease.job.steps);
        back.push(lease.job.target.clone().unwrap());
        runner.report(&lease, Outcome::Succeeded).await.unwrap();
    }
    back.sort();
    assert_eq!(back, ["local/a", "local/b"]);
    assert_eq!(world.ended(&pipeline, ReleaseNumber(2)).await, ReleaseState::Failed, "{}", world.story(&pipeline).await);
    world.event(&pipeline, EventKind::ReleaseQuarantined).await;
    let live = world
        .engine
        .view(&pipeline, |state| state.targets().map(|target| (target.name.clone(), target.live)).collect::<Vec<_>>())
        .await
        .unwrap();
    let one = Some(ReleaseNumber(1));
    let expected: Vec<_> = ["local/a", "local/b", "local/c"].map(|name| (TargetName::from(name), one)).into();
    assert_eq!(live, expected, "{}", world.story(&pipeline).await);
}
