//! Runs a child process within limits of time and output, and leaves nothing of its process group behind.

use std::io;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, PidfdFlags, Signal, kill_process_group, pidfd_open};
use thiserror::Error;
use tokio::io::unix::AsyncFd;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, Interest};
use tokio::process::{ChildStdin, Command};

/// Standard error is for messages to people.
const STDERR_BYTES: usize = 64 * 1024;

#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) timeout: Duration,
    /// What comes after is read and dropped.
    pub(crate) stdout_bytes: usize,
}

#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
    /// More than [`Limits::stdout_bytes`] came.
    pub(crate) cut: bool,
}

#[derive(Debug, Error)]
pub(crate) enum Error {
    #[error("cannot be started: {0}")]
    Start(io::Error),
    #[error("cannot be followed: {0}")]
    Follow(io::Error),
    #[error("took longer than {} ms", .0.as_millis())]
    TimedOut(Duration),
}

/// Runs `command` in a process group of its own. The group is killed when the leader ends, when the time is over,
/// and when the caller drops the future.
pub(crate) async fn run(mut command: Command, input: &[u8], limits: Limits) -> Result<Output, Error> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0).kill_on_drop(true);
    let mut child = command.spawn().map_err(Error::Start)?;
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    // Declared after `child`, so dropped, and the group killed, before the leader can be reaped and its id used again.
    let mut group = Group::of(child.id()).map_err(Error::Follow)?;

    let work = async {
        let (out, err, (), ended) =
            tokio::join!(read_capped(stdout, limits.stdout_bytes), read_capped(stderr, STDERR_BYTES), feed(stdin, input), async {
                let ended = group.leader_ended().await;
                group.kill();
                ended
            });
        ended?;
        let ((stdout, cut), (stderr, _)) = (out?, err?);
        Ok::<_, io::Error>((stdout, stderr, cut))
    };
    let (stdout, stderr, cut) = match tokio::time::timeout(limits.timeout, work).await {
        Err(_) => return Err(Error::TimedOut(limits.timeout)),
        Ok(result) => result.map_err(Error::Follow)?,
    };
    // The leader is a zombie now, so this returns at once; afterwards its id may belong to somebody else.
    group.leader = None;
    let status = child.wait().await.map_err(Error::Follow)?;
    Ok(Output { status, stdout, stderr, cut })
}

struct Group {
    /// None once the leader may have been reaped.
    leader: Option<Pid>,
    descriptor: AsyncFd<std::os::fd::OwnedFd>,
}

impl Group {
    #[expect(
        deprecated,
        reason = "the replacement is unsafe; an owned descriptor, never taken out, stays open as long as the registration"
    )]
    fn of(id: Option<u32>) -> io::Result<Self> {
        let leader =
            id.and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw).ok_or_else(|| io::Error::other("it has no process id"))?;
        // Should this fail the child is killed by `kill_on_drop`.
        let descriptor = AsyncFd::with_interest(pidfd_open(leader, PidfdFlags::empty())?, Interest::READABLE)?;
        Ok(Self { leader: Some(leader), descriptor })
    }

    /// Waits until the leader has ended, without reaping it: its id stays taken.
    async fn leader_ended(&self) -> io::Result<()> {
        self.descriptor.readable().await.map(drop)
    }

    /// No such group any more is what is wanted.
    fn kill(&self) {
        if let Some(leader) = self.leader {
            let _ = kill_process_group(leader, Signal::KILL);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}

async fn feed(stdin: Option<ChildStdin>, input: &[u8]) {
    if let Some(mut stdin) = stdin {
        // A child that does not want all of it says so by its exit code.
        drop(stdin.write_all(input).await);
    }
}

async fn read_capped(pipe: Option<impl AsyncRead + Unpin>, limit: usize) -> io::Result<(Vec<u8>, bool)> {
    let Some(mut pipe) = pipe else { return Ok((Vec::new(), false)) };
    let mut kept = Vec::new();
    (&mut pipe).take(limit as u64).read_to_end(&mut kept).await?;
    let rest = tokio::io::copy(&mut pipe, &mut tokio::io::sink()).await?;
    Ok((kept, rest > 0))
}
