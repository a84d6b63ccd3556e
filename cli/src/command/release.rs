use api::types::{Applied, BoardAnswer, Reason};

use super::{Context, of_pipeline};
use crate::client::segment;
use crate::exit::{Exit, Failure, Result};

/// Lifts a hold.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    pipeline: String,
    /// The hold's id; may be left out when there is only one
    hold: Option<String>,
    /// Why, for those who come after you
    #[arg(long, default_value = "")]
    reason: String,
}

pub(crate) async fn run(arguments: &Arguments, context: &Context) -> Result<Exit> {
    let client = context.client()?;
    let pipeline = of_pipeline(&arguments.pipeline);
    let hold = match &arguments.hold {
        Some(hold) => hold.clone(),
        None => {
            let board: BoardAnswer = client.get(&format!("{pipeline}/board")).await?;
            only_hold(&arguments.pipeline, &board)?
        }
    };
    let path = format!("{pipeline}/holds/{}/lift", segment(&hold));
    let applied: Applied = client.post(&path, &Context::key(), &Reason { reason: arguments.reason.clone() }).await?;
    super::print_applied(&applied, context)
}

fn only_hold(pipeline: &str, board: &BoardAnswer) -> Result<String> {
    match board.board.holds.as_slice() {
        [one] => Ok(one.id.to_string()),
        [] => Err(Failure::new(Exit::NotFound, format!("nothing of {pipeline} is held"))),
        several => {
            let lines: Vec<String> =
                several.iter().map(|held| format!("  {} by {}: {}", held.id, held.by, crate::output::plain(&held.reason))).collect();
            Err(Failure::usage(format!("{pipeline} has several holds:\n{}", lines.join("\n"))).next("name the one to lift"))
        }
    }
}
