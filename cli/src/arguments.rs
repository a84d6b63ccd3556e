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
    /// Check the server's configuration and show every value with where it came from
    CheckConfig(command::check_config::Arguments),
    /// Print a completion script for a shell
    Completion(command::completion::Arguments),
}
