use std::fmt::Write as _;

use engine::core::id::{PipelineId, ReleaseNumber};
use engine::core::row::ReleaseState;
use futures::future::join_all;
use protocol::{Lease, LeaseRequest, Outcome, Upload, UploadAnswer};
use testkit::repository::GitRepository;
use testkit::world::{ScriptedRunner, World};

const PIPELINE: &str = "
name: big
stages:
  - name: build
    jobs:
      - {name: plan, steps: [./plan]}
      - {name: package, needs: [plan], steps: [make]}
";
const RELEASE: ReleaseNumber = ReleaseNumber(1);

async fn begun(world: &World) -> (PipelineId, ScriptedRunner, Lease) {
    let repository = GitRepository::new();
    repository.write(".tidegate/pipeline.yaml", PIPELINE);
    repository.commit("first");
    let pipeline = world.connect(&repository).await;
    let runner = world.runner().await;
    let lease = runner.lease().await;
    assert_eq!(lease.job.key, "build/plan");
    (pipeline, runner, lease)
}

async fn upload(world: &World, runner: &ScriptedRunner, lease: &Lease, text: String) -> UploadAnswer {
    let upload = Upload { fences: lease.fences.clone(), name: "more.yaml".to_owned(), text };
    world.engine.upload(&runner.id, upload).await.expect("the upload is answered")
}

fn jobs(numbers: std::ops::Range<usize>) -> String {
    numbers.fold("jobs:\n".to_owned(), |mut text, number| {
        let _ = writeln!(text, "  - {{name: job-{number}, steps: [\"true\"]}}");
        text
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn d2_what_was_uploaded_is_there_after_a_restart_and_the_same_upload_changes_nothing() {
    let world = World::sqlite().await;
    let (pipeline, runner, lease) = begun(&world).await;
    let answer = upload(&world, &runner, &lease, jobs(0..2)).await;
    assert_eq!(answer, UploadAnswer { accepted: true, message: "build/plan adds 2".to_owned() });
    let world = world.restart().await;
    let runner = world.known_runner(&runner);
    let again = upload(&world, &runner, &lease, jobs(0..2)).await;
    assert_eq!(again, UploadAnswer { accepted: true, message: "it is there already; nothing changes".to_owned() });
    let clash = upload(&world, &runner, &lease, "jobs: [{name: job-0, steps: [other]}]".to_owned()).await;
    assert!(!clash.accepted && clash.message.contains("build/job-0 is there already with other content"), "{}", clash.message);
    let wrong = upload(&world, &runner, &lease, "jobs: [{name: a, stepps: [other]}]".to_owned()).await;
    assert!(!wrong.accepted && wrong.message.contains("more.yaml:1:") && wrong.message.contains("steps"), "{}", wrong.message);
    runner.succeed(&lease).await;
    let done = runner.work_until("build/package").await;
    assert_eq!(done, ["build/job-0", "build/job-1", "build/package"]);
    assert_eq!(world.ended(&pipeline, RELEASE).await, ReleaseState::Completed, "{}", world.story(&pipeline).await);
    let detail = world.engine.store().release(&pipeline, RELEASE).await.unwrap().unwrap();
    assert_eq!(detail.plan.added.len(), 1, "an old release is shown as it has grown");
    assert_eq!(world.engine.store().addition_text(&pipeline, RELEASE, 1).await.unwrap(), Some(jobs(0..2)));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_is_too_large_or_under_an_old_lease_is_refused() {
    let world = World::sqlite().await;
    let (_, runner, lease) = begun(&world).await;
    let large = upload(&world, &runner, &lease, "#".repeat(protocol::MAX_UPLOAD_BYTES + 1)).await;
    assert!(!large.accepted && large.message.contains("at most 1048576"), "{}", large.message);
    runner.report(&lease, Outcome::Failed { exit_code: 1, step: "run".to_owned() }).await.unwrap();
    let late = Upload { fences: lease.fences.clone(), name: "more.yaml".to_owned(), text: jobs(0..1) };
    let refused = world.engine.upload(&runner.id, late).await;
    assert!(matches!(&refused, Err(engine::Error::Refused(refusal)) if refusal.code == "attempt_ended"), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_generated_pipeline_of_4000_nodes_runs_through() {
    const ADDED: usize = 3_990;
    let world = World::sqlite().await;
    let (pipeline, runner, lease) = begun(&world).await;
    let base = world.engine.store().release(&pipeline, RELEASE).await.unwrap().unwrap().plan.nodes.len();
    let mut from = 0;
    while from < ADDED {
        let to = (from + 500).min(ADDED);
        let answer = upload(&world, &runner, &lease, jobs(from..to)).await;
        assert!(answer.accepted, "{}", answer.message);
        from = to;
    }
    let beyond = upload(&world, &runner, &lease, jobs(ADDED..ADDED + 20)).await;
    assert!(!beyond.accepted && beyond.message.contains("at most 4000"), "{}", beyond.message);
    assert_eq!(base + ADDED, 3_996, "the plan of this test has changed");
    runner.succeed(&lease).await;
    let mut done = 0;
    loop {
        let request = LeaseRequest { slots: 64, reserved: 0, wait_ms: 5_000, holding: Vec::new(), draining: false };
        let leases = world.engine.lease(&runner.id, request).await.unwrap().leases;
        done += leases.len();
        let is_last = leases.iter().any(|lease| lease.job.key == "build/package");
        join_all(leases.iter().map(|lease| runner.succeed(lease))).await;
        if is_last {
            break;
        }
    }
    assert_eq!(done, ADDED + 1, "every job once, and the one that waited for them last");
    assert_eq!(world.ended(&pipeline, RELEASE).await, ReleaseState::Completed);
}
