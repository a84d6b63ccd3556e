use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::future::Future;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::pin::pin;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use protocol::Step;
use rustix::process::{Pid, Signal};
use tokio::net::unix::pipe;
use tokio::process::{Child, Command};

use super::spool::Spool;
use crate::clock::{self, Moment};
use crate::{programs, tree};

/// How one step ended.
#[derive(Debug)]
pub(super) enum End<I> {
    Exited(i32),
    /// By a signal that we did not send.
    Signalled(i32),
    TimedOut {
        timeout_ms: u64,
    },
    Interrupted(I),
    NotStarted {
        detail: String,
    },
}

/// When a step has run long enough, and what to call that.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bound {
    pub(super) at: Moment,
    pub(super) timeout_ms: u64,
}

/// What all steps of a job write to: one pipe, so that standard output and errors stay in order, and a
/// process that was left in the background cannot hold the end of a step back.
#[derive(Debug)]
pub(super) struct Output {
    reader: pipe::Receiver,
    writer: OwnedFd,
    buffer: Vec<u8>,
}

/// At most this much is taken between two looks at the clock.
const GULP_BYTES: usize = 1024 * 1024;
const READ_BYTES: usize = 64 * 1024;

impl Output {
    pub(super) fn new() -> io::Result<Self> {
        let (reader, writer) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC)?;
        Ok(Self { reader: pipe::Receiver::from_owned_fd(reader)?, writer, buffer: vec![0; READ_BYTES] })
    }

    fn end(&self) -> io::Result<Stdio> {
        Ok(Stdio::from(self.writer.try_clone()?))
    }

    /// Takes what lies in the pipe now: everything that a process wrote before it ended.
    pub(super) fn drain(&mut self, spool: &mut Spool) {
        let mut taken = 0;
        while taken < GULP_BYTES {
            match self.reader.try_read(&mut self.buffer) {
                Ok(count) if count > 0 => {
                    spool.write(self.buffer.get(..count).unwrap_or_default());
                    taken += count;
                }
                _ => break,
            }
        }
    }
}

/// The command line of a step, with nothing of our own environment.
pub(super) fn command(step: &Step, environment: &BTreeMap<String, String>, folder: &Path) -> Result<Command, String> {
    let (program, arguments) =
        step.shell.split_first().ok_or_else(|| "its shell is empty; name a program, such as [\"sh\", \"-c\"]".to_owned())?;
    let path = environment.get("PATH").map(OsStr::new);
    let mut command = Command::new(programs::find(OsStr::new(program), path));
    command.args(arguments).arg(&step.run).env_clear().envs(environment).current_dir(folder).stdin(Stdio::null()).process_group(0);
    Ok(command)
}

/// Runs a step to its end, its bound, or an interrupt. In the latter two cases the whole process tree is
/// gone afterwards (A7): the group is asked by SIGTERM, and what is left after the grace is killed.
pub(super) async fn run<I>(
    mut command: Command,
    output: &mut Output,
    spool: &mut Spool,
    bound: Bound,
    interrupt: impl Future<Output = I>,
    grace_ms: impl Fn(&I) -> u64,
    own_grace_ms: u64,
) -> End<I> {
    let spawned = output.end().and_then(|out| {
        command.stdout(out);
        command.stderr(output.end()?).spawn()
    });
    let program = command.as_std().get_program().to_string_lossy().into_owned();
    drop(command);
    let mut child = match spawned {
        Ok(child) => child,
        Err(error) => return End::NotStarted { detail: not_started(&program, &error) },
    };
    let first = {
        let mut interrupt = pin!(interrupt);
        let until = async {
            tokio::select! {
                cause = &mut interrupt => Some(cause),
                () = clock::sleep_until(Some(bound.at)) => None,
            }
        };
        wait(&mut child, output, spool, until).await
    };
    output.drain(spool);
    match first {
        Waited::Ended(Ok(status)) => ended(status),
        Waited::Ended(Err(error)) => End::NotStarted { detail: format!("its end could not be observed: {error}") },
        Waited::Until(Some(cause)) => {
            stop(child, output, spool, grace_ms(&cause)).await;
            End::Interrupted(cause)
        }
        Waited::Until(None) => {
            stop(child, output, spool, own_grace_ms).await;
            End::TimedOut { timeout_ms: bound.timeout_ms }
        }
    }
}

enum Waited<T> {
    Ended(io::Result<ExitStatus>),
    Until(T),
}

async fn wait<T>(child: &mut Child, output: &mut Output, spool: &mut Spool, until: impl Future<Output = T>) -> Waited<T> {
    let mut until = pin!(until);
    loop {
        let readable = tokio::select! {
            // The order makes sure that a step that floods its log can be ended.
            biased;
            value = &mut until => return Waited::Until(value),
            status = child.wait() => return Waited::Ended(status),
            readable = output.reader.readable() => readable,
        };
        match readable {
            Ok(()) => output.drain(spool),
            Err(error) => return Waited::Ended(Err(error)),
        }
    }
}

async fn stop(mut child: Child, output: &mut Output, spool: &mut Spool, grace_ms: u64) {
    let deadline = clock::now().plus_ms(grace_ms);
    let group = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
    if let Some(group) = group {
        let _gone = rustix::process::kill_process_group(group, Signal::TERM);
    }
    let _polite = wait(&mut child, output, spool, clock::sleep_until(Some(deadline))).await;
    // The shell may be gone while what it started still cleans up.
    while let Some(group) = group.filter(|group| rustix::process::test_kill_process_group(*group).is_ok()) {
        if deadline.remaining().is_zero() {
            break;
        }
        output.drain(spool);
        tree::reap_orphans(Some(group));
        clock::sleep(Duration::from_millis(5)).await;
    }
    if !tree::kill_descendants(group).await {
        spool.mark("a process of this job does not end on SIGKILL; it is left behind");
    }
    let _status = child.wait().await;
    output.drain(spool);
}

fn ended<I>(status: ExitStatus) -> End<I> {
    match (status.code(), status.signal()) {
        (Some(code), _) => End::Exited(code),
        (None, Some(signal)) => End::Signalled(signal),
        (None, None) => End::Exited(1),
    }
}

fn not_started(program: &str, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => format!("{program:?} was not found on this runner, or its working_directory does not exist"),
        io::ErrorKind::PermissionDenied => format!("{program:?} may not be executed"),
        _ => format!("{program:?} could not be started: {error}"),
    }
}
