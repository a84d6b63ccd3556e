use engine::core::id::ReleaseNumber;
use engine::core::row::ReleaseState;
use testkit::repository::GitRepository;
use testkit::world::World;

/// Two servers on one PostgreSQL: each takes every other message of the runner, and nothing is lost or doubled.
#[tokio::test(flavor = "multi_thread")]
async fn two_servers_share_the_work() {
    let first = World::on(testkit::postgres::create_database().await).await;
    let second = first.beside().await;
    let repository = GitRepository::new();
    let jobs: Vec<String> = (0..20).map(|n| format!("      - {{name: job-{n}, steps: [{{run: \"true\"}}]}}")).collect();
    repository.write(".tidegate/pipeline.yaml", &format!("name: many\nstages:\n  - name: build\n    jobs:\n{}\n", jobs.join("\n")));
    repository.commit("first");
    let pipeline = first.connect(&repository).await;
    let runner = first.runner().await;
    let mut done = Vec::new();
    for turn in 0..20 {
        let (here, there) = if turn % 2 == 0 { (&first, &second) } else { (&second, &first) };
        let lease = here.known_runner(&runner).lease().await;
        there.known_runner(&runner).succeed(&lease).await;
        done.push(lease.job.key);
    }
    done.sort();
    done.dedup();
    assert_eq!(done.len(), 20, "every job once: {done:?}");
    assert_eq!(second.ended(&pipeline, ReleaseNumber(1)).await, ReleaseState::Completed, "{}", first.story(&pipeline).await);
    first.engine.store().verify_chain(&pipeline).await.unwrap().expect("the chain of events holds");
}
