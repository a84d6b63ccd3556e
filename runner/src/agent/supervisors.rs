//! Starting supervisors, and giving one that is free another attempt.
//!
//! A new process in a new namespace costs several times what a short job does. So a supervisor may take one attempt after the
//! other, but only within one release, and none that touches a target or was given a secret or an identity: those have one to
//! themselves. See docs/decisions/0018.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use protocol::AttemptId;
use tokio::process::Child;
use tokio::sync::oneshot;

use super::Agent;
use crate::clock;
use crate::isolation::Mechanism;
use crate::journal::{self, Assignment, Folder};
use crate::line::Line;

/// A supervisor without an attempt ends after this long.
const PATIENCE: Duration = Duration::from_secs(1);

/// What a supervisor keeps of the runner's environment: what git and programs need to work at all.
const KEPT_VARIABLES: &[&str] = &[
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "LANG",
    "LC_ALL",
    "TZ",
    "TMPDIR",
    "SSH_AUTH_SOCK",
    "GIT_SSH_COMMAND",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
];

/// The supervisors that wait for another attempt.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    all: Mutex<Vec<(Series, oneshot::Sender<Given>)>>,
}

/// The attempts that one supervisor may take one after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Series {
    pipeline: String,
    release: u64,
}

/// An attempt on its way to its supervisor.
#[derive(Debug)]
struct Given {
    attempt: AttemptId,
    folder: Folder,
    lock: File,
}

impl Agent {
    /// Has the attempt executed. The lock goes along, so it is never free in between.
    pub(super) fn supervise(self: &Arc<Self>, folder: Folder, assignment: &Assignment, lock: File) -> io::Result<()> {
        let series = Series::of(assignment, self.mechanism);
        let attempt = assignment.lease.fences.attempt.clone();
        let mut given = Given { attempt, folder, lock };
        while let Some(waiting) = series.as_ref().and_then(|series| self.waiting.take(series)) {
            match waiting.send(given) {
                Ok(()) => return Ok(()),
                Err(returned) => given = returned,
            }
        }
        self.start_supervisor(series, &given)
    }

    fn start_supervisor(self: &Arc<Self>, series: Option<Series>, given: &Given) -> io::Result<()> {
        let errors = std::fs::OpenOptions::new().create(true).append(true).mode(0o600).open(given.folder.errors())?;
        let (line, its_end) = Line::pair()?;
        // Before anybody could be gone again: one that ends without a result is told from one that was never given anything.
        line.give(&given.folder, &given.lock)?;
        let path = self.config.environment.get("PATH").map(OsStr::new);
        let mut command = self.mechanism.command(&self.config.executable, path);
        let kept = self.config.environment.iter().filter(|(name, _)| KEPT_VARIABLES.contains(&name.as_str()));
        command
            .arg("--workdir")
            .arg(given.folder.workdir())
            .env_clear()
            .envs(kept)
            .stdin(Stdio::from(its_end))
            .stdout(Stdio::null())
            .stderr(Stdio::from(errors))
            .process_group(0);
        if self.mechanism == Mechanism::ProcessTree {
            command.env(journal::MARKER, given.attempt.as_str());
        }
        let runtime = tokio::runtime::Handle::current();
        let child = self.mechanism.start(|| {
            let _in_runtime = runtime.enter();
            tokio::process::Command::from(command).spawn()
        })?;
        tokio::spawn(Arc::clone(self).follow(child, line, series, given.folder.clone()));
        Ok(())
    }

    async fn follow(self: Arc<Self>, mut child: Child, line: Line, series: Option<Series>, mut folder: Folder) {
        while line.is_free_again().await {
            let Some(series) = &series else { break };
            let Some(given) = self.waiting.wait(series).await else { break };
            if let Err(error) = line.give(&given.folder, &given.lock) {
                tracing::info!(%error, "a supervisor that waited is gone; another one is started");
                if let Err(error) = self.start_supervisor(Some(series.clone()), &given) {
                    tracing::error!(path = %given.folder.path().display(), %error, "no supervisor could be started");
                }
                break;
            }
            folder = given.folder;
        }
        drop(line);
        let _status = child.wait().await;
        // The last one's agent may still wait for a result that never comes.
        folder.poke("wake");
    }
}

impl Waiting {
    fn take(&self, series: &Series) -> Option<oneshot::Sender<Given>> {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|(_, waiting)| !waiting.is_closed());
        let found = all.iter().rposition(|(of, _)| of == series)?;
        Some(all.swap_remove(found).1)
    }

    /// None when none came for a while.
    async fn wait(&self, series: &Series) -> Option<Given> {
        let (sender, mut receiver) = oneshot::channel();
        self.all.lock().unwrap_or_else(PoisonError::into_inner).push((series.clone(), sender));
        tokio::select! {
            given = &mut receiver => given.ok(),
            () = clock::sleep(PATIENCE) => {
                receiver.close();
                receiver.try_recv().ok()
            }
        }
    }
}

impl Series {
    /// None for an attempt that has a supervisor to itself. Without a namespace nothing holds the processes of two attempts apart.
    fn of(assignment: &Assignment, mechanism: Mechanism) -> Option<Self> {
        let job = &assignment.lease.job;
        let needs_own = job.target.is_some()
            || job.identity.is_some()
            || job.id_token
            || !job.secrets.is_empty()
            || mechanism == Mechanism::ProcessTree;
        (!needs_own).then(|| Self { pipeline: job.pipeline.clone(), release: job.release })
    }
}
