//! The agent alone, for machines that execute jobs for a server elsewhere.

use std::collections::BTreeMap;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use runner::doctor::{self, Grade};
use runner::{Config, Isolation, Token};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;
use url::Url;

#[derive(Debug, Parser)]
#[command(name = "tidegate-runner", version, about = "Executes jobs for a Tidegate server")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Takes jobs from the server until it is told to stop; registers at the first start.
    Run(Box<Run>),
    /// Says whether this machine has what a runner needs.
    Doctor {
        /// Where the runner works, or will work.
        #[arg(long, env = "TIDEGATE_RUNNER_WORKDIR", default_value = "tidegate-runner")]
        workdir: PathBuf,
    },
    /// Deploys a service on this machine; called by the block `process/in-place`.
    InPlace(Box<runner::in_place::Command>),
    /// Inside a job: what it can do with its pipeline.
    #[command(subcommand)]
    Pipeline(runner::upload::Command),
    /// Inside a job: prints a new identity token of the job.
    IdToken(runner::id_token::Command),
    #[command(hide = true)]
    Attempt(runner::attempt::Command),
}

#[derive(Debug, Args)]
struct Run {
    /// The server's address, such as https://tidegate.example.org.
    #[arg(long, env = "TIDEGATE_SERVER")]
    server: Url,
    /// A file that holds the one-time registration token; needed at the first start only.
    #[arg(long, env = "TIDEGATE_TOKEN_FILE")]
    token_file: Option<PathBuf>,
    /// What people see in the list of runners; this machine's name by default.
    #[arg(long, env = "TIDEGATE_RUNNER_NAME")]
    name: Option<String>,
    /// What jobs can ask for with `runs_on`, as key=value; `os` and `arch` are there already.
    #[arg(long, env = "TIDEGATE_RUNNER_LABELS", value_delimiter = ',', value_parser = label)]
    labels: Vec<(String, String)>,
    /// How many jobs run at once.
    #[arg(long, env = "TIDEGATE_RUNNER_SLOTS", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=256))]
    slots: u32,
    /// Identity, journal, mirrors and workspaces; one runner per folder.
    #[arg(long, env = "TIDEGATE_RUNNER_WORKDIR", default_value = "tidegate-runner")]
    workdir: PathBuf,
    /// How the processes of a job are kept together.
    #[arg(long, env = "TIDEGATE_RUNNER_ISOLATION", value_enum, default_value_t = Isolation::Auto)]
    isolation: Isolation,
    /// Leaves the workspaces of ended jobs in the workdir, to look into them.
    #[arg(long)]
    keep_workspaces: bool,
    /// How long to wait for running jobs when told to stop; afterwards they go on by themselves until the next start.
    #[arg(long, default_value_t = 600)]
    drain_seconds: u64,
    /// How long one request for work may stay open.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u64).range(0..=30))]
    poll_seconds: u64,
    /// Text for people, JSON for machines; by default what standard error is.
    #[arg(long, value_enum)]
    log_format: Option<LogFormat>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LogFormat {
    Text,
    Json,
}

fn main() -> ExitCode {
    match Arguments::parse().command {
        Command::Run(run) => report(run.run()),
        Command::Doctor { workdir } => examine(&workdir),
        Command::InPlace(command) => command.run(),
        Command::Pipeline(command) => command.run(),
        Command::IdToken(command) => command.run(),
        Command::Attempt(command) => command.run(),
    }
}

fn examine(workdir: &Path) -> ExitCode {
    let findings = doctor::examine(workdir);
    for finding in &findings {
        let grade = match finding.grade {
            Grade::Good => "ok",
            Grade::Warning => "warning",
            Grade::Bad => "BAD",
        };
        println!("{grade:<8} {:<10} {}", finding.subject, finding.detail);
    }
    if findings.iter().any(|finding| finding.grade == Grade::Bad) { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn report(result: Result<(), String>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("tidegate-runner: {error}");
            ExitCode::FAILURE
        }
    }
}

impl Run {
    fn run(self) -> Result<(), String> {
        log_to_stderr(self.log_format);
        let config = self.config()?;
        let runtime = tokio::runtime::Runtime::new().map_err(|error| format!("the runtime could not be started: {error}"))?;
        runtime.block_on(async {
            let shutdown = CancellationToken::new();
            let (mut terminate, mut interrupt) = signals().map_err(|error| format!("signals cannot be heard: {error}"))?;
            let work = runner::run(config, shutdown.clone());
            tokio::pin!(work);
            let ended = tokio::select! {
                ended = &mut work => ended,
                () = any(&mut terminate, &mut interrupt) => {
                    shutdown.cancel();
                    // A second signal does not wait; running jobs go on under their supervisors.
                    tokio::select! {
                        ended = &mut work => ended,
                        () = any(&mut terminate, &mut interrupt) => Ok(()),
                    }
                }
            };
            ended.map_err(|error| error.to_string())
        })
    }

    fn config(self) -> Result<Config, String> {
        let workdir = std::path::absolute(&self.workdir).map_err(|error| format!("--workdir {}: {error}", self.workdir.display()))?;
        let executable = std::env::current_exe().map_err(|error| format!("this program cannot find itself: {error}"))?;
        let mut config = Config::new(self.server, workdir, executable);
        if let Some(file) = &self.token_file {
            let text = std::fs::read_to_string(file).map_err(|error| format!("--token-file {}: {error}", file.display()))?;
            config.registration_token = Some(Token::new(&text));
        }
        config.name = self.name.unwrap_or_else(host_name);
        config.labels.extend(self.labels.into_iter().collect::<BTreeMap<_, _>>());
        config.slots = self.slots;
        config.isolation = self.isolation;
        config.keep_workspaces = self.keep_workspaces;
        config.drain = Duration::from_secs(self.drain_seconds);
        config.poll = Duration::from_secs(self.poll_seconds);
        Ok(config)
    }
}

fn signals() -> std::io::Result<(Signal, Signal)> {
    Ok((signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?))
}

async fn any(one: &mut Signal, other: &mut Signal) {
    tokio::select! {
        _ = one.recv() => {}
        _ = other.recv() => {}
    }
}

fn host_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

fn label(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.trim().is_empty() => Ok((key.trim().to_owned(), value.trim().to_owned())),
        _ => Err(format!("{text:?} is not a label; write key=value, such as gpu=yes")),
    }
}

fn log_to_stderr(format: Option<LogFormat>) {
    let filter = tracing_subscriber::EnvFilter::try_from_env("TIDEGATE_LOG").unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let is_terminal = std::io::stderr().is_terminal();
    match format.unwrap_or(if is_terminal { LogFormat::Text } else { LogFormat::Json }) {
        LogFormat::Text => builder.with_ansi(is_terminal).init(),
        LogFormat::Json => builder.json().flatten_event(true).init(),
    }
}
