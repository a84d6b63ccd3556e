use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::config::Isolation;
use crate::error::Error;

/// What was found to work on this machine. Chosen once, at the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mechanism {
    /// The supervisor is process 1 of a PID namespace: when it ends, the kernel ends everything in it.
    PidNamespace,
    /// The same inside a user namespace that maps the own user only.
    PidNamespaceOfUser,
    /// The supervisor adopts orphans and walks `/proc`; if it is killed itself, the agent sweeps by an
    /// environment marker, which a process that cleared its environment escapes.
    ProcessTree,
}

impl Mechanism {
    /// Tries what the wish allows, best first.
    ///
    /// # Errors
    /// When a PID namespace was asked for and none can be made.
    pub fn detect(wish: Isolation) -> Result<Self, Error> {
        let found = match wish {
            Isolation::ProcessTree => return Ok(Self::ProcessTree),
            Isolation::Auto => Self::PidNamespace.try_out(),
            Isolation::PidNamespace => Self::PidNamespace
                .try_out()
                .or_else(|first| Self::PidNamespaceOfUser.try_out().map_err(|second| format!("{first}; with a user namespace: {second}"))),
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

    /// The command line that starts `program` under this mechanism.
    pub(crate) fn wrap(self, program: &Path) -> Vec<OsString> {
        let mut line: Vec<OsString> = self.prefix().iter().map(OsString::from).collect();
        line.push(program.into());
        line
    }

    pub(crate) fn describe(self) -> &'static str {
        match self {
            Self::PidNamespace => "PID namespace",
            Self::PidNamespaceOfUser => "PID namespace inside a user namespace",
            Self::ProcessTree => "process tree (no PID namespace)",
        }
    }

    fn prefix(self) -> &'static [&'static str] {
        match self {
            Self::PidNamespace => &["unshare", "--pid", "--fork", "--mount-proc", "--"],
            Self::PidNamespaceOfUser => &["unshare", "--user", "--map-current-user", "--pid", "--fork", "--mount-proc", "--"],
            Self::ProcessTree => &[],
        }
    }

    pub(crate) fn try_out(self) -> Result<Self, String> {
        let line = self.wrap(Path::new("true"));
        let Some((program, arguments)) = line.split_first() else { return Ok(self) };
        let output = Command::new(program)
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .map_err(|error| format!("{} could not be run: {error} (package util-linux)", program.to_string_lossy()))?;
        if output.status.success() { Ok(self) } else { Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()) }
    }
}
