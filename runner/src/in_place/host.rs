//! placeholder
use std::io;
use std::path::{Path, PathBuf};

use crate::config::Config;
use crate::journal::HostAccess;

pub(crate) const SOCKET_VARIABLE: &str = "TIDEGATE_HOST";
pub(crate) const KEY_VARIABLE: &str = "TIDEGATE_HOST_KEY";

#[derive(Debug)]
pub(crate) struct Host {
    socket: PathBuf,
}

impl Host {
    pub(crate) fn start(config: &Config) -> io::Result<Self> {
        Ok(Self { socket: config.workdir.join("host.sock") })
    }
    pub(crate) fn socket(&self) -> &Path {
        &self.socket
    }
    pub(crate) fn admit(&self, _access: Option<&HostAccess>) {}
    pub(crate) fn dismiss(&self, _access: &HostAccess) {}
}
