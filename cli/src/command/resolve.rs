use api::types::{Applied, Resolve, Verdict};

use super::{Context, of_pipeline};
use crate::exit::{Exit, Result};

/// Says what is true of a target in the state unknown, once the lost attempt cannot act any more.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    pipeline: String,
    target: String,
    /// What you found there
    #[arg(value_enum)]
    verdict: Found,
    /// How you know, for those who come after you
    #[arg(long)]
    reason: String,
    /// Do not wait until the lost attempt can act no more: two admins must say the same within 15 minutes
    #[arg(long)]
    break_glass: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Found {
    /// The attempt's work is done and good
    Succeeded,
    /// It is not, or only half: treated as a failed job
    Failed,
    /// Nothing of it is there: run the job again
    Again,
}

pub(crate) async fn run(arguments: &Arguments, context: &Context) -> Result<Exit> {
    let verdict = match arguments.verdict {
        Found::Succeeded => Verdict::Succeeded,
        Found::Failed => Verdict::Failed,
        Found::Again => Verdict::Again,
    };
    let body = Resolve { target: arguments.target.as_str().into(), verdict, reason: arguments.reason.clone() };
    let what = if arguments.break_glass { "break-glass" } else { "resolve" };
    let path = format!("{}/targets/{what}", of_pipeline(&arguments.pipeline));
    let applied: Applied = context.client()?.post(&path, &Context::key(), &body).await?;
    super::print_applied(&applied, context)
}
