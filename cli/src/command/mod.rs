//! One file per command: its arguments, what it does, what it prints.

pub(crate) mod check_config;
pub(crate) mod completion;
pub(crate) mod plan;
pub(crate) mod validate;

use crate::arguments::{Arguments, Command};
use crate::config::Environment;
use crate::exit::{Exit, Failure, Result};
use crate::output::Output;

/// What every command gets.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) output: Output,
    pub(crate) environment: Environment,
}

pub(crate) fn run(arguments: Arguments, context: &Context) -> Result<Exit> {
    match arguments.command {
        Command::CheckConfig(arguments) => check_config::run(&arguments, context),
        Command::Completion(arguments) => completion::run(&arguments, context),
        Command::Plan(arguments) => plan::run(&arguments, context),
        Command::Validate(arguments) => validate::run(&arguments, context),
    }
}

/// The folder in which the command was given.
fn here() -> Result<std::path::PathBuf> {
    std::env::current_dir()
        .map_err(|error| Failure::failed(format!("the current folder cannot be found: {error}")).next("change to a folder that exists"))
}
