//! Several pipelines of one repository: what starts which.

use engine::Connection;
use engine::core::Actor;
use testkit::forge::{Sender, Served};
use testkit::repository::GitRepository;
use testkit::world::{Outside, World};

use crate::support::{NEVER_MS, SECRET};

fn file(name: &str) -> String {
    format!(
        "name: {name}\ntriggers: {{push: {{branch: main, paths: [\"services/{name}/**\"]}}}}\nstages:\n  - name: build\n    jobs: [{{steps: [make]}}]\n"
    )
}

/// Each push is heard by all of them; whose paths it touches makes a release, and the others say why they make none.
#[tokio::test(flavor = "multi_thread")]
async fn a_push_starts_the_pipelines_whose_paths_it_touches_and_no_other() {
    let world = World::sqlite_with(Outside::with_hook_secrets(&[SECRET])).await;
    let served = Served::of(&world).await;
    let sender = Sender::new(&served.url, SECRET);
    let repository = GitRepository::new();
    for name in ["orders", "payments"] {
        repository.write(&format!(".tidegate/{name}.yaml"), &file(name));
    }
    repository.commit("the first");
    let connect = async |name: &str| {
        let connection = Connection {
            name: None,
            repository: repository.url(),
            branch: "main".to_owned(),
            file: format!(".tidegate/{name}.yaml"),
            poll_ms: NEVER_MS,
        };
        world.engine.connect(Actor::Engine, connection).await.unwrap_or_else(|error| panic!("{name}: {error}"))
    };
    let (orders, payments) = (connect("orders").await, connect("payments").await);
    let commits = async |pipeline| {
        let view = |state: &engine::core::Pipeline| {
            let mut all: Vec<_> = state.releases().map(|release| (release.row.number, release.row.revisions[0].commit.clone())).collect();
            all.sort();
            all.into_iter().map(|(_, commit)| commit).collect::<Vec<_>>()
        };
        world.engine.view(pipeline, view).await.expect("the pipeline")
    };
    let mut first = Vec::new();
    for (pipeline, name) in [(&orders, "orders"), (&payments, "payments")] {
        first.push(world.until(pipeline, &format!("the first release of {name}"), async || commits(pipeline).await.first().cloned()).await);
    }
    assert_eq!(first[0], first[1]);

    repository.write("services/orders/price", "2\n");
    let own = repository.commit("orders alone");
    assert_eq!(sender.push(&repository.url(), "main").await.status(), 202);
    world.until(&orders, "a release of orders", async || commits(&orders).await.contains(&own).then_some(())).await;
    let checked = world.engine.check_source(&payments).await.expect("looked at");
    assert_eq!((checked.head.as_str(), checked.admitted), (own.as_str(), None));
    assert_eq!(commits(&payments).await, first[..1], "nothing of it is its own");

    repository.write("services/orders/price", "3\n");
    repository.write("services/payments/fee", "1\n");
    let both = repository.commit("both of them");
    assert_eq!(sender.push(&repository.url(), "main").await.status(), 202);
    for pipeline in [&orders, &payments] {
        world.until(pipeline, "a release of both", async || commits(pipeline).await.contains(&both).then_some(())).await;
    }
    // What is nobody's is said, and is not looked at again as if it were new.
    repository.write("README.md", "hello\n");
    let nobodys = repository.commit("the readme");
    for pipeline in [&orders, &payments] {
        let checked = world.engine.check_source(pipeline).await.expect("looked at");
        assert_eq!(
            (checked.head.as_str(), checked.skipped.as_deref()),
            (nobodys.as_str(), Some("no file under the trigger's paths changed"))
        );
        assert_eq!(commits(pipeline).await.last(), Some(&both));
    }
}
