//! Where things lie: folders and ports. A kept folder remembers its ports.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, TcpListener};
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

/// Below where Linux takes the ports of outgoing connections from (`net.ipv4.ip_local_port_range`): services start much later than they
/// are chosen, and one of those may be in use again by then.
const PORTS: std::ops::Range<u16> = 10_000..32_000;

/// The ports of an earlier run in this folder, or free ones.
fn remember_ports(path: &Path, server: Option<u16>) -> Result<Remembered> {
    let known = std::fs::read(path).ok().and_then(|bytes| serde_json::from_slice::<Remembered>(&bytes).ok());
    let mut remembered = match known {
        Some(known) if sample::targets().all(|target| known.targets.contains_key(target)) => known,
        _ => {
            let mut free = free_ports(std::process::id());
            let mut next =
                || free.next().ok_or_else(|| Failure::failed(format!("every port between {} and {} is in use", PORTS.start, PORTS.end)));
            let server = next()?;
            let targets = sample::targets().map(|target| Ok((target.to_owned(), next()?))).collect::<Result<_>>()?;
            Remembered { server, targets }
        }
    };
    remembered.server = server.unwrap_or(remembered.server);
    let text = serde_json::to_vec_pretty(&remembered).map_err(|error| Failure::failed(error.to_string()))?;
    std::fs::write(path, text).map_err(|error| Failure::file(path, "write", &error))?;
    Ok(remembered)
}

/// Each port once on which nobody listens. Demos side by side have other seeds, and begin at different places.
fn free_ports(seed: u32) -> impl Iterator<Item = u16> {
    let begin = PORTS.start + u16::try_from(seed.wrapping_mul(101) % u32::from(PORTS.end - PORTS.start)).unwrap_or_default();
    (begin..PORTS.end).chain(PORTS.start..begin).filter(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_never_those_of_outgoing_connections_and_none_that_is_taken() {
        let taken = free_ports(7).next().expect("a port");
        let _held = TcpListener::bind((Ipv4Addr::LOCALHOST, taken)).expect("it is free");
        let next: Vec<u16> = free_ports(7).take(3).collect();
        assert!(!next.contains(&taken), "{taken} is in use: {next:?}");
        assert!(next.iter().all(|port| PORTS.contains(port)), "{next:?}");
        assert!(free_ports(u32::MAX).next().is_some_and(|port| PORTS.contains(&port)), "whatever the seed");
    }
}
