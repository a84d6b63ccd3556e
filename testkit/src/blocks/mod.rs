//! The conformance suite of blocks: what `pipeline-file.md` promises of the verbs, checked on real jobs.
//!
//! A block takes part by a [`Subject`]: how a pipeline uses it, what its releases are made of, and how somebody who
//! does not trust it sees what runs at the target. The suite compiles a pipeline, expands it, and lets a real
//! agent execute the jobs of its one target.

mod bench;
mod interrupted;
mod jobs;
mod library;
mod server;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use protocol::{ArtifactInput, AttemptId, Checkout, Outcome};

pub use bench::{Ended, Process, kill_all};
pub use jobs::{ARTIFACT, TARGET};
pub use library::library;

use crate::repository::GitRepository;
use bench::Bench;
use jobs::{Jobs, Release};

/// How long the suite waits for what must happen.
const PATIENCE: Duration = Duration::from_secs(180);

/// A block with everything around it that its releases need. What it started ends when it is dropped.
pub trait Subject {
    /// `uses`, `with` and `strategy`, as a pipeline file has them under `deploy`. The artifact is [`ARTIFACT`], the
    /// target [`TARGET`].
    fn deploy(&self) -> serde_json::Value;

    /// The files of a release's artifact, by path.
    fn artifact(&self, condition: Condition) -> BTreeMap<String, Vec<u8>>;

    /// The files of the repository, for blocks that start from a checkout.
    fn repository(&self) -> BTreeMap<String, String> {
        BTreeMap::new()
    }

    /// What the jobs find in their environment beside what the server gives them.
    fn env(&self) -> BTreeMap<String, String> {
        BTreeMap::new()
    }

    /// What runs at the target, seen from outside, not asked from the block. None: nothing yet.
    fn observe(&self) -> Option<Running>;

    /// Whether the target is just being changed from one release to another.
    fn is_changing(&self) -> bool;
}

/// How a release behaves once it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    Well,
    /// Takes some tenths of a second to start or to be put in place, so that there is a middle to interrupt.
    Slow,
    /// Never becomes healthy.
    Sick,
}

/// What serves at the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Running {
    pub release: u64,
    pub is_healthy: bool,
}

/// What the verb `inspect` said (A3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspected {
    /// None: nothing runs.
    pub release: Option<u64>,
    pub version: String,
    /// `healthy`, `unhealthy` or `stopped`.
    pub health: String,
    pub is_in_progress: bool,
}

/// One target, one block, and the machine that executes its jobs.
#[derive(Debug)]
pub struct Suite<S> {
    // First, so that the agent is gone before what it looks after.
    bench: Bench,
    pub subject: S,
    repository: GitRepository,
    commit: String,
    jobs: Jobs,
    attempts: Cell<u64>,
    fence: Cell<u64>,
}

impl<S: Subject> Suite<S> {
    /// `program` carries the runner's subcommands `attempt` and `in-place`.
    #[must_use]
    pub fn new(subject: S, program: &Path) -> Self {
        let repository = GitRepository::new();
        for (path, text) in subject.repository() {
            repository.write(&path, &text);
        }
        let commit = repository.commit("the sources");
        let jobs = Jobs::of(&subject.deploy(), subject.env());
        Self { bench: Bench::start(program), subject, repository, commit, jobs, attempts: Cell::new(0), fence: Cell::new(100) }
    }

    /// Deploy, deploy, rollback: after each, `inspect` and the eyes outside agree.
    pub fn verbs_in_order(&self) {
        let before = self.inspect();
        assert_eq!((before.release, before.health.as_str(), before.is_in_progress), (None, "stopped", false), "nothing runs yet");
        for release in [1, 2] {
            self.deploy(release);
            self.expect_running(release);
        }
        self.roll_back_to(1);
        self.expect_running(1);
        self.deploy(3);
        self.expect_running(3);
    }

    /// What was done is done again: it succeeds, and whoever looks sees the same.
    pub fn verbs_repeated(&self) {
        self.deploy(1);
        let first = self.expect_running(1);
        self.deploy(1);
        assert_eq!(self.expect_running(1), first, "a deployment that is repeated changes nothing");
        self.deploy(2);
        self.roll_back_to(1);
        let back = self.expect_running(1);
        assert_eq!(back, first, "the same release is the same again");
        self.roll_back_to(1);
        assert_eq!(self.expect_running(1), back, "a rollback that is repeated changes nothing");
        assert_eq!(self.inspect(), self.inspect(), "looking changes nothing");
    }

    /// A release that does not become healthy fails its job, and `inspect` tells what serves all the same.
    pub fn an_unhealthy_release(&self) {
        self.deploy(1);
        let ended = self.try_deploy(2, Condition::Sick);
        assert!(matches!(ended.outcome, Outcome::Failed { .. }), "a sick release was deployed: {:?}\n{}", ended.outcome, ended.log);
        self.expect_truth(&[1, 2]);
        self.roll_back_to(1);
        self.expect_running(1);
        self.deploy(3);
        self.expect_running(3);
    }

    /// A job with an older fence than the target has seen changes nothing (A4).
    pub fn an_older_fence(&self) {
        self.deploy(1);
        let current = self.fence.get();
        let release = self.release(2, Condition::Well);
        for node in [self.jobs.deploys().first().copied().expect("a deployment"), self.jobs.rollback()] {
            let attempt = self.bench.queue(self.jobs.rendered(node, &release, self.next_attempt(2)), current - 1);
            let ended = self.bench.end_of(&attempt);
            assert!(matches!(ended.outcome, Outcome::Failed { .. }), "an older fence was let through: {:?}\n{}", ended.outcome, ended.log);
            self.expect_running(1);
        }
        self.deploy(2);
        self.expect_running(2);
    }

    /// Deploys a release that is well.
    #[track_caller]
    pub fn deploy(&self, release: u64) {
        let ended = self.try_deploy(release, Condition::Well);
        assert_eq!(ended.outcome, Outcome::Succeeded, "the deployment of {release}:\n{}", ended.log);
    }

    /// All increments of a deployment, up to the first that fails.
    #[track_caller]
    pub fn try_deploy(&self, release: u64, condition: Condition) -> Ended {
        let release = self.release(release, condition);
        let mut last = None;
        for node in self.jobs.deploys() {
            let ended = self.bench.end_of(&self.start(node, &release));
            if ended.outcome != Outcome::Succeeded {
                return ended;
            }
            last = Some(ended);
        }
        last.expect("a deployment has at least one job")
    }

    /// The rollback job of an earlier release.
    #[track_caller]
    pub fn roll_back_to(&self, release: u64) {
        let ended = self.bench.end_of(&self.start(self.jobs.rollback(), &self.release(release, Condition::Well)));
        assert_eq!(ended.outcome, Outcome::Succeeded, "the rollback to {release}:\n{}", ended.log);
    }

    /// Makes or updates the preview of a pull request beside the target, by the file's own deploy block.
    #[track_caller]
    pub fn make_preview(&self, number: u64, release: u64) {
        let (jobs, _) = Jobs::of_pull_request(&self.subject.deploy(), self.subject.env(), number);
        let release = self.release(release, Condition::Well);
        for node in jobs.deploys() {
            let ended = self.bench.end_of(&self.start_of(&jobs, node, &release));
            assert_eq!(ended.outcome, Outcome::Succeeded, "the preview of pull request {number}:\n{}", ended.log);
        }
    }

    /// Takes it away, by what was planned when it was made.
    #[track_caller]
    pub fn remove_preview(&self, number: u64) {
        let (_, removal) = Jobs::of_pull_request(&self.subject.deploy(), self.subject.env(), number);
        let ended = self.bench.end_of(&self.start_of(&removal, removal.destroy(), &self.release(1, Condition::Well)));
        assert_eq!(ended.outcome, Outcome::Succeeded, "the end of pull request {number}:\n{}", ended.log);
    }

    /// What the block itself says about its target.
    #[track_caller]
    pub fn inspect(&self) -> Inspected {
        let ended = self.bench.end_of(&self.start(self.jobs.inspect(), &self.release(1, Condition::Well)));
        assert_eq!(ended.outcome, Outcome::Succeeded, "the inspection:\n{}", ended.log);
        let said = |name: &str| match ended.outputs.get(name) {
            Some(value) => value.as_str(),
            None => panic!("the inspection wrote no output {name:?}: {:?}\n{}", ended.outputs, ended.log),
        };
        Inspected {
            release: Some(said("release")).filter(|text| !text.is_empty()).map(|text| text.parse().expect("a release's number")),
            version: said("version").to_owned(),
            health: said("health").to_owned(),
            is_in_progress: said("in_progress").parse().expect("true or false"),
        }
    }

    /// `release` runs and is well, says the block, and so say the eyes outside.
    #[track_caller]
    pub fn expect_running(&self, release: u64) -> Inspected {
        let said = self.inspect();
        assert_eq!((said.release, said.health.as_str(), said.is_in_progress), (Some(release), "healthy", false), "{said:?}");
        assert!(!said.version.is_empty(), "a release that runs has a version: {said:?}");
        assert_eq!(self.subject.observe(), Some(Running { release, is_healthy: true }), "seen from outside; inspect said {said:?}");
        said
    }

    /// Whatever happened: as long as it is under way `inspect` says so, and then it says what is seen from outside.
    #[track_caller]
    pub fn expect_truth(&self, allowed: &[u64]) -> Inspected {
        until("an inspection that says what is seen from outside and that nothing is in progress", || {
            let said = self.inspect();
            assert!(said.release.is_some_and(|release| allowed.contains(&release)), "{said:?} is none of {allowed:?}");
            // A service that was just started again comes up between two looks.
            (!said.is_in_progress && agrees(&said, self.subject.observe())).then_some(said)
        })
    }

    fn start(&self, node: pipelines::plan::NodeIx, release: &Release) -> AttemptId {
        self.start_of(&self.jobs, node, release)
    }

    fn start_of(&self, jobs: &Jobs, node: pipelines::plan::NodeIx, release: &Release) -> AttemptId {
        self.fence.set(self.fence.get() + 1);
        let job = jobs.rendered(node, release, self.next_attempt(release.number));
        self.bench.queue(job, self.fence.get())
    }

    /// Unique on this machine: tests run side by side, and processes are found by it.
    fn next_attempt(&self, release: u64) -> AttemptId {
        self.attempts.set(self.attempts.get() + 1);
        let folder = self.repository.path().file_name().and_then(|name| name.to_str()).unwrap_or_default().trim_start_matches('.');
        format!("{folder}.{release}.job.{}", self.attempts.get()).parse().expect("an attempt id")
    }

    fn release(&self, number: u64, condition: Condition) -> Release {
        let mut archive = tar::Builder::new(Vec::new());
        for (path, bytes) in self.subject.artifact(condition) {
            let mut header = tar::Header::new_ustar();
            header.set_size(bytes.len() as u64);
            header.set_mode(0o755);
            archive.append_data(&mut header, path, bytes.as_slice()).expect("packed");
        }
        let bytes = archive.into_inner().expect("packed");
        let size_bytes = bytes.len() as u64;
        let digest = self.bench.server.store(bytes);
        let artifact = ArtifactInput { name: ARTIFACT.to_owned(), digest, size_bytes, path: String::new(), is_folder: true, mode: 0o755 };
        let checkout = Checkout { url: self.repository.url(), commit: self.commit.clone(), reference: "main".to_owned() };
        Release { number, artifact, checkout }
    }
}

/// Looks again and again at something that tells nobody when it changes.
#[track_caller]
#[expect(clippy::disallowed_methods, reason = "processes and files tell nobody when they change; this is the one place that polls")]
pub fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(start.elapsed() < PATIENCE, "waited {PATIENCE:?} in vain for {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// A release that is unwell may not answer at all.
fn agrees(said: &Inspected, seen: Option<Running>) -> bool {
    let is_healthy = said.health == "healthy";
    match seen {
        Some(running) => said.release == Some(running.release) && is_healthy == running.is_healthy,
        None => !is_healthy,
    }
}
