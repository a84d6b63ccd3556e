//! What the runner of the block suite starts: the supervisor of an attempt, and the tool of `process/in-place`; and a server and a
//! runner that are processes of their own.

use std::process::ExitCode;

use clap::Parser;

#[derive(Debug, Parser)]
enum Program {
    Attempt(runner::attempt::Command),
    InPlace(Box<runner::in_place::Command>),
    IdToken(runner::id_token::Command),
    Server(testkit::aws::ServerCommand),
    Agent(testkit::aws::AgentCommand),
}

fn main() -> ExitCode {
    match Program::parse() {
        Program::Attempt(command) => command.run(),
        Program::InPlace(command) => command.run(),
        Program::IdToken(command) => command.run(),
        Program::Server(command) => {
            command.run();
            ExitCode::SUCCESS
        }
        Program::Agent(command) => {
            command.run();
            ExitCode::SUCCESS
        }
    }
}
