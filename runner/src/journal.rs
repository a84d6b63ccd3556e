//! What a runner knows of its attempts, on disk, so that it can be killed at any moment.
//!
//! One folder per attempt. Each file has one writer: the agent, or the attempt's supervisor.
//!
//! | file | writer | |
//! |---|---|---|
//! | `lease.json` | agent | the [`Assignment`]; written before anything is done for it |
//! | `lock` | both | locked by the agent, given to the supervisor: free means that nobody works on the attempt |
//! | `supervisor.err` | supervisor | what it says when something is wrong with itself |
//! | `renewed` | agent | until when the lease holds, once it was renewed; before, `lease.json` says it |
//! | `stop.json` | agent | the wish that the attempt ends |
//! | `control`, `wake` | – | named pipes: "look again", to the supervisor and to the agent |
//! | `began` | supervisor | written before it changes anything |
//! | `steps.json`, `log` | supervisor | what the steps do; masked |
//! | `artifacts/` | supervisor | what the job left behind, one file each |
//! | `inputs/` | agent | artifacts that the job starts with, by digest |
//! | `result.json` | supervisor | the report; durable for a job that touches a target. The agent writes it when there is no supervisor |

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use protocol::{AttemptId, Lease, Report, Stop};
use rustix::fs::{CWD, Mode};
use serde::{Deserialize, Serialize};
use tokio::net::unix::pipe;

use crate::clock::{self, Moment};
use crate::files;

/// What a supervisor needs to know; all of it is in the journal, so that it needs nobody.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Assignment {
    pub(crate) lease: Lease,
    /// Until when the lease holds if it is never renewed. Runners of earlier versions wrote it into `renewed`.
    #[serde(default = "clock::now")]
    pub(crate) leased_until: Moment,
    pub(crate) keep_workspace: bool,
    pub(crate) max_log_bytes: u64,
    pub(crate) executable: PathBuf,
    /// For jobs that may change a target: how they reach the host of their runner, see `in_place::host`.
    pub(crate) host: Option<HostAccess>,
    /// For jobs with an identity: where they ask for their credentials and tokens, see `agent::credentials`.
    #[serde(default)]
    pub(crate) credentials: Option<CredentialsAccess>,
}

/// The token lets a process of this machine ask for the job's credentials while the job runs.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct CredentialsAccess {
    pub(crate) address: SocketAddr,
    pub(crate) token: String,
}

impl std::fmt::Debug for CredentialsAccess {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CredentialsAccess").field("address", &self.address).finish_non_exhaustive()
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct HostAccess {
    pub(crate) socket: PathBuf,
    pub(crate) key: String,
}

impl Assignment {
    /// What such a job did must be known even after a power cut. A build that is lost that way is handed
    /// out again (R3), so it need not wait for the disk; no kill of a process loses what is written.
    pub(crate) fn touches_target(&self) -> bool {
        self.lease.job.target.is_some()
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Journal {
    workdir: PathBuf,
}

/// The folder of one attempt.
#[derive(Debug, Clone)]
pub(crate) struct Folder {
    path: PathBuf,
    workdir: PathBuf,
}

impl Journal {
    pub(crate) fn open(workdir: &Path) -> io::Result<Self> {
        for folder in ["", "attempts", "work", "mirrors"] {
            files::private_folder(&workdir.join(folder))?;
        }
        Ok(Self { workdir: workdir.to_owned() })
    }

    /// Records a lease durably. None when that attempt is in the journal already.
    pub(crate) fn record(&self, assignment: &Assignment) -> io::Result<Option<Folder>> {
        let folder = self.folder(&assignment.lease.fences.attempt)?;
        if folder.path.join("lease.json").exists() {
            return Ok(None);
        }
        files::remove_tree(&folder.path)?;
        files::private_folder(&folder.path)?;
        for pipe in ["control", "wake"] {
            rustix::fs::mkfifoat(CWD, folder.path.join(pipe), Mode::RUSR | Mode::WUSR)?;
        }
        let lease = folder.path.join("lease.json");
        if assignment.touches_target() {
            files::write_json(&lease, assignment)?;
            File::open(self.workdir.join("attempts"))?.sync_all()?;
        } else {
            files::write_quick(&lease, &serde_json::to_vec(assignment)?)?;
        }
        Ok(Some(folder))
    }

    /// Every attempt that is not done with; folders that were being made when the runner died are removed.
    pub(crate) fn recover(&self) -> io::Result<Vec<(Folder, Assignment)>> {
        let mut found = Vec::new();
        for entry in std::fs::read_dir(self.workdir.join("attempts"))? {
            let folder = Folder { path: entry?.path(), workdir: self.workdir.clone() };
            match folder.assignment() {
                Ok(Some(assignment)) => found.push((folder, assignment)),
                Ok(None) => files::remove_tree(&folder.path)?,
                // Kept for a person: it may hold a result.
                Err(error) => tracing::error!(path = %folder.path.display(), %error, "an attempt in the journal cannot be read"),
            }
        }
        found.sort_by(|(left, _), (right, _)| left.path.cmp(&right.path));
        Ok(found)
    }

    pub(crate) fn folder(&self, attempt: &AttemptId) -> io::Result<Folder> {
        Ok(Folder { path: self.workdir.join("attempts").join(folder_name(attempt)?), workdir: self.workdir.clone() })
    }
}

/// An id may hold `/`; `+` is not among its characters, so two ids never share a folder.
fn folder_name(attempt: &AttemptId) -> io::Result<String> {
    match attempt.as_str() {
        "." | ".." => Err(io::Error::new(io::ErrorKind::InvalidInput, format!("the attempt id {attempt} cannot name a folder"))),
        text => Ok(text.replace('/', "+")),
    }
}

impl Folder {
    pub(crate) fn at(path: &Path, workdir: &Path) -> Self {
        Self { path: path.to_owned(), workdir: workdir.to_owned() }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn workdir(&self) -> &Path {
        &self.workdir
    }

    /// Where the job's own files live while it runs.
    pub(crate) fn work(&self) -> PathBuf {
        self.workdir.join("work").join(self.name())
    }

    /// Where steps leave what the agent shall hand to the server.
    pub(crate) fn uploads(&self) -> PathBuf {
        self.work().join("uploads")
    }

    /// What the supervisor itself says when something is wrong with it.
    pub(crate) fn errors(&self) -> PathBuf {
        self.path.join("supervisor.err")
    }

    /// The attempt's id, as it names folders.
    pub(crate) fn name(&self) -> &OsStr {
        self.path.file_name().unwrap_or_default()
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.path.join("log")
    }

    pub(crate) fn artifact(&self, name: &str) -> PathBuf {
        self.path.join("artifacts").join(hex::encode(name))
    }

    pub(crate) fn input(&self, digest: &protocol::ArtifactDigest) -> PathBuf {
        self.path.join("inputs").join(hex::encode(digest.as_str()))
    }

    pub(crate) fn assignment(&self) -> io::Result<Option<Assignment>> {
        files::read_json(&self.path.join("lease.json"))
    }

    /// The right to be this attempt's only supervisor; none when one lives.
    pub(crate) fn try_lock(&self) -> io::Result<Option<File>> {
        let file = files::open_lock(&self.path.join("lock"))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(std::fs::TryLockError::WouldBlock) => Ok(None),
            Err(std::fs::TryLockError::Error(error)) => Err(error),
        }
    }

    pub(crate) fn renew(&self, until: Moment) -> io::Result<()> {
        files::write_quick(&self.path.join("renewed"), &serde_json::to_vec(&until)?)
    }

    pub(crate) fn renewed(&self) -> io::Result<Option<Moment>> {
        files::read_json(&self.path.join("renewed"))
    }

    /// Asks the supervisor to end the job; the first reason stays.
    pub(crate) fn ask_to_stop(&self, stop: &Stop) -> io::Result<()> {
        if self.stop()?.is_none() {
            files::write_json(&self.path.join("stop.json"), stop)?;
        }
        self.poke("control");
        Ok(())
    }

    pub(crate) fn stop(&self) -> io::Result<Option<Stop>> {
        files::read_json(&self.path.join("stop.json"))
    }

    pub(crate) fn mark_began(&self, assignment: &Assignment) -> io::Result<()> {
        let path = self.path.join("began");
        if assignment.touches_target() { files::write_durable(&path, b"") } else { File::create(path).map(drop) }
    }

    pub(crate) fn has_begun(&self) -> bool {
        self.path.join("began").exists()
    }

    pub(crate) fn write_steps(&self, steps: &[protocol::StepReport]) -> io::Result<()> {
        files::write_quick(&self.path.join("steps.json"), &serde_json::to_vec(steps)?)?;
        self.poke("wake");
        Ok(())
    }

    pub(crate) fn steps(&self) -> io::Result<Vec<protocol::StepReport>> {
        Ok(files::read_json(&self.path.join("steps.json"))?.unwrap_or_default())
    }

    pub(crate) fn write_result(&self, assignment: &Assignment, report: &Report) -> io::Result<()> {
        let path = self.path.join("result.json");
        if assignment.touches_target() {
            files::write_json(&path, report)?
        } else {
            files::write_quick(&path, &serde_json::to_vec(report)?)?
        }
        self.poke("wake");
        Ok(())
    }

    /// None also for one that a power cut left half-written: then its job was a build, which is handed out again.
    pub(crate) fn result(&self) -> io::Result<Option<Report>> {
        match files::read_json(&self.path.join("result.json")) {
            Err(error) if error.kind() == io::ErrorKind::InvalidData || error.kind() == io::ErrorKind::UnexpectedEof => {
                tracing::error!(path = %self.path.display(), %error, "the result in the journal cannot be read and counts as none");
                Ok(None)
            }
            read => read,
        }
    }

    /// Removes the attempt from the journal; the lease goes first, so that a half-removed folder is none.
    pub(crate) fn remove(&self) -> io::Result<()> {
        match std::fs::remove_file(self.path.join("lease.json")) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        files::remove_tree(&self.path)
    }

    /// The reading end of `control` or `wake`. It also holds the writing end, so that it never ends.
    pub(crate) fn listen(&self, pipe_name: &str) -> io::Result<pipe::Receiver> {
        pipe::OpenOptions::new().read_write(true).open_receiver(self.path.join(pipe_name))
    }

    /// Says "look again"; that nobody listens, or was told already, is fine.
    pub(crate) fn poke(&self, pipe_name: &str) {
        let flags = rustix::fs::OFlags::WRONLY | rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::CLOEXEC;
        if let Ok(pipe) = rustix::fs::openat(CWD, self.path.join(pipe_name), flags, Mode::empty()) {
            let _told_already = rustix::io::write(&pipe, b"!");
        }
    }
}

/// Waits for a poke, and takes all that have gathered.
pub(crate) async fn poked(pipe: &pipe::Receiver) -> io::Result<()> {
    let mut gathered = [0; 256];
    loop {
        pipe.readable().await?;
        match pipe.try_read(&mut gathered) {
            Ok(256) => {}
            Ok(_) => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
}

/// The environment variable that every process of an attempt carries.
pub(crate) const MARKER: &str = "TIDEGATE_ATTEMPT";
