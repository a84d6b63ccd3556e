//! What the runner of the block suite starts: the supervisor of an attempt, and the tool of `process/in-place`; and a runner that is a
//! process of its own. Nothing of the server is linked into it: the suites of `ssh` and `ec2` bring the whole file to every new target.

use std::process::ExitCode;

use clap::Parser;

#[derive(Debug, Parser)]
enum Program {
    Attempt(runner::attempt::Command),
    InPlace(Box<runner::in_place::Command>),
    IdToken(runner::id_token::Command),
    Agent(testkit::aws::AgentCommand),
}

fn main() -> ExitCode {
    match Program::parse() {
        Program::Attempt(command) => command.run(),
        Program::InPlace(command) => command.run(),
        Program::IdToken(command) => command.run(),
        Program::Agent(command) => {
            command.run();
            ExitCode::SUCCESS
        }
    }
}
