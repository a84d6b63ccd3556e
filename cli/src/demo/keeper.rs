//! Starts server and runner as children and starts them again when they die, as systemd would.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use engine::ports::Clock;
use tokio::process::{Child, Command};
use tokio_util::sync::CancellationToken;

use crate::exit::{Failure, Result};

/// Between a child's death and its next start.
const PAUSE_MS: u64 = 100;
/// How long a child may take to end when it is asked to.
const STOP_WITHIN: Duration = Duration::from_secs(20);

/// What is to be kept running.
#[derive(Debug, Clone)]
pub(super) struct Program {
    pub(super) name: &'static str,
    pub(super) executable: PathBuf,
    pub(super) arguments: Vec<String>,
    /// Its output is appended there.
    pub(super) log: PathBuf,
}

/// Ends the children when it is asked to, and at the latest when it is dropped: each child reads from
/// a pipe that only the keeper holds and ends when that is closed, so that a killed demo leaves nobody behind.
#[derive(Debug)]
pub(super) struct Keeper {
    shared: Arc<Shared>,
    keeping: Vec<tokio::task::JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    clock: Arc<dyn Clock>,
    stop: CancellationToken,
    /// Where process ids are written, for whoever wants to kill them.
    pid_file: Mutex<Option<PathBuf>>,
    running: Mutex<Vec<(&'static str, u32)>>,
    restarts: Mutex<Vec<&'static str>>,
}

impl Keeper {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        let stop = CancellationToken::new();
        let shared = Shared { clock, stop, pid_file: Mutex::default(), running: Mutex::default(), restarts: Mutex::default() };
        Self { shared: Arc::new(shared), keeping: Vec::new() }
    }

    /// Starts a program and keeps it running. Only the first start can fail.
    pub(super) fn keep(&mut self, program: Program) -> Result<()> {
        let child = start(&program)?;
        self.keeping.push(tokio::spawn(watch(Arc::clone(&self.shared), program, child)));
        Ok(())
    }

    /// Writes the process ids to a file from now on, a line for each program: its name and its id.
    pub(super) fn announce(&self, file: &Path) -> Result<()> {
        let file = std::path::absolute(file).map_err(|error| Failure::file(file, "find", &error))?;
        *self.shared.pid_file.lock().unwrap_or_else(PoisonError::into_inner) = Some(file.clone());
        let running = self.shared.running.lock().unwrap_or_else(PoisonError::into_inner);
        write_whole(&file, &listed(&running)).map_err(|error| Failure::file(&file, "write", &error))
    }

    /// Names of programs in the order in which they had to be started again.
    pub(super) fn restarts(&self) -> Vec<&'static str> {
        self.shared.restarts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Asks the children to end, waits, and kills those that do not.
    pub(super) async fn stop(self) {
        self.shared.stop.cancel();
        for task in self.keeping {
            // A task that panicked has dropped its child, which closes the child's pipe.
            drop(task.await);
        }
    }
}

fn start(program: &Program) -> Result<Child> {
    let open = || File::options().create(true).append(true).open(&program.log);
    let (out, err) = open().and_then(|out| Ok((out, open()?))).map_err(|error| Failure::file(&program.log, "write", &error))?;
    Command::new(&program.executable)
        .args(&program.arguments)
        .stdin(Stdio::piped())
        .stdout(out)
        .stderr(err)
        // A Ctrl-C on the terminal is for the demo, which ends its children in order.
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| Failure::failed(format!("the {} cannot be started: {error}", program.name)))
}

async fn watch(shared: Arc<Shared>, program: Program, mut child: Child) {
    loop {
        // Taken out, because waiting would close it; dropped with the next round, when the child has ended.
        let _leash = child.stdin.take();
        shared.note(program.name, child.id());
        tokio::select! {
            _ended = child.wait() => {}
            () = shared.stop.cancelled() => return end(child).await,
        }
        shared.note(program.name, None);
        shared.restarts.lock().unwrap_or_else(PoisonError::into_inner).push(program.name);
        child = loop {
            tokio::select! {
                () = shared.clock.sleep_until(shared.clock.now() + PAUSE_MS) => {}
                () = shared.stop.cancelled() => return,
            }
            match start(&program) {
                Ok(child) => break child,
                Err(failure) => tracing::warn!(program = program.name, %failure, "cannot be started again; trying on"),
            }
        };
    }
}

async fn end(mut child: Child) {
    if let Some(pid) = child.id().and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw) {
        // Gone already is what is wanted.
        let _gone = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
    }
    if tokio::time::timeout(STOP_WITHIN, child.wait()).await.is_err() {
        drop(child.kill().await);
    }
}

impl Shared {
    fn note(&self, name: &'static str, pid: Option<u32>) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.retain(|(known, _)| *known != name);
        running.extend(pid.map(|pid| (name, pid)));
        if let Some(path) = self.pid_file.lock().unwrap_or_else(PoisonError::into_inner).as_ref()
            && let Err(error) = write_whole(path, &listed(&running))
        {
            tracing::warn!(%error, file = %path.display(), "process ids cannot be written");
        }
    }
}

fn listed(running: &[(&str, u32)]) -> String {
    running.iter().map(|(name, pid)| format!("{name} {pid}\n")).collect()
}

/// So that a reader never sees half of it.
fn write_whole(path: &Path, text: &str) -> std::io::Result<()> {
    let beside = path.with_extension("new");
    std::fs::write(&beside, text)?;
    std::fs::rename(beside, path)
}
