use api::types::{Applied, GateReason, ReleaseAnswer, ReleaseNumber};

use super::{Context, approve, of_release};
use crate::exit::{Exit, Result};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    pipeline: String,
    #[arg(value_parser = super::release_number)]
    release: ReleaseNumber,
    /// The gate, where several wait for an approval
    #[arg(long)]
    gate: Option<String>,
    /// Why, for those who come after you
    #[arg(long)]
    reason: String,
}

pub(crate) async fn run(arguments: &Arguments, context: &Context) -> Result<Exit> {
    let client = context.client()?;
    let path = of_release(&arguments.pipeline, arguments.release);
    let seen: ReleaseAnswer = client.get(&path).await?;
    let gate = approve::waiting_gate(&seen, arguments.gate.as_deref())?;
    let body = GateReason { gate, reason: arguments.reason.clone() };
    let applied: Applied = client.post(&format!("{path}/reject"), &Context::key(), &body).await?;
    super::print_applied(&applied, context)
}
