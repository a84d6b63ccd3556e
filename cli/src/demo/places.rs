//! Where things lie: folders and ports. A kept folder remembers its ports.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde::{Deserialize, Serialize};

use super::sample;
use crate::exit::{Failure, Result};

#[derive(Debug)]
pub(super) struct Places {
    pub(super) folder: PathBuf,
    /// Removed with everything in it when the demo ends; none when the person named a folder.
    _temporary: Option<tempfile::TempDir>,
    pub(super) server_data: PathBuf,
    pub(super) runner_data: PathBuf,
    pub(super) runner_token: PathBuf,
    pub(super) repository: PathBuf,
    /// The root of `process/in-place`.
    pub(super) services: PathBuf,
    pub(super) people: PathBuf,
    pub(super) server_port: u16,
    /// By target.
    pub(super) ports: BTreeMap<&'static str, u16>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Remembered {
    server: u16,
    targets: BTreeMap<String, u16>,
}

impl Places {
    pub(super) fn choose(kept: Option<&Path>, port: Option<u16>) -> Result<Self> {
        let temporary = match kept {
            Some(_) => None,
            None => Some(
                tempfile::Builder::new()
                    .prefix("tidegate-demo-")
                    .tempdir()
                    .map_err(|error| Failure::failed(format!("no temporary folder can be made: {error}")).next("name one with --data"))?,
            ),
        };
        let folder = temporary.as_ref().map_or_else(|| kept.unwrap_or(Path::new(".")), tempfile::TempDir::path);
        let folder = std::path::absolute(folder).map_err(|error| Failure::file(folder, "find", &error))?;
        for below in ["server", "runner", "shop", "services", "log"] {
            let path = folder.join(below);
            std::fs::create_dir_all(&path).map_err(|error| Failure::file(&path, "make", &error))?;
        }
        let remembered = remember_ports(&folder.join("ports.json"), port)?;
        let ports = sample::targets().filter_map(|target| Some((target, *remembered.targets.get(target)?))).collect();
        Ok(Self {
            _temporary: temporary,
            server_data: folder.join("server"),
            runner_data: folder.join("runner"),
            runner_token: folder.join("runner-token"),
            repository: folder.join("shop"),
            services: folder.join("services"),
            people: folder.join("people.json"),
            server_port: remembered.server,
            ports,
            folder,
        })
    }

    pub(super) fn server(&self) -> String {
        format!("http://127.0.0.1:{}", self.server_port)
    }

    pub(super) fn log(&self, name: &str) -> PathBuf {
        self.folder.join("log").join(format!("{name}.log"))
    }

    /// Services outlive runners by design, so they are told to end.
    pub(super) async fn stop_services(&self) {
        let Ok(executable) = own_executable() else { return };
        let stop = |target: &'static str| {
            let mut command = tokio::process::Command::new(&executable);
            command.args(["in-place", "destroy", "--root"]).arg(&self.services);
            command.args(["--name", &format!("shop-{}", target.replace('/', "-"))]);
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            async move {
                // One that never came to be needs no end.
                drop(command.status().await);
            }
        };
        futures::future::join_all(sample::targets().map(stop)).await;
    }
}

pub(super) fn own_executable() -> Result<PathBuf> {
    std::env::current_exe().map_err(|error| Failure::failed(format!("this program cannot find itself: {error}")))
}

/// The ports of an earlier run in this folder, or free ones. All are held while they are chosen, so that they differ.
fn remember_ports(path: &Path, server: Option<u16>) -> Result<Remembered> {
    let known = std::fs::read(path).ok().and_then(|bytes| serde_json::from_slice::<Remembered>(&bytes).ok());
    let mut remembered = match known {
        Some(known) if sample::targets().all(|target| known.targets.contains_key(target)) => known,
        _ => {
            let free = || TcpListener::bind("127.0.0.1:0").and_then(|listener| Ok((listener.local_addr()?.port(), listener)));
            let none = |error| Failure::failed(format!("no free port: {error}"));
            let mut held = vec![free().map_err(none)?];
            let mut targets = BTreeMap::new();
            for target in sample::targets() {
                let (port, listener) = free().map_err(none)?;
                targets.insert(target.to_owned(), port);
                held.push((port, listener));
            }
            Remembered { server: held.first().map_or(0, |(port, _)| *port), targets }
        }
    };
    remembered.server = server.unwrap_or(remembered.server);
    let text = serde_json::to_vec_pretty(&remembered).map_err(|error| Failure::failed(error.to_string()))?;
    std::fs::write(path, text).map_err(|error| Failure::file(path, "write", &error))?;
    Ok(remembered)
}
