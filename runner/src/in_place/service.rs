use std::fs::OpenOptions;
use std::io::{self, PipeWriter, Write as _};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, PidfdFlags, Signal, WaitId, WaitIdOptions};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use super::Mode;
use super::layout::{Layout, Process, Spec};
use crate::clock;

/// A running service: a child of this keeper, or one that an earlier keeper left.
#[derive(Debug)]
pub(super) struct Service {
    pub(super) pid: Pid,
    pub(super) process: Process,
    handle: AsyncFd<OwnedFd>,
    /// Held until [`Self::go`].
    held: Option<PipeWriter>,
}

/// The shell waits for the word to go: when the keeper ends before it has written down which process this is, nothing begins
/// that nobody knows of. Then it makes the socket descriptor 3 and writes down its own id, which is the service's after `exec`.
const WITH_SOCKET: &str = r#"read -r go <&2 || exit 1; exec 2>&1
LISTEN_PID=$$; LISTEN_FDS=1; export LISTEN_PID LISTEN_FDS; exec 3<&0 0</dev/null; eval "exec env $SERVICE_COMMAND""#;
const WITHOUT_SOCKET: &str = r#"read -r go <&2 || exit 1; exec 2>&1
eval "exec env $SERVICE_COMMAND""#;

impl Service {
    /// Makes the process of a service in its release's folder, in a process group of its own. It begins with [`Self::go`].
    pub(super) fn start(layout: &Layout, spec: &Spec, socket: Option<&OwnedFd>) -> io::Result<Self> {
        let log = OpenOptions::new().create(true).append(true).open(layout.log())?;
        let folder = layout.release(&spec.folder).canonicalize()?;
        let socket = socket.filter(|_| spec.mode == Mode::Handover);
        let stdin = match socket {
            Some(socket) => Stdio::from(socket.try_clone()?),
            None => Stdio::null(),
        };
        let (word, held) = std::io::pipe()?;
        let child = Command::new("/bin/sh")
            .arg("-c")
            .arg(if socket.is_some() { WITH_SOCKET } else { WITHOUT_SOCKET })
            .envs(&spec.environment)
            .env("PORT", spec.port.to_string())
            .env("SERVICE_COMMAND", &spec.command)
            .env("TIDEGATE_RELEASE", spec.release.to_string())
            .current_dir(folder)
            .stdin(stdin)
            .stdout(log)
            .stderr(word)
            .process_group(0)
            .spawn()?;
        let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw).ok_or_else(|| io::Error::other("no process id"))?;
        Ok(Self { held: Some(held), ..Self::attach(pid)? })
    }

    /// Lets it begin, now that it is written down.
    pub(super) fn go(&mut self) -> io::Result<()> {
        self.held.take().map_or(Ok(()), |mut held| held.write_all(b"go\n"))
    }

    /// Takes over what an earlier keeper started, if it is still the same process.
    pub(super) fn adopt(process: &Process) -> Option<Self> {
        let service = Self::attach(Pid::from_raw(process.pid)?).ok()?;
        (service.process == *process).then_some(service)
    }

    fn attach(pid: Pid) -> io::Result<Self> {
        // First the handle, then the looks: what the handle names cannot become another process.
        let handle = watch(rustix::process::pidfd_open(pid, PidfdFlags::NONBLOCK)?)?;
        let process = Process { pid: pid.as_raw_nonzero().get(), start_ticks: start_ticks(pid)?, boot: boot()? };
        Ok(Self { pid, process, handle, held: None })
    }

    /// Waits for its end, and takes the exit code when it is our child. Cancel-safe.
    pub(super) async fn ended(&self) -> String {
        if let Err(error) = self.handle.readable().await {
            return format!("its end could not be observed: {error}");
        }
        match rustix::process::waitid(WaitId::PidFd(self.handle.as_fd()), WaitIdOptions::EXITED | WaitIdOptions::NOHANG) {
            Ok(Some(status)) => match (status.exit_status(), status.terminating_signal()) {
                (Some(code), _) => format!("exit code {code}"),
                (None, Some(signal)) => format!("signal {signal}"),
                (None, None) => "an unknown end".to_owned(),
            },
            // Adopted: its exit code went to whoever was its parent.
            Ok(None) | Err(_) => "an unknown exit code".to_owned(),
        }
    }

    /// SIGTERM to the group, the grace, then SIGKILL.
    pub(super) async fn stop(&self, grace_ms: u64) {
        let _gone = rustix::process::kill_process_group(self.pid, Signal::TERM);
        let polite = tokio::time::timeout(Duration::from_millis(grace_ms), self.ended()).await;
        // Also when the leader is gone: what it started may not be.
        let _gone = rustix::process::kill_process_group(self.pid, Signal::KILL);
        if polite.is_err() {
            self.ended().await;
        }
    }

    /// The socket that an adopted service listens on, so that it can be handed on.
    pub(super) fn socket(&self) -> io::Result<OwnedFd> {
        Ok(rustix::process::pidfd_getfd(&self.handle, 3, rustix::process::PidfdGetfdFlags::empty())?)
    }
}

#[expect(deprecated, reason = "its successor is unsafe, for types that may change their descriptor; an OwnedFd keeps its own open")]
fn watch(handle: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    AsyncFd::with_interest(handle, Interest::READABLE)
}

/// Waits until a service ends; for ever when there is none.
pub(super) async fn end_of(service: Option<&Service>) -> String {
    match service {
        Some(service) => service.ended().await,
        None => std::future::pending().await,
    }
}

/// Cuts the log when it has grown; services append, so they go on at its new end.
pub(super) fn bound_log(layout: &Layout) -> io::Result<()> {
    const MAX_BYTES: u64 = 16 * 1024 * 1024;
    let path = layout.log();
    if std::fs::metadata(&path).is_ok_and(|metadata| metadata.len() > MAX_BYTES) {
        std::fs::copy(&path, path.with_extension("log.1"))?;
        OpenOptions::new().write(true).open(path)?.set_len(0)?;
    }
    Ok(())
}

/// How long a service must live to count as well when there is nothing to ask it.
pub(super) async fn settles(service: &Service) -> Result<(), String> {
    tokio::select! {
        end = service.ended() => Err(format!("it ended at once: {end}")),
        () = clock::sleep(Duration::from_millis(500)) => Ok(()),
    }
}

fn start_ticks(pid: Pid) -> io::Result<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero()))?;
    let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    after_name.split_ascii_whitespace().nth(19).and_then(|field| field.parse().ok()).ok_or_else(|| io::ErrorKind::InvalidData.into())
}

fn boot() -> io::Result<String> {
    Ok(std::fs::read_to_string("/proc/sys/kernel/random/boot_id")?.trim().to_owned())
}
