use clap::{Parser, Subcommand};

use crate::command;
use crate::config;
use crate::output::Color;

/// Deployment pipelines you host yourself: from a commit to every region, wave by wave.
#[derive(Debug, Parser)]
#[command(name = "tidegate", version, max_term_width = 110, disable_help_subcommand = true, after_help = EXIT_CODES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
    /// Print results (and errors) as JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// When to use colours; NO_COLOR is respected
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN")]
    pub(crate) color: Color,
    #[command(flatten)]
    pub(crate) access: config::client::Flags,
}

const EXIT_CODES: &str =
    "Exit codes: 0 ok, 1 failed or invalid, 2 usage, 3 not found, 4 refused, 5 server unreachable, 6 not allowed, 7 server error.";

/// One variant, one file under `command/`.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Check pipeline files and report every error at once
    Validate(command::validate::Arguments),
    /// Show what a release would go through, or what changes from another pipeline file
    Plan(command::plan::Arguments),
    /// Lock, update and describe shared blocks and shapes
    Blocks(command::blocks::Arguments),
    /// Take this checkout through its pipeline on this machine
    Run(command::run::Arguments),
    /// Show a tour: a sample service, commits good and bad, and what becomes of them
    Demo(crate::demo::Arguments),
    /// Follow this repository's commits with a server on this machine
    Dev(command::dev::Arguments),
    /// Show pipelines, or one with its stages, waves and targets; --watch goes on
    Status(command::status::Arguments),
    /// List releases, newest first
    Releases(command::releases::Arguments),
    /// List targets with what they run
    Targets(command::targets::Arguments),
    /// Print or follow the log of a job
    Logs(command::logs::Arguments),
    /// Say yes at a gate
    Approve(command::approve::Arguments),
    /// Say no at a gate
    Reject(command::reject::Arguments),
    /// Take a target, a wave or a stage back to an earlier good release
    Rollback(command::rollback::Arguments),
    /// Stop what goes forward; rollbacks pass
    Hold(command::hold::Arguments),
    /// Lift a hold
    Release(command::release::Arguments),
    /// Run failed jobs again, with the same plan
    Retry(command::retry::Arguments),
    /// Stop a release
    Cancel(command::cancel::Arguments),
    /// Say what is true of a target in the state unknown
    Resolve(command::resolve::Arguments),
    /// Start a release by hand
    Start(command::start::Arguments),
    /// Connect a repository
    Connect(command::connect::Arguments),
    /// Make the GitHub App that the server is
    Github(command::github::Arguments),
    /// Make, list and revoke API tokens
    Token(command::token::Arguments),
    /// Add and list people who can sign in
    User(command::user::Arguments),
    /// Register cloud accounts, print their trust policies and check them
    Accounts(command::accounts::Arguments),
    /// Show which pipelines use which blocks, and bring a version to all of them in waves
    Fleet(command::fleet::Arguments),
    /// Sign in and remember the server
    Login(command::login::Arguments),
    /// Run a server
    Server(command::server::Arguments),
    /// Copy a server's data, also while it runs
    Backup(command::backup::Arguments),
    /// Bring a backup back: everything is held until a person has looked
    Restore(command::restore::Arguments),
    /// Run a runner, and look after runners
    Runner(command::runner::Arguments),
    /// Print the JSON Schema of pipeline files
    Schema(command::schema::Arguments),
    /// Check the server's configuration and show every value with where it came from
    CheckConfig(command::check_config::Arguments),
    /// Look at configuration, machine, data and server, and say what is wrong and what to do
    Doctor(command::doctor::Arguments),
    /// Print a completion script for a shell
    Completion(command::completion::Arguments),
    /// Inside a job: add to the pipeline of its release
    #[command(subcommand)]
    Pipeline(::runner::upload::Command),
    /// Inside a job: print a new identity token of the job
    IdToken(::runner::id_token::Command),
    #[command(hide = true)]
    Attempt(::runner::attempt::Command),
    #[command(hide = true)]
    InPlace(Box<::runner::in_place::Command>),
}
