//! The `tidegate` binary: server, runner and command line.
//!
//! Invariant: this crate decides nothing about releases. It reads what a person wants, hands it to the
//! engine, the API or the runner, and shows what came of it. Results go to stdout, talk to stderr, and
//! every way of ending has its documented exit code (docs/cli.md).
//!
//! Entry points: [`arguments::Arguments`] (what can be asked), [`command`] (one file per command),
//! [`config`] (the only reader of the environment), `demo` (the tour, which is also the acceptance test).

mod arguments;
mod client;
mod command;
mod config;
mod demo;
mod exit;
mod narrator;
mod output;
mod pipeline_file;
mod serve;
mod shared;

use std::process::ExitCode;

use clap::Parser as _;

use arguments::{Arguments, Command};
use exit::{Exit, Failure};
use output::{Output, Style};

fn main() -> ExitCode {
    let environment = config::Environment::read();
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version are results (stdout, 0), everything else is talk (stderr, 2).
            let is_wrong = error.use_stderr();
            let _nobody_listens = error.print();
            return ExitCode::from(if is_wrong { Exit::Usage as u8 } else { Exit::Ok as u8 });
        }
    };
    // Children of the runner: they speak its protocol, not ours.
    let arguments = match arguments {
        Arguments { command: Command::Attempt(command), .. } => return command.run(),
        Arguments { command: Command::Pipeline(command), .. } => return command.run(),
        Arguments { command: Command::IdToken(command), .. } => return command.run(),
        Arguments { command: Command::InPlace(command), .. } => return command.run(),
        others => others,
    };
    let output = Output::new(arguments.json, arguments.color, &environment);
    let context = command::Context::new(output.clone(), environment, arguments.access.clone());
    let outcome = command::run(arguments, &context);
    ExitCode::from(match outcome {
        Ok(exit) => exit as u8,
        Err(failure) if failure.reader_gone => Exit::Ok as u8,
        Err(failure) => {
            show(&output, &failure);
            failure.exit as u8
        }
    })
}

fn show(output: &Output, failure: &Failure) {
    if output.json {
        let error = serde_json::json!({
            "error": { "message": failure.message, "code": failure.code, "next_step": failure.next_step, "exit": failure.exit as u8 }
        });
        return output.talk(error.to_string());
    }
    output.talk(format!("{} {}", output.paint_talk(Style::Bad, "error:"), failure.message));
    if let Some(step) = &failure.next_step {
        output.talk(format!("{} {step}", output.paint_talk(Style::Active, " next:")));
    }
}
