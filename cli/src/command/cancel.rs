use api::types::{Applied, Reason, ReleaseNumber};

use super::{Context, of_release};
use crate::exit::{Exit, Result};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    pipeline: String,
    #[arg(value_parser = super::release_number)]
    release: ReleaseNumber,
    /// Why, for those who come after you
    #[arg(long, default_value = "cancelled by hand")]
    reason: String,
}

pub(crate) async fn run(arguments: &Arguments, context: &Context) -> Result<Exit> {
    let path = format!("{}/cancel", of_release(&arguments.pipeline, arguments.release));
    let body = Reason { reason: arguments.reason.clone() };
    let applied: Applied = context.client()?.post(&path, &Context::key(), &body).await?;
    super::print_applied(&applied, context)
}
