use std::path::Path;

use api::types::{Connect, Connected};

use super::Context;
use crate::exit::{Exit, Failure, Result};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// A path or URL that git understands; a path must exist on the server's machine
    repository: String,
    /// The branch that releases come from
    #[arg(long, default_value = "main")]
    branch: String,
    /// The pipeline file in the repository [default: .tidegate/pipeline.yaml]
    #[arg(long)]
    file: Option<String>,
    /// The pipeline's name on the server [default: the name in the file]
    #[arg(long)]
    name: Option<String>,
    /// How often to ask for the newest commit, such as 30s
    #[arg(long, value_parser = super::duration)]
    poll: Option<u64>,
}

pub(crate) async fn run(arguments: &Arguments, context: &Context) -> Result<Exit> {
    let body = Connect {
        name: arguments.name.clone(),
        repository: absolute(&arguments.repository)?,
        branch: arguments.branch.clone(),
        file: arguments.file.clone(),
        poll_ms: arguments.poll,
    };
    let connected: Connected = context.client()?.post("/api/v1/pipelines", &Context::key(), &body).await?;
    let output = &context.output;
    if output.json {
        output.json(&connected)?;
    } else {
        output.line(format!("connected as {}", connected.pipeline))?;
        output.talk(format!("follow it with `tidegate status {} --watch`", connected.pipeline));
    }
    Ok(Exit::Ok)
}

/// A relative path means something else in the server's folder, so what is a folder here is sent whole.
pub(crate) fn absolute(repository: &str) -> Result<String> {
    if !Path::new(repository).is_dir() {
        return Ok(repository.to_owned());
    }
    let path = std::fs::canonicalize(repository).map_err(|error| Failure::file(Path::new(repository), "find", &error))?;
    path.into_os_string().into_string().map_err(|_| Failure::usage(format!("the path of {repository} is no UTF-8 text")))
}
