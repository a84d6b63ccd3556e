//! What steps are called, for people.

use engine::core::id::ReleaseNumber;
use engine::core::row::ReleaseState;
use testkit::repository::GitRepository;
use testkit::world::World;

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
    let repository = GitRepository::new();
    repository.write(".tidegate/pipeline.yaml", PIPELINE);
    repository.commit("first");
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
