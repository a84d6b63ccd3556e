//! The server's configuration: a TOML file, `TIDEGATE_*` variables and flags, the later winning.
//!
//! Invariant: this is the one place that reads the environment, and it reports every problem of a
//! configuration at once. Secrets are read and handed on, never shown.

pub(crate) mod client;
mod environment;
mod file;
mod key;
mod problem;
mod settings;
mod value;

use std::path::{Path, PathBuf};

pub(crate) use environment::Environment;
pub(crate) use key::{KEYS, Kind, Origin, Value, Values};
pub(crate) use problem::Problem;
pub(crate) use settings::{Aws, Forges, LogFormat, Settings};
pub(crate) use value::{duration_ms, duration_text};

use crate::exit::{Exit, Failure, Result};

/// Read when no `--config` and no `TIDEGATE_CONFIG` names another, and skipped when it is not there.
pub(crate) const DEFAULT_FILE: &str = "/etc/tidegate/server.toml";

/// Variables with our prefix that are no settings of the server.
const OTHER_VARIABLES: [&str; 9] = [
    "TIDEGATE_CONFIG",
    "TIDEGATE_SERVER",
    "TIDEGATE_TOKEN",
    "TIDEGATE_TOKEN_FILE",
    "TIDEGATE_LOG",
    "TIDEGATE_RUNNER_NAME",
    "TIDEGATE_RUNNER_LABELS",
    "TIDEGATE_RUNNER_WORKDIR",
    "TIDEGATE_RUNNER_ISOLATION",
];

/// What the command line says; flags win over everything.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct Flags {
    /// The configuration file [default: /etc/tidegate/server.toml where it exists]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Sets one key of the configuration, such as `--set log.level=debug`; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
    /// Where to listen (`listen`)
    #[arg(long, value_name = "HOST:PORT")]
    pub(crate) listen: Option<String>,
    /// The address that people and runners use (`public_url`)
    #[arg(long, value_name = "URL")]
    pub(crate) public_url: Option<String>,
    /// The folder for database, logs and artifacts (`data`)
    #[arg(long, value_name = "FOLDER")]
    pub(crate) data: Option<String>,
    /// sqlite:PATH or postgres://… (`database.url`); prefer the file or the environment for a password
    #[arg(long, value_name = "URL")]
    pub(crate) database: Option<String>,
    /// Also run jobs in this process (`runner.built_in`)
    #[arg(long)]
    pub(crate) runner: bool,
}

/// Everything that was said, checked key by key.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) values: Values,
    pub(crate) problems: Vec<Problem>,
    /// The file that was read, if any.
    pub(crate) file: Option<PathBuf>,
}

/// Reads file, environment and flags. Problems are in the answer; only a file that was asked for and
/// cannot be read is a failure.
pub(crate) fn load(flags: &Flags, environment: &Environment) -> Result<Loaded> {
    let mut values = Values::new();
    let mut problems = Vec::new();
    let file = read_file(flags, environment, &mut values, &mut problems)?;
    read_variables(environment, &mut values, &mut problems);
    read_flags(flags, &mut values, &mut problems);
    settings::add_defaults(&mut values, environment);
    settings::check_together(&values, &mut problems);
    problems.sort_by_key(|problem| match &problem.origin {
        Origin::File { line, .. } => (0, *line),
        Origin::Variable(_) => (1, 0),
        Origin::Flag(_) => (2, 0),
        Origin::Default => (3, 0),
    });
    Ok(Loaded { values, problems, file })
}

impl Loaded {
    /// The settings, or all problems in one message.
    pub(crate) fn settings(self) -> Result<Settings> {
        if self.problems.is_empty() {
            return Ok(Settings::from_values(&self.values));
        }
        let lines: Vec<String> = self.problems.iter().map(|problem| format!("  {problem}")).collect();
        let count = if lines.len() == 1 { "1 problem".to_owned() } else { format!("{} problems", lines.len()) };
        Err(Failure::usage(format!("the configuration has {count}:\n{}", lines.join("\n")))
            .code("invalid_configuration")
            .next("mend these; `tidegate check-config` shows every value and where it came from"))
    }
}

fn read_file(flags: &Flags, environment: &Environment, values: &mut Values, problems: &mut Vec<Problem>) -> Result<Option<PathBuf>> {
    let asked = flags.config.clone().or_else(|| environment.get("TIDEGATE_CONFIG").map(PathBuf::from));
    let path = asked.clone().unwrap_or_else(|| PathBuf::from(DEFAULT_FILE));
    match read_text(&path) {
        Ok(text) => {
            file::read(&path, &text, values, problems);
            Ok(Some(path))
        }
        Err(error) if asked.is_none() && error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Failure::new(Exit::Usage, format!("cannot read the configuration {}: {error}", path.display()))
            .next("check the path and its permissions, or leave --config out to use defaults")),
    }
}

/// At most 1 MiB: a configuration is no database dump.
fn read_text(path: &Path) -> std::io::Result<String> {
    const MAX_BYTES: u64 = 1024 * 1024;
    if std::fs::metadata(path)?.len() > MAX_BYTES {
        return Err(std::io::Error::new(std::io::ErrorKind::InvalidData, "it is larger than 1 MiB"));
    }
    std::fs::read_to_string(path)
}

fn read_variables(environment: &Environment, values: &mut Values, problems: &mut Vec<Problem>) {
    for (name, text) in environment.starting_with("TIDEGATE_") {
        if OTHER_VARIABLES.contains(&name) {
            continue;
        }
        let origin = Origin::Variable(name.to_owned());
        match KEYS.iter().find(|key| key.variable() == name) {
            Some(key) => take(key, text, origin, values, problems),
            None => {
                let names: Vec<String> = KEYS.iter().map(key::Key::variable).collect();
                let near = key::nearest(name, names.iter().map(String::as_str)).map(|near| format!("did you mean {near}?"));
                problems.push(Problem { origin, message: "there is no such setting".to_owned(), next_step: near });
            }
        }
    }
}

fn read_flags(flags: &Flags, values: &mut Values, problems: &mut Vec<Problem>) {
    let runner = flags.runner.then(|| "true".to_owned());
    let own = [
        ("--listen", "listen", &flags.listen),
        ("--public-url", "public_url", &flags.public_url),
        ("--data", "data", &flags.data),
        ("--database", "database.url", &flags.database),
        ("--runner", "runner.built_in", &runner),
    ];
    for pair in &flags.set {
        let origin = Origin::Flag("--set".to_owned());
        match pair.split_once('=') {
            Some((name, text)) => match key::find(name.trim()) {
                Some(key) => take(key, text, origin, values, problems),
                None => {
                    let near = key::nearest(name, KEYS.iter().map(|key| key.name)).map(|near| format!("did you mean {near:?}?"));
                    problems.push(Problem { origin, message: format!("there is no setting {name:?}"), next_step: near });
                }
            },
            None => problems.push(Problem { origin, message: format!("expected KEY=VALUE, not {pair:?}"), next_step: None }),
        }
    }
    for (flag, name, text) in own {
        if let (Some(text), Some(key)) = (text, key::find(name)) {
            take(key, text, Origin::Flag(flag.to_owned()), values, problems);
        }
    }
}

fn take(key: &'static key::Key, text: &str, origin: Origin, values: &mut Values, problems: &mut Vec<Problem>) {
    match value::parse(key.kind, text) {
        Ok(checked) => {
            values.insert(key.name, (checked, origin));
        }
        Err(message) => problems.push(Problem { origin, message: format!("{}: {message}", key.name), next_step: None }),
    }
}

#[cfg(test)]
mod tests;
