//! A shared block goes to another version over several pipelines: previewed, in waves, held, rolled back.

use engine::core::Actor;
use engine::core::id::{PipelineId, ReleaseNumber};
use engine::store::{MemberState, UpgradeRow, UpgradeState};
use engine::{Error, Use};
use pipelines::Pin;
use pipelines::lock::{Folder, Lock, Locked, SharedName, digest_of};
use protocol::Outcome;
use testkit::repository::GitRepository;
use testkit::world::{ScriptedRunner, World};

const BLOCK: &str = "description: Warms a cache\ninputs:\n  size: {type: integer, default: 10, description: How many}\nverbs:\n  shift: ['echo warm ${{ inputs.size }}']\n";

/// The repository of the platform team, with two versions of a block.
struct Platform {
    repository: GitRepository,
    old: String,
    new: String,
}

impl Platform {
    fn new() -> Self {
        let repository = GitRepository::new();
        repository.write("cache/block.yaml", BLOCK);
        let old = repository.commit("v1");
        repository.write("cache/block.yaml", &BLOCK.replace("echo warm", "echo hot"));
        let new = repository.commit("v2");
        Self { repository, old, new }
    }

    fn name(&self, version: &str) -> SharedName {
        SharedName::parse(&format!("git::file://{}//cache@{version}", self.repository.path().display())).unwrap()
    }

    fn pin(&self) -> Pin {
        let folder = Folder::from([("block.yaml".to_owned(), BLOCK.replace("echo warm", "echo hot"))]);
        Pin { name: self.name("v2"), locked: Locked { commit: self.new.clone(), digest: digest_of(&folder) } }
    }

    /// A pipeline that has locked the first version.
    fn user(&self, name: &str) -> GitRepository {
        let repository = GitRepository::new();
        let uses = self.name("v1");
        let file = format!("name: {name}\nstages:\n  - {{name: live, targets: [{name}/one], deploy: {{uses: \"{uses}\"}}}}\n");
        repository.write(".tidegate/pipeline.yaml", &file);
        let mut lock = Lock::default();
        lock.add(&uses, &self.old, &Folder::from([("block.yaml".to_owned(), BLOCK.to_owned())]));
        repository.write(".tidegate/lock.yaml", &lock.text());
        repository.commit("first");
        repository
    }
}

struct Scene {
    world: World,
    platform: Platform,
    runner: ScriptedRunner,
    pipelines: Vec<PipelineId>,
    _users: Vec<GitRepository>,
}

/// Pipelines a, b and c, each with a first release that has completed.
async fn scene() -> Scene {
    let world = World::sqlite().await;
    let platform = Platform::new();
    let runner = world.runner().await;
    let (mut pipelines, mut users) = (Vec::new(), Vec::new());
    for name in ["a", "b", "c"] {
        let user = platform.user(name);
        let pipeline = world.connect_and_poll(&user, 3_600_000).await;
        let lease = runner.lease().await;
        let step = &lease.job.steps[0];
        assert_eq!((step.name.as_str(), step.run.as_str()), ("echo warm 10", "echo warm 10"), "{:?}", world.story(&pipeline).await);
        runner.succeed(&lease).await;
        world.ended(&pipeline, ReleaseNumber(1)).await;
        pipelines.push(pipeline);
        users.push(user);
    }
    Scene { world, platform, runner, pipelines, _users: users }
}

impl Scene {
    async fn until(&self, id: &str, what: &str, is_there: impl Fn(&UpgradeRow) -> bool) -> UpgradeRow {
        let ask = async || Some(self.world.engine.upgrade(id).await.unwrap()).filter(|upgrade| is_there(upgrade));
        self.world.until(&self.pipelines[0], what, ask).await
    }

    async fn versions(&self) -> Vec<String> {
        let uses: Vec<Use> = self.world.engine.fleet().await.unwrap();
        uses.into_iter()
            .map(|used| format!("{} {} {}", used.name, used.block.rsplit('@').next().unwrap_or_default(), used.pinned_over.is_some()))
            .collect()
    }
}

fn states(upgrade: &UpgradeRow) -> Vec<MemberState> {
    upgrade.waves.iter().flatten().map(|member| member.state).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upgrade_is_previewed_and_goes_through_the_fleet_in_waves() {
    let scene = scene().await;
    assert_eq!(scene.versions().await, ["a v1 false", "b v1 false", "c v1 false"]);
    let previews = scene.world.engine.preview_upgrade(&scene.platform.pin()).await.unwrap();
    assert_eq!(previews.len(), 3);
    let difference = previews[0].difference.clone().unwrap();
    assert!(difference.contains("echo hot") || difference.contains("cache@v2"), "{difference}");
    let wrong =
        Pin { locked: Locked { digest: format!("sha256:{}", "0".repeat(64)), ..scene.platform.pin().locked }, ..scene.platform.pin() };
    let refused = scene.world.engine.begin_upgrade(&Actor::Engine, wrong, &[]).await.unwrap_err();
    assert!(matches!(&refused, Error::Invalid { detail, .. } if detail.contains("has the digest")), "{refused}");

    let begun = scene.world.engine.begin_upgrade(&Actor::Engine, scene.platform.pin(), &[1, 2]).await.unwrap();
    assert_eq!(begun.waves.iter().map(Vec::len).collect::<Vec<_>>(), [1, 2]);
    let again = scene.world.engine.begin_upgrade(&Actor::Engine, scene.platform.pin(), &[]).await.unwrap_err();
    assert!(again.to_string().contains("has not ended"), "{again}");
    let lease = scene.runner.lease().await;
    assert!(lease.job.steps[0].run.contains("echo hot 10"), "the pin goes over the file: {:?}", lease.job.steps);
    let is_moving = |upgrade: &UpgradeRow| states(upgrade).first() == Some(&MemberState::Moving);
    let moving = scene.until(&begun.id, "the first wave to move", is_moving).await;
    assert_eq!(states(&moving), [MemberState::Moving, MemberState::Waiting, MemberState::Waiting], "the second wave waits for the first");
    scene.runner.succeed(&lease).await;
    for _ in 0..2 {
        let lease = scene.runner.lease().await;
        assert!(lease.job.steps[0].run.contains("echo hot 10"), "{:?}", lease.job.steps);
        scene.runner.succeed(&lease).await;
    }
    let done = scene.until(&begun.id, "the end of the upgrade", |upgrade| upgrade.state == UpgradeState::Done).await;
    assert_eq!(states(&done), [MemberState::Done; 3]);
    assert_eq!(scene.versions().await, ["a v2 true", "b v2 true", "c v2 true"]);
    assert!(scene.world.engine.preview_upgrade(&scene.platform.pin()).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_that_fails_holds_the_upgrade_and_a_roll_back_brings_the_old_version_back() {
    let scene = scene().await;
    let begun = scene.world.engine.begin_upgrade(&Actor::Engine, scene.platform.pin(), &[1]).await.unwrap();
    let lease = scene.runner.lease().await;
    scene.runner.report(&lease, Outcome::Failed { exit_code: 1, step: "run".to_owned() }).await.unwrap();
    // The target goes back by its release's own stored steps (X3).
    let back = scene.runner.lease().await;
    assert!(back.job.steps[0].run.contains("echo warm 10"), "{:?}", back.job.steps);
    scene.runner.succeed(&back).await;
    let held = scene.until(&begun.id, "the upgrade to be held", |upgrade| upgrade.state == UpgradeState::Held).await;
    assert_eq!(states(&held), [MemberState::Failed, MemberState::Waiting, MemberState::Waiting]);
    assert!(held.reason.starts_with("a: release #2 is quarantined"), "{}", held.reason);

    // A restart forgets nothing of it.
    let Scene { world, platform, runner, pipelines, _users } = scene;
    let world = world.restart().await;
    let runner = world.known_runner(&runner);
    let scene = Scene { world, platform, runner, pipelines, _users };
    scene.world.engine.change_upgrade(&Actor::Engine, &begun.id, UpgradeState::RollingBack, "it fails").await.unwrap();
    let lease = scene.runner.lease().await;
    assert!(lease.job.steps[0].run.contains("echo warm 10"), "{:?}", lease.job.steps);
    scene.runner.succeed(&lease).await;
    let back = scene.until(&begun.id, "the upgrade to be rolled back", |upgrade| upgrade.state == UpgradeState::RolledBack).await;
    assert_eq!(states(&back), [MemberState::Back; 3]);
    assert_eq!(scene.versions().await, ["a v1 false", "b v1 false", "c v1 false"]);
    let refused = scene.world.engine.change_upgrade(&Actor::Engine, &begun.id, UpgradeState::Held, "").await.unwrap_err();
    assert!(refused.to_string().contains("has ended"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upgrade_that_is_held_and_resumed_tries_again_what_failed() {
    let scene = scene().await;
    let begun = scene.world.engine.begin_upgrade(&Actor::Engine, scene.platform.pin(), &[3]).await.unwrap();
    scene.world.engine.change_upgrade(&Actor::Engine, &begun.id, UpgradeState::Held, "lunch").await.unwrap();
    scene.world.engine.change_upgrade(&Actor::Engine, &begun.id, UpgradeState::Rolling, "").await.unwrap();
    for _ in 0..3 {
        let lease = scene.runner.lease().await;
        assert!(lease.job.steps[0].run.contains("echo hot 10"), "{:?}", lease.job.steps);
        scene.runner.succeed(&lease).await;
    }
    let done = scene.until(&begun.id, "the end of the upgrade", |upgrade| upgrade.state == UpgradeState::Done).await;
    assert!(done.waves.iter().flatten().all(|member| member.release == Some(ReleaseNumber(2))), "each began once: {done:?}");
}
