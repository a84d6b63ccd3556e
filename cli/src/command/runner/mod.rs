//! `tidegate runner …`: the agent, and looking after those that a server knows.

mod drain;
mod list;
mod revoke;
mod run;
mod token;

use super::Context;
use crate::exit::{Exit, Result};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Take jobs from a server until told to stop; the same as tidegate-runner
    Run(Box<run::Arguments>),
    /// Make a one-time token with which a runner may join
    Token(token::Arguments),
    /// List runners
    List(list::Arguments),
    /// Let a runner finish what it has and give it nothing new
    Drain(drain::Arguments),
    /// Refuse a runner for good; what it executes is lost to it
    Revoke(revoke::Arguments),
}

pub(crate) async fn run(arguments: &Arguments, context: &Context) -> Result<Exit> {
    match &arguments.action {
        Action::Run(arguments) => run::run(arguments, context).await,
        Action::Token(arguments) => token::run(arguments, context).await,
        Action::List(arguments) => list::run(arguments, context).await,
        Action::Drain(arguments) => drain::run(arguments, context).await,
        Action::Revoke(arguments) => revoke::run(arguments, context).await,
    }
}
