//! One pipeline over accounts and regions that deploys a Lambda function, and what the cloud itself says of it.

use std::time::Duration;

use engine::core::id::{PipelineId, ReleaseNumber};
use engine::core::row::{NodeState, ReleaseState, WaveState};
use engine::store::ReleaseDetail;
pub(crate) use testkit::aws::{Place, get, prepare_places, serving};
use testkit::repository::GitRepository;

use super::scene::Scene;

/// Each deployment is about ten calls and four processes.
const PATIENCE: Duration = Duration::from_secs(240);

#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) scene: Scene,
    pub(crate) repository: GitRepository,
    pub(crate) pipeline: PipelineId,
    waves: &'static [&'static [Place]],
}

pub(crate) fn repository(pipeline: &str) -> GitRepository {
    let repository = GitRepository::new();
    repository.write(".tidegate/pipeline.yaml", pipeline);
    repository.write("main.py", "one");
    repository.commit("one");
    repository
}

impl Stage {
    /// Connects a pipeline whose first stage builds and whose second one has these waves, where a function and its alarm
    /// are already. Its runners are the caller's.
    pub(crate) async fn connect(scene: Scene, waves: &'static [&'static [Place]], pipeline: &str) -> Self {
        let repository = repository(pipeline);
        let pipeline = scene.world.connect(&repository).await;
        Self { scene, repository, pipeline, waves }
    }

    pub(crate) fn push(&self, text: &str) {
        self.repository.write("main.py", text);
        self.repository.commit(text);
    }

    /// Waits for what must happen, however slow the machine is.
    pub(crate) async fn until<T>(&self, what: &str, ask: impl AsyncFn() -> Option<T>) -> T {
        let mut events = self.scene.world.engine.events();
        let waited = tokio::time::timeout(PATIENCE, async {
            loop {
                if let Some(answer) = ask().await {
                    return answer;
                }
                drop(tokio::time::timeout(Duration::from_millis(200), events.recv()).await);
            }
        });
        match waited.await {
            Ok(answer) => answer,
            Err(_) => panic!("waited {PATIENCE:?} for {what}; what happened:\n{}", self.scene.world.story(&self.pipeline).await),
        }
    }

    pub(crate) async fn detail(&self, release: u64) -> Option<ReleaseDetail> {
        self.scene.world.engine.store().release(&self.pipeline, ReleaseNumber(release)).await.expect("the store")
    }

    pub(crate) async fn until_state(&self, release: u64, state: ReleaseState) {
        self.until(&format!("release {release} to be {state:?}"), async || {
            self.detail(release).await.filter(|detail| detail.release.state == state).map(drop)
        })
        .await;
    }

    pub(crate) async fn until_wave(&self, release: u64, wave: usize, state: WaveState) {
        self.until(&format!("wave {} of release {release} to be {state:?}", wave + 1), async || {
            let detail = self.detail(release).await?;
            detail.waves.iter().any(|row| row.wave.stage.0 == 1 && row.wave.wave as usize == wave && row.state == state).then_some(())
        })
        .await;
    }

    /// All targets of the wave bake.
    pub(crate) async fn until_baking(&self, release: u64, wave: usize) {
        self.until(&format!("wave {} of release {release} to bake", wave + 1), async || {
            let detail = self.detail(release).await?;
            let bakes = |row: &engine::core::row::NodeRow| {
                let node = detail.plan.node(row.node);
                row.state == NodeState::Baking && node.and_then(|node| node.wave).is_some_and(|ix| ix.wave as usize == wave)
            };
            (detail.nodes.iter().filter(|row| bakes(row)).count() == self.waves[wave].len()).then_some(())
        })
        .await;
    }

    /// Release and digest at each target of a wave.
    pub(crate) async fn serving(&self, wave: usize) -> Vec<(String, String)> {
        let mut found = Vec::new();
        for place in self.waves[wave] {
            found.push(serving(&self.scene.front, *place).await.unwrap_or_else(|| panic!("nothing serves at {place:?}")));
        }
        found
    }

    pub(crate) async fn releases(&self, wave: usize) -> Vec<String> {
        self.serving(wave).await.into_iter().map(|(release, _)| release).collect()
    }
}
