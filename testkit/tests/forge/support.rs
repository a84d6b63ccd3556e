use std::time::Duration;

use engine::core::id::PipelineId;
use serde_json::Value;
use testkit::forge::{Sender, Served};
use testkit::repository::GitRepository;
use testkit::world::{Outside, World};

pub(crate) const SECRET: &str = "a secret of the tests, long enough";
pub(crate) const OTHER_SECRET: &str = "another secret of the tests";

/// So long that no test sees a poll: what happens, happens because of a web hook.
pub(crate) const NEVER_MS: u64 = 24 * 3_600_000;

pub(crate) const PIPELINE: &str = "name: orders\nstages:\n  - name: build\n    jobs: [{name: package, steps: [{run: make}]}]\n";

/// A server that takes web hooks under [`SECRET`], and a repository that it follows.
pub(crate) struct Place {
    pub(crate) world: World,
    pub(crate) served: Served,
    pub(crate) sender: Sender,
    pub(crate) repository: GitRepository,
    pub(crate) pipeline: PipelineId,
}

impl Place {
    pub(crate) async fn open() -> Self {
        let world = World::sqlite_with(Outside::with_hook_secrets(&[SECRET])).await;
        let repository = GitRepository::new();
        repository.write(".tidegate/pipeline.yaml", PIPELINE);
        repository.commit("the first");
        let pipeline = world.connect_and_poll(&repository, NEVER_MS).await;
        let served = Served::of(&world).await;
        let sender = Sender::new(&served.url, SECRET);
        Self { world, served, sender, repository, pipeline }
    }

    /// The same data under a server with other secrets.
    pub(crate) async fn with_secrets(self, secrets: &[&str]) -> Self {
        drop(self.served);
        let world = self.world.restart_outside(Outside::with_hook_secrets(secrets)).await;
        let served = Served::of(&world).await;
        let sender = Sender::new(&served.url, SECRET);
        Self { world, served, sender, ..self }
    }

    /// A sender that uses another secret.
    pub(crate) fn sender_with(&self, secret: &str) -> Sender {
        Sender::new(&self.served.url, secret)
    }

    /// Waits until the pipeline's newest release is of this commit.
    pub(crate) async fn until_released(&self, commit: &str) {
        let what = format!("a release of {commit}");
        self.world.until(&self.pipeline, &what, async || self.commits().await.last().filter(|newest| *newest == commit).cloned()).await;
    }

    /// The commits of the pipeline's releases, oldest first.
    pub(crate) async fn commits(&self) -> Vec<String> {
        let commits = |pipeline: &engine::core::Pipeline| {
            let mut releases: Vec<_> =
                pipeline.releases().map(|release| (release.row.number, release.row.revisions[0].commit.clone())).collect();
            releases.sort_unstable();
            releases.into_iter().map(|(_, commit)| commit).collect()
        };
        self.world.engine.view(&self.pipeline, commits).await.expect("the pipeline")
    }

    /// Waits until the inbox is empty and every source that was poked has been looked at.
    pub(crate) async fn until_quiet(&self) {
        let what = "the inbox to be empty and the source to be looked at";
        self.world
            .until(&self.pipeline, what, async || {
                let store = self.world.engine.store();
                let now = self.world.engine.clock().now();
                let inbox = store.next_inbox_at(now + 3_600_000).await.expect("the inbox");
                let source = store.next_source_at(now + 3_600_000).await.expect("the sources");
                (inbox.is_none() && source.is_none_or(|due| due > now + 60_000)).then_some(())
            })
            .await;
    }
}

/// Status and body.
pub(crate) async fn answer(response: reqwest::Response) -> (u16, Value) {
    let status = response.status().as_u16();
    let text = tokio::time::timeout(Duration::from_secs(120), response.text()).await.expect("an answer in time").expect("a body");
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}
