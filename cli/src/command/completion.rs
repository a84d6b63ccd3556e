use clap::CommandFactory as _;

use super::Context;
use crate::exit::{Exit, Result};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The shell; `source <(tidegate completion bash)` tries it out
    #[arg(value_enum)]
    shell: clap_complete::Shell,
}

pub(crate) fn run(arguments: &Arguments, context: &Context) -> Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut crate::arguments::Arguments::command(), "tidegate", &mut script);
    context.output.bytes(&script)?;
    Ok(Exit::Ok)
}
