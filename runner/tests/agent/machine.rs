//! A machine with a runner on it: real processes, real files.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use protocol::{AttemptId, Job, Step};
use tempfile::TempDir;

use crate::server::{DEADLINE, FakeServer};

pub(crate) struct Machine {
    pub(crate) server: FakeServer,
    pub(crate) folder: TempDir,
    agent: Option<Child>,
    arguments: Vec<String>,
    /// The runner's program.
    pub(crate) program: PathBuf,
}

impl Machine {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let mut machine = Self::without_agent(arguments);
        machine.start_agent();
        machine
    }

    pub(crate) fn without_agent(arguments: &[&str]) -> Self {
        let arguments = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        let program = PathBuf::from(env!("CARGO_BIN_EXE_tidegate-runner"));
        Self { server: FakeServer::start(), folder: TempDir::new().expect("temp"), agent: None, arguments, program }
    }

    pub(crate) fn workdir(&self) -> PathBuf {
        self.folder.path().join("runner")
    }

    pub(crate) fn start_agent(&mut self) {
        let token = self.folder.path().join("token");
        std::fs::write(&token, "one-time\n").expect("token");
        let log = std::fs::OpenOptions::new().create(true).append(true).open(self.folder.path().join("agent.log")).expect("log");
        let child = Command::new(&self.program)
            .args(["run", "--server", &self.server.url(), "--poll-seconds", "1", "--log-format", "text", "--name", "test", "--token-file"])
            .arg(&token)
            .arg("--workdir")
            .arg(self.workdir())
            .args(&self.arguments)
            .env("TIDEGATE_LOG", "debug,hyper_util=info,reqwest=info")
            .env("RUNNER_OWN_SECRET", "must-not-reach-a-step")
            .stdin(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("the runner starts");
        self.agent = Some(child);
    }

    pub(crate) fn kill_agent(&mut self) {
        let mut agent = self.agent.take().expect("an agent runs");
        agent.kill().expect("killed");
        agent.wait().expect("reaped");
    }

    /// Sends SIGTERM and waits for the agent's end; true when it ended with success.
    pub(crate) fn stop_agent(&mut self) -> bool {
        let mut agent = self.agent.take().expect("an agent runs");
        signal(agent.id(), rustix::process::Signal::TERM);
        eventually("the agent's end", || agent.try_wait().expect("waited").map(|status| status.success()))
    }

    pub(crate) fn take_agent(&mut self) -> Child {
        self.agent.take().expect("an agent runs")
    }

    pub(crate) fn put_agent(&mut self, agent: Child) {
        assert!(self.agent.replace(agent).is_none(), "there is an agent already");
    }

    /// Waits for an agent that ends by itself; true when it ended with success.
    pub(crate) fn wait_for_agent(&mut self) -> bool {
        let mut agent = self.take_agent();
        eventually("the agent's end", || agent.try_wait().expect("waited").map(|status| status.success()))
    }

    /// Waits until an attempt is reported and nothing of it is left on the machine.
    #[track_caller]
    pub(crate) fn wait_until_done(&self, attempt: &AttemptId) {
        self.server.report_of(attempt);
        self.wait_until_forgotten(attempt);
    }

    pub(crate) fn agent_log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("agent.log")).unwrap_or_default()
    }

    /// Waits until the agent has forgotten the attempt, and its files are gone.
    #[track_caller]
    pub(crate) fn wait_until_forgotten(&self, attempt: &AttemptId) {
        let name = attempt.as_str().replace('/', "+");
        let places = ["attempts", "work"].map(|folder| self.workdir().join(folder).join(&name));
        eventually(&format!("{places:?} to be gone"), || places.iter().all(|place| !place.exists()).then_some(()));
    }

    pub(crate) fn attempt_folder(&self, attempt: &AttemptId) -> PathBuf {
        self.workdir().join("attempts").join(attempt.as_str().replace('/', "+"))
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        if let Some(mut agent) = self.agent.take() {
            let _gone = agent.kill();
            let _gone = agent.wait();
        }
        for process in mentioning(&self.folder.path().display().to_string()) {
            signal(process, rustix::process::Signal::KILL);
        }
        if std::thread::panicking() {
            eprintln!("--- the agent's log\n{}", self.agent_log());
        }
    }
}

pub(crate) fn signal(pid: u32, signal: rustix::process::Signal) {
    let pid = rustix::process::Pid::from_raw(i32::try_from(pid).expect("a pid")).expect("not 0");
    let _gone = rustix::process::kill_process(pid, signal);
}

/// Processes whose command line or environment holds a text.
pub(crate) fn mentioning(text: &str) -> Vec<u32> {
    let holds = |pid: u32, file: &str| {
        std::fs::read(format!("/proc/{pid}/{file}")).is_ok_and(|bytes| String::from_utf8_lossy(&bytes).contains(text))
    };
    let entries = std::fs::read_dir("/proc").expect("proc").flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter(|pid| *pid != std::process::id() && (holds(*pid, "cmdline") || holds(*pid, "environ"))).collect()
}

/// Looks again and again at something that tells nobody when it changes.
#[track_caller]
#[expect(
    clippy::disallowed_methods,
    reason = "processes of the machine under test tell nobody when they end; this is the one place that polls"
)]
pub(crate) fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(start.elapsed() < DEADLINE, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

pub(crate) fn job(attempt: &str, steps: &[&str]) -> Job {
    let steps = steps.iter().enumerate().map(|(index, run)| step(&format!("step-{index}"), run)).collect();
    Job {
        attempt: attempt.parse().expect("an attempt id"),
        key: "build/package".to_owned(),
        pipeline: "orders".to_owned(),
        release: 7,
        stage: "build".to_owned(),
        target: None,
        checkout: None,
        env: [("FROM_JOB".to_owned(), "job".to_owned())].into(),
        secrets: Vec::new(),
        artifacts_in: Vec::new(),
        steps,
        identity: None,
        id_token: false,
        on_failure: Vec::new(),
        finally: Vec::new(),
        artifacts_out: Vec::new(),
        container: None,
        timeout_ms: 60_000,
        grace_ms: 1_000,
    }
}

pub(crate) fn step(name: &str, run: &str) -> Step {
    Step {
        name: name.to_owned(),
        run: run.to_owned(),
        shell: ["bash", "-eu", "-o", "pipefail", "-c"].map(str::to_owned).to_vec(),
        env: Default::default(),
        working_directory: String::new(),
        timeout_ms: None,
        files: Default::default(),
    }
}

pub(crate) fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .current_dir(folder)
        .args(["-c", "user.name=T", "-c", "user.email=t@example.org", "-c", "init.defaultBranch=main", "-c", "commit.gpgsign=false"])
        .args(arguments)
        .output()
        .expect("git");
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

pub(crate) fn secret(name: &str, value: &str) -> protocol::Secret {
    protocol::Secret { name: name.to_owned(), value: value.to_owned() }
}

/// Tests run side by side and use the same attempt ids; a machine's processes know its folder.
pub(crate) fn belongs_to(pid: u32, machine: &Machine) -> bool {
    let folder = machine.folder.path().display().to_string();
    std::fs::read(format!("/proc/{pid}/environ")).is_ok_and(|bytes| String::from_utf8_lossy(&bytes).contains(&folder))
}
