//! One file per command: its arguments, what it does, what it prints.

pub(crate) mod accounts;
pub(crate) mod approve;
pub(crate) mod backup;
pub(crate) mod blocks;
pub(crate) mod cancel;
pub(crate) mod check_config;
pub(crate) mod completion;
pub(crate) mod connect;
pub(crate) mod dev;
pub(crate) mod doctor;
pub(crate) mod fleet;
pub(crate) mod github;
pub(crate) mod hold;
pub(crate) mod login;
pub(crate) mod logs;
pub(crate) mod plan;
pub(crate) mod reject;
pub(crate) mod release;
pub(crate) mod releases;
pub(crate) mod resolve;
pub(crate) mod restore;
pub(crate) mod retry;
pub(crate) mod rollback;
pub(crate) mod run;
pub(crate) mod runner;
pub(crate) mod schema;
pub(crate) mod server;
pub(crate) mod start;
pub(crate) mod status;
pub(crate) mod targets;
pub(crate) mod token;
pub(crate) mod user;
pub(crate) mod validate;

use std::future::Future;
use std::sync::Arc;

use adapters::clock::SystemClock;
use adapters::ids::SystemIds;
use api::types::ReleaseNumber;
use engine::ports::{Clock, Ids as _};

use crate::arguments::{Arguments, Command};
use crate::client::Client;
use crate::config::{self, Environment};
use crate::exit::{Exit, Failure, Result};
use crate::output::Output;

/// What every command gets.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) output: Output,
    pub(crate) environment: Environment,
    pub(crate) access: config::client::Flags,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Context {
    pub(crate) fn new(output: Output, environment: Environment, access: config::client::Flags) -> Self {
        Self { output, environment, access, clock: Arc::new(SystemClock::new()) }
    }

    pub(crate) fn client(&self) -> Result<Client> {
        Client::new(config::client::access(&self.access, &self.environment)?)
    }

    /// An idempotency key for one request.
    pub(crate) fn key() -> String {
        SystemIds.uuid()
    }

    fn now_ms(&self) -> i64 {
        self.clock.now().0
    }
}

pub(crate) fn run(arguments: Arguments, context: &Context) -> Result<Exit> {
    match arguments.command {
        Command::Validate(arguments) => validate::run(&arguments, context),
        Command::Plan(arguments) => wait_for(plan::run(&arguments, context)),
        Command::Blocks(arguments) => blocks::run(&arguments, context),
        Command::CheckConfig(arguments) => check_config::run(&arguments, context),
        Command::Completion(arguments) => completion::run(&arguments, context),
        Command::Status(arguments) => wait_for(status::run(&arguments, context)),
        Command::Releases(arguments) => wait_for(releases::run(&arguments, context)),
        Command::Targets(arguments) => wait_for(targets::run(&arguments, context)),
        Command::Logs(arguments) => wait_for(logs::run(&arguments, context)),
        Command::Approve(arguments) => wait_for(approve::run(&arguments, context)),
        Command::Reject(arguments) => wait_for(reject::run(&arguments, context)),
        Command::Rollback(arguments) => wait_for(rollback::run(&arguments, context)),
        Command::Hold(arguments) => wait_for(hold::run(&arguments, context)),
        Command::Release(arguments) => wait_for(release::run(&arguments, context)),
        Command::Retry(arguments) => wait_for(retry::run(&arguments, context)),
        Command::Cancel(arguments) => wait_for(cancel::run(&arguments, context)),
        Command::Start(arguments) => wait_for(start::run(&arguments, context)),
        Command::Connect(arguments) => wait_for(connect::run(&arguments, context)),
        Command::Github(arguments) => wait_for(github::run(&arguments, context)),
        Command::Token(arguments) => wait_for(token::run(&arguments, context)),
        Command::Schema(arguments) => schema::run(&arguments, context),
        Command::Demo(arguments) => wait_for(crate::demo::run(&arguments, context)),
        Command::Resolve(arguments) => wait_for(resolve::run(&arguments, context)),
        Command::Fleet(arguments) => wait_for(fleet::run(&arguments, context)),
        Command::Accounts(arguments) => wait_for(accounts::run(&arguments, context)),
        Command::User(arguments) => wait_for(user::run(&arguments, context)),
        Command::Backup(arguments) => wait_for(backup::run(&arguments, context)),
        Command::Restore(arguments) => wait_for(restore::run(&arguments, context)),
        Command::Doctor(arguments) => wait_for(doctor::run(&arguments, context)),
        Command::Dev(arguments) => wait_for(dev::run(&arguments, context)),
        Command::Run(arguments) => wait_for(run::run(&arguments, context)),
        // The runner's own children never come here: `main` hands them over first.
        Command::Attempt(_) | Command::IdToken(_) | Command::InPlace(_) | Command::Pipeline(_) => Ok(Exit::Usage),
        Command::Server(arguments) => wait_for(server::run(&arguments, context)),
        Command::Runner(arguments) => wait_for(runner::run(&arguments, context)),
        Command::Login(arguments) => wait_for(login::run(&arguments, context)),
    }
}

/// Runs a command that waits for others. What it left running in the background ends with it.
fn wait_for(command: impl Future<Output = Result<Exit>>) -> Result<Exit> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::failed(format!("the runtime cannot be started: {error}")))?;
    let outcome = runtime.block_on(command);
    runtime.shutdown_background();
    outcome
}

/// The folder in which the command was given.
fn here() -> Result<std::path::PathBuf> {
    std::env::current_dir()
        .map_err(|error| Failure::failed(format!("the current folder cannot be found: {error}")).next("change to a folder that exists"))
}

/// `412` or `#412`.
fn release_number(text: &str) -> Result<ReleaseNumber, String> {
    let digits = text.strip_prefix('#').unwrap_or(text);
    match digits.parse() {
        Ok(number) if number > 0 => Ok(ReleaseNumber(number)),
        _ => Err("expected a release's number, such as 412".to_owned()),
    }
}

/// A duration such as `30s`, in milliseconds.
fn duration(text: &str) -> Result<u64, String> {
    config::duration_ms(text).ok_or_else(|| "expected a duration such as 500ms, 30s, 15m, 12h or 30d".to_owned())
}

/// The server is down, starts or stops: whoever follows something asks again.
fn is_away(failure: &Failure) -> bool {
    failure.exit == Exit::Unreachable
        || matches!(failure.code.as_deref(), Some("draining" | "overloaded" | "timed_out" | "store_unavailable"))
}

/// The path of a pipeline in the API.
fn of_pipeline(pipeline: &str) -> String {
    format!("/api/v1/pipelines/{}", crate::client::segment(pipeline))
}

/// The path of a release in the API.
fn of_release(pipeline: &str, release: ReleaseNumber) -> String {
    format!("{}/releases/{}", of_pipeline(pipeline), release.0)
}

/// Prints what an input did: its events in words, or that it had been done already.
fn print_applied(applied: &api::types::Applied, context: &Context) -> Result<Exit> {
    let output = &context.output;
    if output.json {
        output.json(applied)?;
        return Ok(Exit::Ok);
    }
    for event in &applied.events {
        if let Some(line) = crate::narrator::line(event, output) {
            output.line(line)?;
        }
    }
    if applied.events.is_empty() {
        output.line("nothing changed: that was done already")?;
    }
    Ok(Exit::Ok)
}
