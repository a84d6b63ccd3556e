use api::types::{Applied, BoardAnswer, Place, ReleaseNumber, Rollback};

use super::{Context, of_pipeline};
use crate::exit::{Exit, Failure, Result};

/// Takes a target, a wave or a stage back to an earlier good release, and holds its lanes.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    pipeline: String,
    /// A target (prod/eu-west-1), a wave (prod/wave-1) or a stage (prod)
    place: String,
    /// The release to go back to [default: the newest good one of each target]
    #[arg(long, value_parser = super::release_number)]
    to: Option<ReleaseNumber>,
    /// Why, for those who come after you
    #[arg(long)]
    reason: String,
}

pub(crate) async fn run(arguments: &Arguments, context: &Context) -> Result<Exit> {
    let client = context.client()?;
    let pipeline = of_pipeline(&arguments.pipeline);
    let board: BoardAnswer = client.get(&format!("{pipeline}/board")).await?;
    let body = Rollback { place: place(&arguments.place, &board)?, to: arguments.to, reason: arguments.reason.clone() };
    let applied: Applied = client.post(&format!("{pipeline}/rollback"), &Context::key(), &body).await?;
    super::print_applied(&applied, context)
}

/// A name may be a target's, a wave's and a stage's at once: the narrowest is meant.
fn place(name: &str, board: &BoardAnswer) -> Result<Place> {
    let mut waves = board.board.stages.iter().flat_map(|stage| stage.waves.iter().map(move |wave| (stage, wave)));
    if waves.clone().any(|(_, wave)| wave.targets.iter().any(|target| target.name == name)) {
        return Ok(Place::Target { target: name.to_owned() });
    }
    if let Some((stage, wave)) = waves.find(|(stage, wave)| !wave.name.is_empty() && format!("{}/{}", stage.name, wave.name) == name) {
        return Ok(Place::Wave { stage: stage.name.clone(), wave: wave.name.clone() });
    }
    if board.board.stages.iter().any(|stage| stage.name == name) {
        return Ok(Place::Stage { stage: name.to_owned() });
    }
    let stages: Vec<&str> = board.board.stages.iter().map(|stage| stage.name.as_str()).collect();
    Err(Failure::new(Exit::NotFound, format!("there is no target, wave or stage {name:?} in {}", board.board.pipeline))
        .code("unknown_place")
        .next(format!("its stages are {}; `tidegate targets {}` lists its targets", stages.join(", "), board.board.pipeline)))
}
