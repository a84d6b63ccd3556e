use api::types::{IssueRunnerToken, RunnerTokenIssued};

use crate::command::Context;
use crate::exit::{Exit, Result};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The pool that the runner joins
    #[arg(long, default_value = "default")]
    pool: String,
    /// How long it may be used, such as 1h [default: 15m]
    #[arg(long, value_parser = crate::command::duration)]
    valid: Option<u64>,
}

pub(super) async fn run(arguments: &Arguments, context: &Context) -> Result<Exit> {
    let body = IssueRunnerToken { pool: arguments.pool.clone(), valid_ms: arguments.valid };
    let issued: RunnerTokenIssued = context.client()?.post("/api/v1/runners/tokens", &Context::key(), &body).await?;
    let output = &context.output;
    if output.json {
        output.json(&issued)?;
    } else {
        output.line(&issued.token)?;
        output.talk("it works once: put it into a file and start `tidegate runner run --token-file FILE` on the machine that joins");
    }
    Ok(Exit::Ok)
}
