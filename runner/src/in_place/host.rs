//! The way out of a job, for exactly one thing: a keeper.
//!
//! Whatever a job starts ends with the job. A service must not, so the agent starts its keeper. Who may
//! ask: jobs that hold a target, by a key that each of them gets anew. What they may ask for: that this
//! program keeps the service in a folder; never a command of their own.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::net::UnixStream;
use tokio::task::JoinHandle;

use super::layout::Layout;
use super::{Place, control};
use crate::config::Config;
use crate::journal::HostAccess;
use crate::{clock, files};

pub(crate) const SOCKET_VARIABLE: &str = "TIDEGATE_HOST";
pub(crate) const KEY_VARIABLE: &str = "TIDEGATE_HOST_KEY";

/// Lives as long as its agent; keepers live on.
#[derive(Debug)]
pub(crate) struct Host {
    socket: PathBuf,
    keys: Arc<Mutex<BTreeSet<String>>>,
    tasks: Vec<JoinHandle<()>>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Request {
    key: String,
    root: PathBuf,
    name: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct Answer {
    error: Option<String>,
}

/// How often is looked whether every keeper lives.
const WATCH_INTERVAL: Duration = Duration::from_secs(5);
/// A tool that comes while the agent restarts waits for it this long.
const AGENT_PATIENCE: Duration = Duration::from_secs(60);
const KEEPER_PATIENCE: Duration = Duration::from_secs(20);

impl Host {
    /// Listens in the runner's folder, and starts the keepers that should live and do not. Jobs that an earlier agent has
    /// left running may ask from the first moment on: one that is told no gives up.
    pub(crate) fn start<'a>(config: &Config, running: impl Iterator<Item = &'a HostAccess>) -> io::Result<Self> {
        let starter = Starter {
            executable: config.executable.clone(),
            known: config.workdir.join("in-place"),
            environment: kept(&config.environment),
        };
        files::private_folder(&starter.known)?;
        let socket = config.workdir.join("host.sock");
        let keys = Arc::new(Mutex::new(running.map(|access| access.key.clone()).collect::<BTreeSet<_>>()));
        let listener = control::listen(&socket)?;
        let (admitted, watcher) = (Arc::clone(&keys), starter.clone());
        let serving = tokio::spawn(async move {
            loop {
                match listener.accept().await {
                    Ok((stream, _)) => drop(tokio::spawn(answer(stream, Arc::clone(&admitted), starter.clone()))),
                    Err(error) => {
                        tracing::warn!(%error, "the host could not take a connection");
                        clock::sleep(Duration::from_secs(1)).await;
                    }
                }
            }
        });
        let watching = tokio::spawn(async move {
            loop {
                watcher.start_missing();
                clock::sleep(WATCH_INTERVAL).await;
            }
        });
        Ok(Self { socket, keys, tasks: vec![serving, watching] })
    }

    pub(crate) fn socket(&self) -> &Path {
        &self.socket
    }

    /// From now on this job may ask.
    pub(crate) fn admit(&self, access: Option<&HostAccess>) {
        if let Some(access) = access {
            self.keys.lock().unwrap_or_else(PoisonError::into_inner).insert(access.key.clone());
        }
    }

    pub(crate) fn dismiss(&self, access: &HostAccess) {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner).remove(&access.key);
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

/// Called by the verbs: makes sure that a keeper lives, through the host when there is one, and directly
/// when a person runs the tool by hand.
pub(super) async fn ensure_keeper(layout: &Layout, place: &Place, host: Option<(&Path, &str)>) -> Result<(), String> {
    if is_kept(layout)? {
        return Ok(());
    }
    let root = std::path::absolute(&place.root).map_err(|error| error.to_string())?;
    match host {
        Some((socket, key)) => {
            let request = Request { key: key.to_owned(), root, name: place.name.clone() };
            let deadline = clock::now().plus(AGENT_PATIENCE);
            let answer: Answer = loop {
                match control::ask(socket, &request).await {
                    Ok(answer) => break answer,
                    Err(error) if deadline.remaining().is_zero() => {
                        return Err(format!("the runner does not answer at {}: {error}", socket.display()));
                    }
                    Err(_) => clock::sleep(Duration::from_millis(200)).await,
                }
            };
            if let Some(error) = answer.error {
                return Err(error);
            }
        }
        None => {
            let executable = std::env::current_exe().map_err(|error| error.to_string())?;
            spawn(&executable, &root, &place.name, &kept(&own_environment())).map_err(|error| error.to_string())?;
        }
    }
    let deadline = clock::now().plus(KEEPER_PATIENCE);
    while !is_kept(layout)? {
        if deadline.remaining().is_zero() {
            return Err(format!(
                "it did not begin within {} s; see {}",
                KEEPER_PATIENCE.as_secs(),
                layout.folder.join("keeper.log").display()
            ));
        }
        clock::sleep(Duration::from_millis(10)).await;
    }
    Ok(())
}

fn is_kept(layout: &Layout) -> Result<bool, String> {
    layout.try_keeper_lock().map(|lock| lock.is_none()).map_err(|error| format!("{}: {error}", layout.folder.display()))
}

fn own_environment() -> BTreeMap<String, String> {
    std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?))).collect()
}

/// A service gets a plain environment: what it needs beyond is in its block's `env`.
fn kept(environment: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let names = ["PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ"];
    environment.iter().filter(|(name, _)| names.contains(&name.as_str())).map(|(name, value)| (name.clone(), value.clone())).collect()
}

async fn answer(mut stream: UnixStream, keys: Arc<Mutex<BTreeSet<String>>>, starter: Starter) {
    let error = match control::read::<Request>(&mut stream).await {
        Err(error) => Some(format!("the request was not understood: {error}")),
        Ok(request) => {
            let is_admitted = keys.lock().unwrap_or_else(PoisonError::into_inner).contains(&request.key);
            if is_admitted {
                starter.start(&request.root, &request.name).err()
            } else {
                Some("the key is not that of a running deployment".to_owned())
            }
        }
    };
    if let Err(error) = control::write(&mut stream, &Answer { error }).await {
        tracing::debug!(%error, "a tool left before its answer");
    }
}

#[derive(Debug, Clone)]
struct Starter {
    executable: PathBuf,
    /// One file for each service that this runner looks after.
    known: PathBuf,
    environment: BTreeMap<String, String>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Known {
    root: PathBuf,
    name: String,
}

impl Starter {
    fn start(&self, root: &Path, name: &str) -> Result<(), String> {
        let name = super::name(name)?;
        if !root.is_absolute() {
            return Err(format!("{} is not an absolute path", root.display()));
        }
        let file =
            self.known.join(format!("{}.json", hex::encode(<sha2::Sha256 as sha2::Digest>::digest(format!("{}\0{name}", root.display())))));
        let known = Known { root: root.to_owned(), name };
        files::write_json(&file, &known).map_err(|error| format!("{}: {error}", file.display()))?;
        tracing::info!(root = %root.display(), service = known.name, "starts the keeper of a service");
        spawn(&self.executable, root, &known.name, &self.environment).map_err(|error| format!("it could not be started: {error}"))
    }

    /// After a restart of the machine, or when a keeper was killed.
    fn start_missing(&self) {
        for file in std::fs::read_dir(&self.known).into_iter().flatten().flatten().map(|entry| entry.path()) {
            let Ok(Some(Known { root, name })) = files::read_json::<Known>(&file) else { continue };
            let layout = Layout::of(&Place { root: root.clone(), name: name.clone() });
            let serves = layout.kept().is_ok_and(|kept| kept.spec.is_some());
            if !serves && !layout.releases().exists() {
                // Destroyed.
                let _gone = std::fs::remove_file(&file);
            } else if serves && is_kept(&layout) == Ok(false) {
                tracing::warn!(root = %root.display(), service = name, "the keeper of a service is gone; starts it again");
                if let Err(error) = spawn(&self.executable, &root, &name, &self.environment) {
                    tracing::error!(%error, service = name, "the keeper could not be started");
                }
            }
        }
    }
}

/// The keeper leads a session of its own, so nothing that ends the agent or its terminal reaches it.
fn spawn(executable: &Path, root: &Path, name: &str, environment: &BTreeMap<String, String>) -> io::Result<()> {
    let log = std::fs::OpenOptions::new().create(true).append(true).open(root.join(name).join("keeper.log"))?;
    let mut child = Command::new("setsid")
        .arg("--fork")
        .arg(executable)
        .args(["in-place", "supervise", "--root"])
        .arg(root)
        .args(["--name", name])
        .env_clear()
        .envs(environment)
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()?;
    // `--fork` makes this one end at once; the keeper belongs to nobody.
    child.wait().map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_job_that_an_earlier_agent_left_running_is_admitted_from_the_first_moment_on() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let server = url::Url::parse("http://127.0.0.1:1").expect("a URL");
        // A program that ends at once: what counts is who is let in.
        let config = Config::new(server, folder.path().join("runner"), PathBuf::from("/bin/true"));
        std::fs::create_dir_all(folder.path().join("shop")).expect("the service's folder");
        let socket = config.workdir.join("host.sock");
        let of_job = HostAccess { socket: socket.clone(), key: "known".to_owned() };
        let host = Host::start(&config, [&of_job].into_iter()).expect("it listens");
        let asked = async |key: &str| {
            let request = Request { key: key.to_owned(), root: folder.path().to_owned(), name: "shop".to_owned() };
            control::ask::<Answer>(host.socket(), &request).await.expect("an answer").error
        };
        assert_eq!(asked("known").await, None);
        assert!(asked("another").await.is_some_and(|error| error.contains("not that of a running deployment")));
        host.dismiss(&of_job);
        assert!(asked("known").await.is_some(), "a job that has ended asks for nothing");
    }
}
