use api::types::{Applied, ReleaseNumber, Retry, RetryRelease};

use super::{Context, of_release};
use crate::exit::{Exit, Result};

/// Runs the failed jobs again, with the same plan; a stage or a single job when named.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    pipeline: String,
    #[arg(value_parser = super::release_number)]
    release: ReleaseNumber,
    /// The whole stage, from its start
    #[arg(long, conflicts_with = "job")]
    stage: Option<String>,
    /// One job, by its key, such as prod/wave-1/local/a/deploy
    #[arg(long)]
    job: Option<String>,
}

pub(crate) async fn run(arguments: &Arguments, context: &Context) -> Result<Exit> {
    let what = match (&arguments.stage, &arguments.job) {
        (Some(stage), _) => Retry::Stage { stage: stage.clone() },
        (None, Some(key)) => Retry::Job { key: key.clone() },
        (None, None) => Retry::FailedJobs,
    };
    let path = format!("{}/retry", of_release(&arguments.pipeline, arguments.release));
    let applied: Applied = context.client()?.post(&path, &Context::key(), &RetryRelease { what }).await?;
    super::print_applied(&applied, context)
}
