use std::path::{Path, PathBuf};

use pipelines::plan::Plan;
use pipelines::show::{self, Difference};
use serde_json::json;

use super::Context;
use crate::exit::{Exit, Result};
use crate::pipeline_file;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The pipeline file, `-` for standard input [default: .tidegate/pipeline.yaml]
    file: Option<PathBuf>,
    /// Show what changes from another pipeline file, or from this one at a git revision
    #[arg(long, value_name = "FILE|REVISION")]
    against: Option<String>,
    /// An input of the manual trigger; may be repeated
    #[arg(long = "input", value_name = "NAME=VALUE")]
    inputs: Vec<String>,
    /// Print the plan as a graph for Graphviz
    #[arg(long, group = "drawing", conflicts_with_all = ["json", "against"])]
    dot: bool,
    /// Print the plan as a Mermaid flowchart
    #[arg(long, group = "drawing", conflicts_with_all = ["json", "against"])]
    mermaid: bool,
}

pub(crate) fn run(arguments: &Arguments, context: &Context) -> Result<Exit> {
    let output = &context.output;
    let file = match &arguments.file {
        Some(file) => file.clone(),
        None => pipeline_file::find_one(&super::here()?)?,
    };
    let source = pipeline_file::read(&file)?;
    let (pipeline, warnings) = pipeline_file::compile(&source)?;
    for warning in &warnings {
        output.talk(warning.render(&source));
    }
    let plan = pipeline_file::expand(&pipeline, &arguments.inputs)?;
    match &arguments.against {
        Some(other) => {
            let difference = Difference::between(&old_plan(other, &file, &arguments.inputs)?, &plan);
            if output.json {
                output.json(&json!({ "plan": plan, "difference": difference }))?;
            } else if difference.is_empty() {
                output.line(format!("no difference from {other}"))?;
            } else {
                output.line(difference.text().trim_end())?;
            }
        }
        None if output.json => output.line(show::json(&plan).trim_end())?,
        None if arguments.dot => output.line(show::dot(&plan).trim_end())?,
        None if arguments.mermaid => output.line(show::mermaid(&plan).trim_end())?,
        None => output.line(show::text(&plan).trim_end())?,
    }
    Ok(Exit::Ok)
}

/// A file that exists is a file; everything else is a revision.
fn old_plan(other: &str, file: &Path, inputs: &[String]) -> Result<Plan> {
    let source = if Path::new(other).is_file() { pipeline_file::read(Path::new(other))? } else { pipeline_file::read_at(file, other)? };
    let (pipeline, _) = pipeline_file::compile(&source)?;
    pipeline_file::expand(&pipeline, inputs)
}
