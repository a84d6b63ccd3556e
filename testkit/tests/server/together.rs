//! P5: a release of several sources takes only sets of revisions that go together, and says why nothing starts.

use engine::core::id::ReleaseNumber;
use engine::core::row::ReleaseState;
use engine::core::{Actor, EventKind};
use engine::{Checked, Error, Start};
use testkit::repository::GitRepository;
use testkit::world::World;

const RELEASE: ReleaseNumber = ReleaseNumber(1);

fn file(name: &str, sources: &str) -> String {
    format!("name: {name}\n{sources}stages: [{{name: build, jobs: [{{name: make, steps: [make]}}]}}]\n")
}

fn repository(text: &str) -> GitRepository {
    let repository = GitRepository::new();
    repository.write(".tidegate/pipeline.yaml", text);
    repository.commit("first");
    repository
}

/// Nobody polls: the tests ask.
const NEVER_MS: u64 = 24 * 3_600_000;

fn why(checked: &Checked) -> String {
    checked.waits.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

#[tokio::test(flavor = "multi_thread")]
async fn p5_a_release_takes_the_head_of_another_repository_and_a_commit_there_makes_another_release() {
    let world = World::sqlite().await;
    let config = GitRepository::new();
    config.write("settings", "one");
    let one = config.commit("one");
    let text = file("app", &format!("sources: {{config: {{repository: \"{}\"}}}}\n", config.url()));
    let app = repository(&text);
    let pipeline = world.connect_and_poll(&app, NEVER_MS).await;
    let runner = world.runner().await;
    let lease = runner.lease().await;
    assert_eq!(lease.job.env.get("TIDEGATE_SOURCE_CONFIG"), Some(&one), "{:?}", lease.job.env);
    runner.succeed(&lease).await;
    assert_eq!(world.ended(&pipeline, RELEASE).await, ReleaseState::Completed);
    assert_eq!(world.engine.check_source(&pipeline).await.unwrap().admitted, None, "nothing is new");

    config.write("settings", "two");
    let two = config.commit("two");
    let checked = world.engine.check_source(&pipeline).await.unwrap();
    assert_eq!(checked.admitted, Some(ReleaseNumber(2)), "{checked:?}");
    let second = world.until_release(&pipeline, ReleaseNumber(2)).await;
    assert_eq!(second.revisions.len(), 2);
    assert_eq!(second.revisions[1].commit, two);
    let first = world.until_release(&pipeline, RELEASE).await;
    assert_ne!(first.digest, second.digest, "the digest covers every revision (P1)");
    assert_eq!(first.revisions[0].commit, second.revisions[0].commit);
}

#[tokio::test(flavor = "multi_thread")]
async fn p5_a_release_waits_for_one_of_its_upstream_that_was_made_from_the_same_commit() {
    let world = World::sqlite().await;
    let shared = repository(&file("library", ""));
    shared.write(".tidegate/app.yaml", &file("app", "sources: {library: {pipeline: library}}\n"));
    shared.commit("second");
    let library = world.connect_and_poll(&shared, NEVER_MS).await;
    let connection = engine::Connection {
        name: None,
        repository: shared.url(),
        branch: "main".to_owned(),
        file: ".tidegate/app.yaml".to_owned(),
        poll_ms: NEVER_MS,
    };
    let app = world.engine.connect(Actor::Engine, connection).await.unwrap();
    let waits = world.engine.check_source(&app).await.unwrap();
    assert_eq!((waits.admitted, why(&waits)), (None, "library: no release of library has completed its path".to_owned()));
    let known = world.engine.store().sources_of(&app).await.unwrap();
    let shown = known[0].last_error.clone().unwrap_or_default();
    assert!(shown.contains("nothing starts at") && shown.contains("library: no release of library has completed"), "{shown}");
    let start = Start { key: "by hand".to_owned(), commit: None, inputs: std::collections::BTreeMap::new(), trigger: "manual".to_owned() };
    let refused = world.engine.start(&app, Actor::Engine, start).await.unwrap_err();
    assert!(matches!(&refused, Error::Invalid { what: "sources", detail } if detail.contains("library: no release")), "{refused}");

    let runner = world.runner().await;
    runner.succeed(&runner.lease().await).await;
    assert_eq!(world.ended(&library, RELEASE).await, ReleaseState::Completed);
    assert_eq!(world.engine.check_source(&app).await.unwrap().admitted, Some(RELEASE));
    let lease = runner.lease().await;
    assert_eq!((lease.job.key.as_str(), lease.job.env.get("TIDEGATE_SOURCE_LIBRARY").map(String::as_str)), ("build/make", Some("1")));
    runner.succeed(&lease).await;

    // Both go on to the next commit; until the library has completed it, nothing goes together.
    shared.write("code", "new");
    shared.commit("third");
    let waits = world.engine.check_source(&app).await.unwrap();
    assert!(why(&waits).starts_with("library: release #1 of library is not of the same "), "{waits:?}");
    assert_eq!(world.engine.check_source(&library).await.unwrap().admitted, Some(ReleaseNumber(2)));
    runner.succeed(&runner.lease().await).await;
    assert_eq!(world.ended(&library, ReleaseNumber(2)).await, ReleaseState::Completed);
    // Nobody asks for it: the upstream's end pokes the source.
    let second = world.until_release(&app, ReleaseNumber(2)).await;
    assert_eq!(second.revisions.iter().map(|revision| revision.reference.as_str()).collect::<Vec<_>>(), ["main", "#2"]);
    world.event(&app, EventKind::ReleaseCreated).await;
}
