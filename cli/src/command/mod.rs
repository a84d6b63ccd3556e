//! One file per command: its arguments, what it does, what it prints.

pub(crate) mod check_config;
pub(crate) mod completion;

use crate::arguments::{Arguments, Command};
use crate::config::Environment;
use crate::exit::{Exit, Result};
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
    }
}
