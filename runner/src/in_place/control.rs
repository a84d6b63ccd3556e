//! One request and one answer over a Unix socket, each a line of JSON.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd as _;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};

use super::layout::Spec;

/// What a verb asks of a keeper.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum Request {
    Switch {
        spec: Box<Spec>,
    },
    /// Stop the service and end.
    Stop {
        fence: u64,
        grace_ms: u64,
    },
}

/// `error` says why not.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Answer {
    pub(super) error: Option<String>,
}

const MAX_LINE_BYTES: u64 = 1024 * 1024;

/// Listens at a path that may be longer than the 107 bytes that a socket's name may have.
pub(super) fn listen(path: &Path) -> io::Result<UnixListener> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let (_folder, short) = short(path)?;
    UnixListener::bind(short)
}

/// Sends a request and waits for the answer as long as it takes.
pub(super) async fn ask<A: DeserializeOwned>(path: &Path, request: &impl Serialize) -> io::Result<A> {
    let mut stream = {
        let (_folder, short) = short(path)?;
        UnixStream::connect(short).await?
    };
    write(&mut stream, request).await?;
    read(&mut stream).await
}

pub(super) async fn read<T: DeserializeOwned>(stream: &mut UnixStream) -> io::Result<T> {
    let mut line = Vec::new();
    BufReader::new(stream.take(MAX_LINE_BYTES)).read_until(b'\n', &mut line).await?;
    if line.is_empty() {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(serde_json::from_slice(&line)?)
}

pub(super) async fn write(stream: &mut UnixStream, value: &impl Serialize) -> io::Result<()> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    stream.write_all(&line).await
}

fn short(path: &Path) -> io::Result<(File, PathBuf)> {
    let folder = File::open(path.parent().unwrap_or(Path::new(".")))?;
    let short = PathBuf::from(format!("/proc/self/fd/{}", folder.as_raw_fd())).join(path.file_name().unwrap_or_default());
    Ok((folder, short))
}
