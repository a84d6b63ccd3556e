use super::Context;
use crate::exit::{Exit, Result};

/// For editors: `tidegate schema > pipeline.schema.json`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The schema of block.yaml instead
    #[arg(long)]
    block: bool,
}

pub(crate) fn run(arguments: &Arguments, context: &Context) -> Result<Exit> {
    let schema = if arguments.block { pipelines::schema::block_schema() } else { pipelines::schema::pipeline_schema() };
    context.output.json(&schema)?;
    Ok(Exit::Ok)
}
