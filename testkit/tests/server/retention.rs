//! What may be forgotten goes, and what a target needs stays (P3, X2).

use bytes::Bytes;
use engine::core::id::ReleaseNumber;
use engine::core::row::ReleaseState;
use engine::store::StoredArtifact;
use protocol::{ArtifactDigest, Outcome};
use sha2::Digest as _;
use testkit::repository::GitRepository;
use testkit::world::{ScriptedRunner, World};

const PIPELINE: &str = r#"
name: shop
stages:
  - name: build
    jobs:
      - name: package
        steps: [{run: make package}]
        artifacts: {app: app.tar}
  - name: prod
    targets: [local/a]
    deploy: {uses: shell/run, with: {run: ./deploy.sh, artifact: app}}
"#;

async fn build_and_deploy(runner: &ScriptedRunner) {
    for _ in 0..2 {
        let lease = runner.lease().await;
        runner.succeed(&lease).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p3_a_release_that_a_rollback_may_go_back_to_outlives_its_retention() {
    let world = World::sqlite().await;
    let repository = GitRepository::new();
    repository.write(".tidegate/pipeline.yaml", PIPELINE);
    repository.commit("first");
    let pipeline = world.connect(&repository).await;
    let runner = world.runner().await;
    build_and_deploy(&runner).await;
    assert_eq!(world.ended(&pipeline, ReleaseNumber(1)).await, ReleaseState::Completed, "{}", world.story(&pipeline).await);

    repository.write("a", "2");
    repository.commit("its build fails");
    let lease = runner.lease().await;
    let unused = Bytes::from_static(b"bytes that no release uses");
    let unused_digest = ArtifactDigest::try_from(hex::encode(sha2::Sha256::digest(&unused))).expect("a digest");
    let body = futures::stream::iter([Ok(unused)]);
    world.engine.put_artifact(&runner.id, &lease.fences, &unused_digest, body).await.expect("upload");
    runner.report(&lease, Outcome::Failed { exit_code: 1, step: "make package".to_owned() }).await.expect("the report is taken");
    world.ended(&pipeline, ReleaseNumber(2)).await;

    repository.write("a", "3");
    repository.commit("third");
    build_and_deploy(&runner).await;
    assert_eq!(world.ended(&pipeline, ReleaseNumber(3)).await, ReleaseState::Completed, "{}", world.story(&pipeline).await);

    let world = world
        .restart_with(|settings| {
            settings.retention.releases_ms = 0;
            settings.retention.releases_at_least = 1;
            settings.retention.artifacts_ms = 0;
            settings.retention.events_ms = 0;
            settings.retention.logs_ms = 0;
        })
        .await;
    let store = world.engine.store();
    world
        .until(&pipeline, "the failed release and the unused artifact to go", async || {
            let gone = store.release(&pipeline, ReleaseNumber(2)).await.expect("the store").is_none()
                && store.artifact(&unused_digest).await.expect("the store") == StoredArtifact::Missing;
            gone.then_some(())
        })
        .await;
    for (release, why) in [(1, "a rollback may go back to it"), (3, "it runs")] {
        let detail = store.release(&pipeline, ReleaseNumber(release)).await.expect("the store");
        assert!(detail.is_some(), "release {release} stays: {why}");
        let used = store.artifact_of(&pipeline, ReleaseNumber(release), "app").await.expect("the store").expect("its artifact");
        assert!(world.engine.artifact(&used.digest).await.is_ok(), "so do the bytes of release {release}");
    }
    assert!(world.engine.artifact(&unused_digest).await.is_err());
    assert!(store.verify_chain(&pipeline).await.expect("the store").is_ok(), "the chain of events begins later and still holds");
}
