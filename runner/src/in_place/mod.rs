//! One instance of a service on the runner's own machine: the tool behind the block `process/in-place`.
//!
//! Three parts: the *verbs*, which a deployment's job calls and which end with it; the *keeper*, one process
//! per service, which outlives jobs and agents, owns the listening socket and restarts what crashes; and
//! the *host* inside the agent, which starts keepers, because whatever a job starts ends with the job
//! (docs/decisions/0014-who-keeps-a-service.md).

mod control;
pub(crate) mod host;
mod keeper;
mod layout;
mod probe;
mod releases;
mod service;
mod verbs;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};
use serde::{Deserialize, Serialize};

/// The subcommand `in-place`.
#[derive(Debug, Clone, Args)]
pub struct Command {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Clone, Subcommand)]
enum Verb {
    /// Unpacks the artifact beside what serves; changes nothing that serves.
    Prepare(Options),
    /// Makes this release serve.
    Shift(Options),
    /// Waits until the service answers well.
    Health(Options),
    /// Removes old releases.
    Finish(Options),
    /// Prints as JSON what serves now.
    Inspect(Options),
    /// Makes an earlier release serve again, at once when it still lies on the disk.
    Rollback(Options),
    /// Stops the service and removes it.
    Destroy(Options),
    /// The keeper of one service.
    #[command(hide = true)]
    Supervise(Place),
}

/// Which service.
#[derive(Debug, Clone, Args)]
struct Place {
    /// The folder that holds this machine's services.
    #[arg(long)]
    root: PathBuf,
    /// The service's folder below it.
    #[arg(long, value_parser = name)]
    name: String,
}

#[derive(Debug, Clone, Args)]
struct Options {
    #[command(flatten)]
    place: Place,
    /// The program, a folder that holds it, or an archive (tar, tar.gz) of one.
    #[arg(long)]
    artifact: Option<PathBuf>,
    /// The program to start and its arguments, relative to the release's folder; `./run` of a folder, or the artifact itself.
    #[arg(long, default_value = "")]
    command: String,
    /// Where the service listens; 0 for one that does not.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// The address of the socket that is handed over.
    #[arg(long, default_value = "127.0.0.1")]
    address: std::net::Ipv4Addr,
    /// A path that answers 200 when the service is well; without it, taking connections is enough.
    #[arg(long, default_value = "")]
    health: String,
    #[arg(long, value_enum, default_value_t = Mode::Restart)]
    mode: Mode,
    /// How many releases stay on the disk.
    #[arg(long, default_value_t = 5)]
    keep: usize,
    /// A variable of the service's environment, as NAME=VALUE; may be repeated.
    #[arg(long = "env", value_parser = variable)]
    environment: Vec<(String, String)>,
    /// The release's number.
    #[arg(long, env = "TIDEGATE_RELEASE", default_value = "")]
    release: String,
    /// The right to change this target; a lower one than was seen before is refused (A4).
    #[arg(long, env = "TIDEGATE_FENCE", default_value = "")]
    fence: String,
    /// The share of the target to shift. One instance can only be shifted as a whole.
    #[arg(long, env = "TIDEGATE_PERCENT", default_value = "")]
    percent: String,
    /// Taken and not needed: one instance is one batch.
    #[arg(long, env = "TIDEGATE_BATCH", default_value = "", hide = true)]
    batch: String,
    /// How long a service may take to become healthy.
    #[arg(long, default_value_t = 60)]
    timeout_seconds: u64,
    /// How long a service may take to end after SIGTERM.
    #[arg(long, default_value_t = 10)]
    grace_seconds: u64,
    #[arg(long, env = "TIDEGATE_OUTPUT", hide = true)]
    output: Option<PathBuf>,
    #[arg(long, env = host::SOCKET_VARIABLE, hide = true)]
    host: Option<PathBuf>,
    #[arg(long, env = host::KEY_VARIABLE, hide = true, hide_env_values = true)]
    host_key: Option<String>,
}

/// How one release takes over from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Stop the old one, start the new one; it binds `$PORT` itself.
    Restart,
    /// The keeper owns the socket and passes it as file descriptor 3 (`LISTEN_FDS`): the new one starts
    /// beside the old one, which ends when the new one answers. No request fails.
    Handover,
}

impl Command {
    /// Runs one verb. The exit code is 0 for success, 1 for a failure, 2 for what was refused.
    #[must_use]
    pub fn run(&self) -> ExitCode {
        let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => runtime,
            Err(error) => {
                eprintln!("in-place: the runtime could not be started: {error}");
                return ExitCode::FAILURE;
            }
        };
        let done = runtime.block_on(async {
            match &self.verb {
                Verb::Prepare(options) => verbs::prepare(options).await,
                Verb::Shift(options) => verbs::shift(options).await,
                Verb::Health(options) => verbs::health(options).await,
                Verb::Finish(options) => verbs::finish(options).await,
                Verb::Inspect(options) => verbs::inspect(options).await,
                Verb::Rollback(options) => verbs::rollback(options).await,
                Verb::Destroy(options) => verbs::destroy(options).await,
                Verb::Supervise(place) => keeper::keep(place).await,
            }
        });
        match done {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("in-place: {error}");
                ExitCode::from(error.exit_code())
            }
        }
    }
}

/// Why a verb did not do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(
        "refused: the fence {given} is older than {seen}, which this service was deployed with already; another deployment has taken over"
    )]
    StaleFence { given: u64, seen: u64 },
    #[error(
        "refused: one instance serves everyone or no one, {percent} % of it cannot be shifted; use the strategy `in_place` or `all_at_once`"
    )]
    Share { percent: String },
    #[error("refused: {0}")]
    Usage(String),
    #[error("another deployment of this service has been working for too long; see what holds {0}")]
    Busy(PathBuf),
    #[error("the release {release} does not lie in {folder}, and no --artifact was given to unpack it from")]
    NotPrepared { release: u64, folder: PathBuf },
    #[error("the artifact {path}: {detail}")]
    Artifact { path: PathBuf, detail: String },
    #[error("{0}")]
    Switch(String),
    #[error("not healthy: {0}")]
    Unhealthy(String),
    #[error("the keeper of this service does not run and could not be started: {0}")]
    Keeper(String),
    #[error("{path}: {source}")]
    File { path: PathBuf, source: std::io::Error },
}

impl Error {
    fn exit_code(&self) -> u8 {
        match self {
            Self::StaleFence { .. } | Self::Share { .. } | Self::Usage(_) => 2,
            _ => 1,
        }
    }

    fn file(path: &std::path::Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { path, source }
    }
}

fn name(text: &str) -> Result<String, String> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    if !text.is_empty() && text.len() <= 100 && text.bytes().all(allowed) && !text.starts_with('.') {
        Ok(text.to_owned())
    } else {
        Err("a name is 1 to 100 letters, digits, `-`, `_` and `.`, and does not begin with `.`".to_owned())
    }
}

fn variable(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() && !text.contains('\0') => Ok((name.to_owned(), value.to_owned())),
        _ => Err("write NAME=VALUE".to_owned()),
    }
}
