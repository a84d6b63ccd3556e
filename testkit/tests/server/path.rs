use std::collections::BTreeSet;

use engine::core::EventKind;
use engine::core::id::ReleaseNumber;
use engine::core::row::ReleaseState;
use testkit::repository::GitRepository;
use testkit::world::World;

const PIPELINE: &str = r#"
name: hello
stages:
  - name: build
    jobs:
      - name: package
        steps: [{run: make package}]
        artifacts: {app: app.tar}
  - name: beta
    targets: [local/beta]
    deploy: {uses: shell/run, with: {run: "./deploy.sh ${{ target.name }}", artifact: app}}
  - name: prod
    deploy: {uses: shell/run, with: {run: ./deploy.sh, artifact: app}}
    waves:
      - {targets: [local/a]}
      - {targets: [local/b, local/c]}
"#;

fn sample() -> GitRepository {
    let repository = GitRepository::new();
    repository.write(".tidegate/pipeline.yaml", PIPELINE);
    repository.commit("first");
    repository
}

async fn a_commit_travels(world: World) {
    let repository = sample();
    let pipeline = world.connect(&repository).await;
    let runner = world.runner().await;
    let lease = runner.lease().await;
    assert_eq!(lease.job.key, "build/package");
    assert_eq!(lease.job.checkout.as_ref().unwrap().commit, repository.git(&["rev-parse", "HEAD"]));
    runner.succeed(&lease).await;

    let lease = runner.lease().await;
    assert_eq!(lease.job.target.as_deref(), Some("local/beta"));
    assert!(lease.job.steps.iter().any(|step| step.run.contains("./deploy.sh local/beta")), "{:?}", lease.job.steps);
    assert_eq!(lease.job.artifacts_in.len(), 1, "{:?}", lease.job.artifacts_in);
    assert!(lease.fences.fence.is_some(), "whatever touches a target carries its fence");
    runner.succeed(&lease).await;

    for _ in 0..3 {
        let lease = runner.lease().await;
        runner.succeed(&lease).await;
    }
    assert_eq!(world.ended(&pipeline, ReleaseNumber(1)).await, ReleaseState::Completed, "{}", world.story(&pipeline).await);
    world.engine.store().verify_chain(&pipeline).await.unwrap().expect("the chain of events holds");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_travels_on_sqlite() {
    a_commit_travels(World::sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_travels_on_postgres() {
    a_commit_travels(World::on(testkit::postgres::create_database().await).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_in_the_middle_of_a_job_changes_nothing() {
    let world = World::sqlite().await;
    let repository = sample();
    let pipeline = world.connect(&repository).await;
    let runner = world.runner().await;
    let lease = runner.lease().await;
    let world = world.restart().await;
    let runner = world.known_runner(&runner);
    runner.succeed(&lease).await;
    world.event(&pipeline, EventKind::StageCompleted).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_commit_is_found_by_the_poll() {
    let world = World::sqlite().await;
    let repository = sample();
    let pipeline = world.connect(&repository).await;
    repository.write("README", "two");
    repository.commit("second");
    let second = world.until_release(&pipeline, ReleaseNumber(2)).await;
    assert_eq!(second.revisions[0].title, "second");
}

/// Two versions of the file, in which everything says which it is of.
#[tokio::test(flavor = "multi_thread")]
async fn p3_a_changed_file_applies_to_new_releases_only() {
    let file = |version: &str| {
        format!(
            "name: hello\nstages:\n  - {{name: build, jobs: [{{name: package, steps: [make {version}], artifacts: {{app: app.tar}}}}]}}\n  \
             - {{name: beta, targets: [local/beta], deploy: {{uses: shell/run, with: {{run: ./deploy {version}, artifact: app}}}}}}\n"
        )
    };
    let world = World::sqlite().await;
    let repository = GitRepository::new();
    repository.write(".tidegate/pipeline.yaml", &file("one"));
    repository.commit("first");
    let pipeline = world.connect(&repository).await;
    let runner = world.runner().await;
    let lease = runner.lease().await;
    assert_eq!(lease.job.steps[0].run, "make one");
    repository.write(".tidegate/pipeline.yaml", &file("two"));
    repository.commit("second");
    world.until_release(&pipeline, ReleaseNumber(2)).await;
    let world = world.restart().await;
    let runner = world.known_runner(&runner);
    runner.succeed(&lease).await;
    let mut runs = BTreeSet::new();
    for _ in 0..3 {
        let lease = runner.lease().await;
        let last = lease.job.steps.last().map(|step| step.run.clone()).unwrap_or_default();
        runs.insert((lease.job.key.clone(), last));
        runner.succeed(&lease).await;
    }
    let runs: Vec<(String, String)> = runs.into_iter().collect();
    let run = |key: &str, run: &str| (key.to_owned(), run.to_owned());
    let expected =
        [run("beta/local/beta/deploy", "./deploy one"), run("beta/local/beta/deploy", "./deploy two"), run("build/package", "make two")];
    assert_eq!(runs, expected, "{}", world.story(&pipeline).await);
    for number in [1, 2] {
        assert_eq!(world.ended(&pipeline, ReleaseNumber(number)).await, ReleaseState::Completed);
    }
}

/// Two of a kind wait; the report of the first job finds the runner that waits for the second.
#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_a_report_makes_ready_is_leased_in_the_commit_of_the_report() {
    let world = World::sqlite().await;
    let elsewhere = GitRepository::new();
    elsewhere
        .write(".tidegate/pipeline.yaml", "name: arm\nstages:\n  - {name: a, jobs: [{name: j, runs_on: {arch: arm64}, steps: [make]}]}\n");
    elsewhere.commit("first");
    // Nobody can take it, and nobody waits behind it.
    world.connect(&elsewhere).await;
    let repository = GitRepository::new();
    let jobs = "[{name: a, steps: [make]}, {name: b, needs: [a], steps: [make]}, {name: c, needs: [a], steps: [make]}]";
    repository.write(".tidegate/pipeline.yaml", &format!("name: chain\nstages:\n  - {{name: build, jobs: {jobs}}}\n"));
    repository.commit("first");
    let pipeline = world.connect(&repository).await;
    let (first, second) = (world.runner().await, world.runner().await);
    let lease = first.lease().await;
    let version = async || world.engine.store().version(&pipeline).await.unwrap().number;
    let before = version().await;
    let reported = async {
        // The long poll stands before the report comes.
        world.until(&pipeline, "the second runner waits", async || (world.engine.waiting_runners() == 1).then_some(())).await;
        first.succeed(&lease).await;
    };
    let ((), next) = tokio::join!(reported, second.lease());
    assert_eq!(next.job.key, "build/b");
    assert_eq!(version().await, before + 1, "one commit for the report and the lease:\n{}", world.story(&pipeline).await);
    assert_eq!(first.lease().await.job.key, "build/c", "what found nobody waits for a round");
    second.succeed(&next).await;
    world.engine.store().verify_chain(&pipeline).await.unwrap().expect("the chain of events holds");
}
