use std::ffi::OsStr;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

use nix::sched::CloneFlags;
use rustix::mount::{MountFlags, MountPropagationFlags};

use crate::config::Isolation;
use crate::error::Error;
use crate::programs;

/// What was found to work on this machine. Chosen once, at the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mechanism {
    /// The supervisor is process 1 of a PID namespace: when it ends, the kernel ends everything in it.
    PidNamespace,
    /// The same inside a user namespace that maps the own user only, made by `unshare` of util-linux: a process of
    /// several threads cannot make one.
    PidNamespaceOfUser,
    /// The supervisor adopts orphans and walks `/proc`; if it is killed itself, the agent sweeps by an
    /// environment marker, which a process that cleared its environment escapes.
    ProcessTree,
}

impl Mechanism {
    /// Tries what the wish allows, best first, with this program (see [`crate::attempt::Command`]).
    ///
    /// # Errors
    /// When a PID namespace was asked for and none can be made.
    pub fn detect(wish: Isolation, executable: &Path) -> Result<Self, Error> {
        let found = match wish {
            Isolation::ProcessTree => return Ok(Self::ProcessTree),
            Isolation::Auto => Self::PidNamespace.try_out(executable),
            Isolation::PidNamespace => Self::PidNamespace.try_out(executable).or_else(|first| {
                Self::PidNamespaceOfUser.try_out(executable).map_err(|second| format!("{first}; with a user namespace: {second}"))
            }),
        };
        match (found, wish) {
            (Ok(mechanism), _) => Ok(mechanism),
            (Err(detail), Isolation::PidNamespace) => Err(Error::Isolation { detail }),
            (Err(detail), _) => {
                tracing::info!(detail, "no PID namespace here, jobs run as process trees");
                Ok(Self::ProcessTree)
            }
        }
    }

    /// The command that starts the program's hidden subcommand `attempt` under this mechanism, to be started by
    /// [`Self::start`]. `path` is where programs are looked up.
    pub(crate) fn command(self, executable: &Path, path: Option<&OsStr>) -> Command {
        let mut command = match self {
            Self::PidNamespaceOfUser => {
                let mut command = Command::new(programs::find(OsStr::new("unshare"), path));
                command.args(["--user", "--map-current-user", "--pid", "--mount", "--fork", "--"]).arg(executable);
                command
            }
            Self::PidNamespace | Self::ProcessTree => Command::new(executable),
        };
        command.arg("attempt");
        if self != Self::ProcessTree {
            command.arg(OWN_PROC);
        }
        command
    }

    /// Runs `spawn` where the process that it starts is process 1 of a new namespace, if this mechanism makes one.
    pub(crate) fn start<T: Send>(self, spawn: impl FnOnce() -> io::Result<T> + Send) -> io::Result<T> {
        if self != Self::PidNamespace {
            return spawn();
        }
        // Only the thread that asks changes over, and for good: so it is one of its own, and ends.
        std::thread::scope(|scope| {
            let thread = scope.spawn(|| {
                nix::sched::unshare(CloneFlags::CLONE_NEWPID | CloneFlags::CLONE_NEWNS)?;
                spawn()
            });
            thread.join().unwrap_or_else(|_| Err(io::Error::other("the thread that makes the PID namespace panicked")))
        })
    }

    pub(crate) fn describe(self) -> &'static str {
        match self {
            Self::PidNamespace => "PID namespace",
            Self::PidNamespaceOfUser => "PID namespace inside a user namespace",
            Self::ProcessTree => "process tree (no PID namespace)",
        }
    }

    pub(crate) fn try_out(self, executable: &Path) -> Result<Self, String> {
        let mut command = self.command(executable, None);
        command.arg(TRY_OUT).stdin(Stdio::null());
        let output = self.start(|| command.output()).map_err(|error| format!("{command:?} could not be run: {error}"))?;
        if output.status.success() { Ok(self) } else { Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()) }
    }
}

/// The flag by which the subcommand `attempt` knows that it must call [`own_proc`].
const OWN_PROC: &str = "--own-proc";
/// The flag that ends the subcommand `attempt` before it does anything.
const TRY_OUT: &str = "--try-out";

/// Shows process 1 of a PID namespace, and all below it, only the processes of that namespace. Nothing outside sees the mount.
pub(crate) fn own_proc() -> io::Result<()> {
    rustix::mount::mount_change("/", MountPropagationFlags::PRIVATE | MountPropagationFlags::REC)?;
    let flags = MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC;
    Ok(rustix::mount::mount("proc", OsStr::new("/proc"), "proc", flags, None)?)
}
