use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Error, Mode, Place};
use crate::{clock, files};

/// One service's folder, `<root>/<name>`:
///
/// | | |
/// |---|---|
/// | `releases/<release>-<digest>/` | what was unpacked |
/// | `current` | a link to the one that serves; written by the keeper |
/// | `state.json` | fence and history; written by the verbs, under `lock`; stays when the service is destroyed |
/// | `keeper.json` | what runs; written by the keeper, under `keeper.lock` |
/// | `keeper.sock` | where the keeper listens for verbs |
/// | `service.log` | what the service prints |
#[derive(Debug, Clone)]
pub(super) struct Layout {
    pub(super) folder: PathBuf,
    pub(super) name: String,
}

/// What the verbs remember.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct State {
    /// The highest fence seen (A4).
    pub(super) fence: u64,
    /// Folders of releases in the order in which they served, newest last, each once.
    pub(super) history: Vec<String>,
}

/// What is to be served, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Spec {
    pub(super) release: u64,
    /// The release's folder below `releases`.
    pub(super) folder: String,
    pub(super) command: String,
    pub(super) address: Ipv4Addr,
    pub(super) port: u16,
    pub(super) health: String,
    pub(super) mode: Mode,
    pub(super) environment: BTreeMap<String, String>,
    pub(super) timeout_ms: u64,
    pub(super) grace_ms: u64,
    pub(super) fence: u64,
}

/// What the keeper knows, for the next keeper and for `inspect`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Kept {
    pub(super) spec: Option<Spec>,
    pub(super) process: Option<Process>,
    /// What was started by a switch that has not ended.
    pub(super) candidate: Option<Process>,
    /// The keeper changes what runs: a switch or an end goes on when the tool that asked for it was killed.
    #[serde(default)]
    pub(super) is_changing: bool,
    /// How often the service had to be started again since it was switched to.
    pub(super) restarts: u64,
}

/// A process that is still the same one when all three agree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Process {
    pub(super) pid: i32,
    /// Field 22 of `/proc/<pid>/stat`: ticks since the machine started.
    pub(super) start_ticks: u64,
    pub(super) boot: String,
}

/// How long a verb waits for another one on the same service.
const PATIENCE: Duration = Duration::from_secs(120);

impl Spec {
    /// The same service of the same release; who asks for it, and how patiently, makes no difference.
    pub(super) fn is_same_service(&self, other: &Self) -> bool {
        let plain = |spec: &Self| Self { timeout_ms: 0, grace_ms: 0, fence: 0, ..spec.clone() };
        plain(self) == plain(other)
    }
}

impl Layout {
    pub(super) fn of(place: &Place) -> Self {
        Self { folder: place.root.join(&place.name), name: place.name.clone() }
    }

    pub(super) fn releases(&self) -> PathBuf {
        self.folder.join("releases")
    }

    pub(super) fn release(&self, folder: &str) -> PathBuf {
        self.releases().join(folder)
    }

    pub(super) fn log(&self) -> PathBuf {
        self.folder.join("service.log")
    }

    /// Waits for the right to change this service. Reading needs none.
    pub(super) async fn lock(&self) -> Result<File, Error> {
        files::private_folder(&self.folder).map_err(Error::file(&self.folder))?;
        let path = self.folder.join("lock");
        let file = files::open_lock(&path).map_err(Error::file(&path))?;
        let deadline = clock::now().plus(PATIENCE);
        while !try_lock(&file).map_err(Error::file(&path))? {
            if deadline.remaining().is_zero() {
                return Err(Error::Busy(path));
            }
            clock::sleep(Duration::from_millis(20)).await;
        }
        Ok(file)
    }

    /// Whether a verb changes this service right now.
    pub(super) fn is_locked(&self) -> bool {
        File::open(self.folder.join("lock")).is_ok_and(|file| matches!(try_lock(&file), Ok(false)))
    }

    /// The keeper's lock; none when a keeper lives.
    pub(super) fn try_keeper_lock(&self) -> io::Result<Option<File>> {
        let file = files::open_lock(&self.folder.join("keeper.lock"))?;
        Ok(try_lock(&file)?.then_some(file))
    }

    pub(super) fn state(&self) -> Result<State, Error> {
        let path = self.folder.join("state.json");
        Ok(files::read_json(&path).map_err(Error::file(&path))?.unwrap_or_default())
    }

    pub(super) fn write_state(&self, state: &State) -> Result<(), Error> {
        let path = self.folder.join("state.json");
        files::write_json(&path, state).map_err(Error::file(&path))
    }

    pub(super) fn kept(&self) -> io::Result<Kept> {
        Ok(files::read_json(&self.folder.join("keeper.json"))?.unwrap_or_default())
    }

    pub(super) fn write_kept(&self, kept: &Kept) -> io::Result<()> {
        files::write_json(&self.folder.join("keeper.json"), kept)
    }

    /// Points `current` at a release, at once for whoever looks.
    pub(super) fn flip(&self, release: &str) -> io::Result<()> {
        let beside = self.folder.join("current.new");
        match std::fs::remove_file(&beside) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        std::os::unix::fs::symlink(Path::new("releases").join(release), &beside)?;
        std::fs::rename(beside, self.folder.join("current"))
    }
}

fn try_lock(file: &File) -> io::Result<bool> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(std::fs::TryLockError::WouldBlock) => Ok(false),
        Err(std::fs::TryLockError::Error(error)) => Err(error),
    }
}
