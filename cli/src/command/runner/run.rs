use std::path::PathBuf;
use std::time::Duration;

use runner::{Config, Isolation, Token};

use crate::command::Context;
use crate::config::{LogFormat, client};
use crate::exit::{Exit, Failure, Result};
use crate::serve::logging;
use crate::serve::signals::{self, Signals};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// A file that holds the one-time token of `tidegate runner token`; needed at the first start only
    /// [env: TIDEGATE_TOKEN_FILE]
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// What people see in the list of runners [env: TIDEGATE_RUNNER_NAME] [default: this machine's name]
    #[arg(long)]
    name: Option<String>,
    /// What jobs can ask for with `runs_on`; `os` and `arch` are there already; may be repeated
    /// [env: TIDEGATE_RUNNER_LABELS, parted by commas]
    #[arg(long = "label", value_name = "KEY=VALUE")]
    labels: Vec<String>,
    /// How many jobs run at once [env: TIDEGATE_RUNNER_SLOTS] [default: 1]
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=256))]
    slots: Option<u32>,
    /// Identity, journal, mirrors and workspaces; one runner per folder [env: TIDEGATE_RUNNER_WORKDIR]
    /// [default: tidegate-runner]
    #[arg(long, value_name = "FOLDER")]
    workdir: Option<PathBuf>,
    /// How the processes of a job are kept together [env: TIDEGATE_RUNNER_ISOLATION] [default: auto]
    #[arg(long, value_enum)]
    isolation: Option<Isolation>,
    /// Leave the workspaces of ended jobs in the workdir, to look into them
    #[arg(long)]
    keep_workspaces: bool,
    /// How long to wait for running jobs when told to stop; then they go on by themselves until the next start
    #[arg(long, value_name = "DURATION", default_value = "10m", value_parser = crate::command::duration)]
    drain: u64,
    /// error, warn, info, debug, trace, or a list such as info,runner=debug
    #[arg(long, default_value = "info")]
    log_level: String,
    /// End when standard input ends, as a child does whose parent holds the other end
    #[arg(long, hide = true)]
    until_stdin_ends: bool,
}

pub(crate) async fn run(arguments: &Arguments, context: &Context) -> Result<Exit> {
    logging::start(LogFormat::Auto, &arguments.log_level)?;
    let config = config(arguments, context)?;
    let signals = Signals::listen()?;
    if arguments.until_stdin_ends {
        signals::end_with_parent(signals.first.clone());
    }
    tokio::select! {
        ended = runner::run(config, signals.first.clone()) => {
            ended.map(|()| Exit::Ok).map_err(|error| Failure::failed(error.to_string()).next("`tidegate runner token` makes a one-time token for --token-file"))
        }
        // Running jobs go on under their supervisors; the next start finds them.
        () = signals.second.cancelled() => Err(Failure::new(Exit::Interrupted, "ended at once by the second signal; running jobs go on until the next start")),
    }
}

fn config(arguments: &Arguments, context: &Context) -> Result<Config> {
    let access = client::access(&context.access, &context.environment)?;
    let server = url::Url::parse(&access.server).map_err(|error| Failure::usage(format!("{}: {error}", access.server)))?;
    let said = |name: &str| context.environment.get(name).map(str::to_owned);
    let workdir = arguments.workdir.clone().or_else(|| said("TIDEGATE_RUNNER_WORKDIR").map(PathBuf::from));
    let workdir = workdir.unwrap_or_else(|| PathBuf::from("tidegate-runner"));
    let workdir = std::path::absolute(&workdir).map_err(|error| Failure::file(&workdir, "find", &error))?;
    let executable = std::env::current_exe().map_err(|error| Failure::failed(format!("this program cannot find itself: {error}")))?;
    let mut config = Config::new(server, workdir, executable);
    if let Some(file) = arguments.token_file.clone().or_else(|| said("TIDEGATE_TOKEN_FILE").map(PathBuf::from)) {
        let text = std::fs::read_to_string(&file).map_err(|error| Failure::file(&file, "read", &error))?;
        config.registration_token = Some(Token::new(&text));
    }
    config.name = arguments
        .name
        .clone()
        .or_else(|| said("TIDEGATE_RUNNER_NAME"))
        .unwrap_or_else(|| rustix::system::uname().nodename().to_string_lossy().into_owned());
    let labels = match said("TIDEGATE_RUNNER_LABELS").filter(|_| arguments.labels.is_empty()) {
        Some(listed) => listed.split(',').map(|label| label.trim().to_owned()).collect(),
        None => arguments.labels.clone(),
    };
    config.labels.extend(crate::pipeline_file::pairs(&labels)?);
    config.slots = match (arguments.slots, said("TIDEGATE_RUNNER_SLOTS")) {
        (Some(slots), _) => slots,
        (None, Some(text)) => {
            let slots = text.parse().ok().filter(|slots| (1..=256).contains(slots));
            slots.ok_or_else(|| Failure::usage(format!("TIDEGATE_RUNNER_SLOTS: expected a number from 1 to 256, not {text:?}")))?
        }
        (None, None) => 1,
    };
    config.isolation = match (arguments.isolation, said("TIDEGATE_RUNNER_ISOLATION")) {
        (Some(isolation), _) => isolation,
        (None, Some(text)) => <Isolation as clap::ValueEnum>::from_str(&text, false).map_err(|_| {
            Failure::usage(format!("TIDEGATE_RUNNER_ISOLATION: expected auto, pid-namespace or process-tree, not {text:?}"))
        })?,
        (None, None) => Isolation::Auto,
    };
    config.keep_workspaces = arguments.keep_workspaces;
    config.drain = Duration::from_millis(arguments.drain);
    Ok(config)
}
