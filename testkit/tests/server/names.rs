//! What steps are called, for people.

use std::collections::BTreeMap;
use std::sync::Arc;

use adapters::secrets::{ConfiguredSecrets, Table, Values};
use engine::core::EventKind;
use engine::core::id::ReleaseNumber;
use engine::core::row::ReleaseState;
use engine::ports::SecretValue;
use protocol::Outcome;
use testkit::repository::GitRepository;
use testkit::world::{Cloud, Outside, World};

const PIPELINE: &str = "
name: names
stages:
  - name: build
    jobs:
      - steps:
          - 'make all the things that this release is made of for ${{ release.branch }} and for nobody else'
          - 'deploy to ${{ release.branch }}'
          - {name: 'on ${{ release.branch }}', run: 'true'}
";

#[tokio::test(flavor = "multi_thread")]
async fn a_step_without_a_name_is_called_by_its_command_however_long_that_is() {
    let world = World::sqlite().await;
    let repository = repository(PIPELINE);
    let pipeline = world.connect(&repository).await;
    let runner = world.runner().await;
    let lease = runner.lease().await;
    let names: Vec<&str> = lease.job.steps.iter().map(|step| step.name.as_str()).collect();
    // The first is cut inside of an expression.
    assert_eq!(names, ["make all the things that this release is made of for ${{ rel…", "deploy to main", "on main"]);
    assert!(lease.job.steps[0].run.contains("for main and for nobody else"), "{}", lease.job.steps[0].run);
    runner.succeed(&lease).await;
    assert_eq!(world.ended(&pipeline, ReleaseNumber(1)).await, ReleaseState::Completed);
}

const CANARY: &str = "canary-4e1f";

const SECRETIVE: &str = "
name: names
stages:
  - name: build
    jobs:
      - steps:
          - 'curl -H ${{ secrets.TOKEN }} of ${{ release.branch }}'
          - 'login ${{ release.branch + secrets.TOKEN }}'
          - {name: 'with ${{ secrets.TOKEN }}', run: 'true'}
";

/// A step's name is stored, shown and told with what fails, and a log's masks are not applied to it.
#[tokio::test(flavor = "multi_thread")]
async fn a8_the_names_of_steps_leave_secrets_out() {
    let world = World::sqlite_with(with_a_secret()).await;
    let pipeline = world.connect(&repository(SECRETIVE)).await;
    let runner = world.runner().await;
    let lease = runner.lease().await;
    assert!(lease.job.steps[0].run.contains(CANARY) && lease.job.steps[1].run.contains(CANARY), "the commands themselves have it");
    let names: Vec<&str> = lease.job.steps.iter().map(|step| step.name.as_str()).collect();
    let as_written = [
        "curl -H ${{ secrets.TOKEN }} of ${{ release.branch }}",
        "login ${{ release.branch + secrets.TOKEN }}",
        "with ${{ secrets.TOKEN }}",
    ];
    assert_eq!(names, as_written, "a name that would need a secret stays as it is written");
    for (name, value) in &lease.job.env {
        assert!(!value.contains(CANARY), "{name} was not asked for");
    }
    runner.report(&lease, Outcome::Failed { exit_code: 1, step: names[1].to_owned() }).await.unwrap();
    assert_eq!(world.ended(&pipeline, ReleaseNumber(1)).await, ReleaseState::Failed);
    let failed = world.event(&pipeline, EventKind::JobFailed).await;
    assert!(failed.reason.contains("login ${{ release.branch + secrets.TOKEN }}"), "{}", failed.reason);
    let detail = world.engine.store().release(&pipeline, ReleaseNumber(1)).await.unwrap().unwrap();
    for told in [world.story(&pipeline).await, format!("{detail:?}")] {
        assert!(!told.contains(CANARY), "{told}");
    }
}

fn with_a_secret() -> Outside {
    let values = Values(BTreeMap::from([("TOKEN".to_owned(), SecretValue::new(CANARY.to_owned()))]));
    let secrets = Arc::new(ConfiguredSecrets::new(Table { secrets: values, ..Table::default() }));
    Outside { cloud: Some(Cloud::new(move |_, ports, _| ports.secrets = secrets.clone())), ..Outside::default() }
}

fn repository(pipeline: &str) -> GitRepository {
    let repository = GitRepository::new();
    repository.write(".tidegate/pipeline.yaml", pipeline);
    repository.commit("first");
    repository
}
