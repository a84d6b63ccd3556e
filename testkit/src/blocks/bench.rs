//! A machine that executes jobs for real: an agent, its supervisors and keepers, and the server that it asks for work.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use protocol::{AttemptId, Job, Outcome, TargetFence};
use runner::{Config, Token};
use rustix::process::{Pid, Signal};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

use super::server::Server;
use super::until;

/// What every process of an attempt has in its environment.
const MARKER: &str = "TIDEGATE_ATTEMPT";

/// How an attempt ended.
#[derive(Debug, Clone)]
pub struct Ended {
    pub outcome: Outcome,
    pub outputs: BTreeMap<String, String>,
    pub log: String,
}

#[derive(Debug)]
pub(super) struct Bench {
    pub(super) server: Server,
    folder: TempDir,
    shutdown: CancellationToken,
    runtime: Option<Runtime>,
}

impl Bench {
    /// `program` carries the subcommands `attempt` and `in-place`.
    pub(super) fn start(program: &Path) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
        let server = Server::default();
        let address = runtime.block_on(server.start());
        let url = format!("http://{address}").parse().expect("a URL");
        let mut config = Config::new(url, folder.path().join("runner"), program.to_owned());
        config.registration_token = Some(Token::new("one-time"));
        config.slots = 2;
        config.poll = Duration::from_secs(5);
        config.drain = Duration::ZERO;
        let shutdown = CancellationToken::new();
        runtime.spawn({
            let shutdown = shutdown.clone();
            async move { runner::run(config, shutdown).await.expect("the agent runs until it is told to stop") }
        });
        Self { server, folder, shutdown, runtime: Some(runtime) }
    }

    pub(super) fn queue(&self, job: Job, fence: u64) -> AttemptId {
        let attempt = job.attempt.clone();
        self.server.queue(job, TargetFence(fence));
        attempt
    }

    /// Waits for an attempt's end, and until nothing of it is left on the machine.
    #[track_caller]
    pub(super) fn end_of(&self, attempt: &AttemptId) -> Ended {
        let (report, log) = self.server.report_of(attempt);
        let folder = self.attempt_folder(attempt);
        until("the attempt's folder to be gone", || (!folder.exists()).then_some(()));
        Ended { outcome: report.outcome, outputs: report.outputs, log }
    }

    /// Whether the attempt has come so far: what its supervisor wrote, before any of it was sent.
    pub(super) fn has_logged(&self, attempt: &AttemptId, text: &str) -> bool {
        std::fs::read(self.attempt_folder(attempt).join("log")).is_ok_and(|log| String::from_utf8_lossy(&log).contains(text))
    }

    /// `kill -9` of every process of an attempt. The agent lives.
    pub(super) fn kill(&self, attempt: &AttemptId) {
        let marker = format!("{MARKER}={attempt}");
        kill_all(Signal::KILL, |process| process.environment.split('\0').any(|variable| variable == marker));
    }

    fn attempt_folder(&self, attempt: &AttemptId) -> PathBuf {
        self.folder.path().join("runner/attempts").join(attempt.as_str().replace('/', "+"))
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.shutdown.cancel();
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_timeout(Duration::from_secs(5));
        }
        let own = self.folder.path().display().to_string();
        kill_all(Signal::KILL, |process| process.line.contains(&own));
    }
}

/// A process of this machine, as `/proc` shows it: variables and arguments with zero bytes between.
#[derive(Debug)]
pub struct Process {
    pub line: String,
    pub environment: String,
}

/// Sends a signal to all processes that are wanted, and answers how many those were. Never to this one.
pub fn kill_all(signal: Signal, is_wanted: impl Fn(&Process) -> bool) -> usize {
    let entries = std::fs::read_dir("/proc").expect("/proc").flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    let mut count = 0;
    for pid in pids.filter_map(Pid::from_raw).filter(|pid| *pid != rustix::process::getpid()) {
        let read = |file: &str| {
            String::from_utf8_lossy(&std::fs::read(format!("/proc/{}/{file}", pid.as_raw_nonzero())).unwrap_or_default()).into_owned()
        };
        if is_wanted(&Process { line: read("cmdline"), environment: read("environ") }) {
            let _gone = rustix::process::kill_process(pid, signal);
            count += 1;
        }
    }
    count
}
