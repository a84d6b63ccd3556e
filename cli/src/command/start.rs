use api::types::{Start, Started};

use super::{Context, of_pipeline};
use crate::exit::{Exit, Result};
use crate::pipeline_file;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    pipeline: String,
    /// The commit [default: the newest one of the branch]
    #[arg(long)]
    commit: Option<String>,
    /// An input of the manual trigger; may be repeated
    #[arg(long = "input", value_name = "NAME=VALUE")]
    inputs: Vec<String>,
}

pub(crate) async fn run(arguments: &Arguments, context: &Context) -> Result<Exit> {
    let body = Start { commit: arguments.commit.clone(), inputs: pipeline_file::pairs(&arguments.inputs)? };
    let path = format!("{}/start", of_pipeline(&arguments.pipeline));
    let started: Started = context.client()?.post(&path, &Context::key(), &body).await?;
    let output = &context.output;
    if output.json {
        output.json(&started)?;
    } else {
        output.line(format!("release {} of {} has started", started.release, arguments.pipeline))?;
    }
    Ok(Exit::Ok)
}
