//! How the program ends: an exit code that scripts may rely on, and a message that says the next step.

use std::fmt;
use std::io;

/// Documented in docs/cli.md; a code never changes its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    Ok = 0,
    /// The thing asked about is bad: an invalid file, a failed run, a broken promise.
    Failed = 1,
    /// The command line or the configuration cannot be understood.
    Usage = 2,
    /// The server knows no such pipeline, release, gate, target, job or token.
    NotFound = 3,
    /// Understood and refused: the state forbids it, or somebody was faster.
    Refused = 4,
    /// No answer from the server.
    Unreachable = 5,
    /// Not signed in, or the role does not allow it.
    Forbidden = 6,
    /// The server answered what it never should: a bug or a version far apart.
    ServerError = 7,
    /// Ended by Ctrl-C.
    Interrupted = 130,
}

/// Why a command did not do what it was asked.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    /// What is wrong, in a sentence that reads alone. May have several lines.
    pub(crate) message: String,
    /// What to do now.
    pub(crate) next_step: Option<String>,
    /// The API's stable code, for `--json`.
    pub(crate) code: Option<String>,
    /// Whoever read our output has gone: nothing is said and the exit code is 0.
    pub(crate) reader_gone: bool,
}

impl Failure {
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into(), next_step: None, code: None, reader_gone: false }
    }

    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self::new(Exit::Failed, message)
    }

    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    #[must_use]
    pub(crate) fn next(mut self, step: impl Into<String>) -> Self {
        self.next_step = Some(step.into());
        self
    }

    #[must_use]
    pub(crate) fn code(mut self, code: impl Into<String>) -> Self {
        self.code = Some(code.into());
        self
    }

    /// For a file that cannot be read or written.
    pub(crate) fn file(path: &std::path::Path, doing: &str, error: &io::Error) -> Self {
        let exit = if error.kind() == io::ErrorKind::NotFound { Exit::NotFound } else { Exit::Failed };
        Self::new(exit, format!("cannot {doing} {}: {error}", path.display()))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// Only for writing to the terminal or a pipe: files go through [`Failure::file`].
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        let reader_gone = error.kind() == io::ErrorKind::BrokenPipe;
        Self { reader_gone, ..Self::failed(format!("cannot write the output: {error}")) }
    }
}

pub(crate) type Result<T, E = Failure> = std::result::Result<T, E>;
