//! What the runner of the block suite starts: the supervisor of an attempt, and the tool of `process/in-place`.

use std::process::ExitCode;

use clap::Parser;

#[derive(Debug, Parser)]
enum Program {
    Attempt(runner::attempt::Command),
    InPlace(Box<runner::in_place::Command>),
}

fn main() -> ExitCode {
    match Program::parse() {
        Program::Attempt(command) => command.run(),
        Program::InPlace(command) => command.run(),
    }
}
