use api::types::{HoldPlaced, HoldScope, PlaceHold};

use super::{Context, of_pipeline};
use crate::exit::{Exit, Result};

/// Nothing goes forward there until `tidegate release` lifts the hold; rollbacks pass.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    pipeline: String,
    #[command(flatten)]
    place: Place,
    /// Why, for those who wait
    #[arg(long)]
    reason: String,
}

/// The whole pipeline when none is named.
#[derive(Debug, clap::Args)]
#[group(multiple = false)]
struct Place {
    #[arg(long)]
    stage: Option<String>,
    /// A wave's lane, such as prod/wave-1
    #[arg(long)]
    lane: Option<String>,
    #[arg(long)]
    target: Option<String>,
    #[arg(long)]
    account: Option<String>,
    #[arg(long)]
    region: Option<String>,
    /// Every pipeline of the server
    #[arg(long)]
    everywhere: bool,
}

impl Place {
    fn scope(&self) -> HoldScope {
        let named = [
            self.stage.clone().map(HoldScope::Stage),
            self.lane.clone().map(HoldScope::Lane),
            self.target.clone().map(HoldScope::Target),
            self.account.clone().map(HoldScope::Account),
            self.region.clone().map(HoldScope::Region),
            self.everywhere.then_some(HoldScope::Everywhere),
        ];
        named.into_iter().flatten().next().unwrap_or(HoldScope::Pipeline)
    }
}

pub(crate) async fn run(arguments: &Arguments, context: &Context) -> Result<Exit> {
    let body = PlaceHold { scope: arguments.place.scope(), reason: arguments.reason.clone() };
    let path = format!("{}/holds", of_pipeline(&arguments.pipeline));
    let placed: HoldPlaced = context.client()?.post(&path, &Context::key(), &body).await?;
    let output = &context.output;
    if output.json {
        output.json(&placed)?;
    } else {
        output.line(format!("held: {}", placed.id))?;
        output.talk(format!("lift it with `tidegate release {} {} --reason …`", arguments.pipeline, placed.id));
    }
    Ok(Exit::Ok)
}
