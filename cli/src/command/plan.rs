use std::path::{Path, PathBuf};

use api::types::{AdditionAnswer, PlanAnswer, ReleaseNumber};
use pipelines::plan::Plan;
use pipelines::show::{self, Difference};
use serde_json::json;

use super::{Context, of_release};
use crate::exit::{Exit, Result};
use crate::output::plain;
use crate::pipeline_file;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The pipeline file, `-` for standard input [default: .tidegate/pipeline.yaml]
    file: Option<PathBuf>,
    /// Show what changes from another pipeline file, or from this one at a git revision
    #[arg(long, value_name = "FILE|REVISION")]
    against: Option<String>,
    /// Show the plan of a release as it stands on the server: with what the server's owner adds, and what jobs have added to it
    #[arg(long, value_name = "PIPELINE/NUMBER", value_parser = release, conflicts_with_all = ["file", "against", "inputs"])]
    release: Option<(String, ReleaseNumber)>,
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

pub(crate) async fn run(arguments: &Arguments, context: &Context) -> Result<Exit> {
    match &arguments.release {
        Some((pipeline, number)) => of_the_server(&of_release(pipeline, *number), arguments, context).await,
        None => of_a_file(arguments, context),
    }
}

async fn of_the_server(path: &str, arguments: &Arguments, context: &Context) -> Result<Exit> {
    let client = context.client()?;
    let output = &context.output;
    let found: PlanAnswer = client.get(&format!("{path}/plan")).await?;
    if arguments.dot {
        output.line(show::dot(&found.plan).trim_end())?;
        return Ok(Exit::Ok);
    }
    if arguments.mermaid {
        output.line(show::mermaid(&found.plan).trim_end())?;
        return Ok(Exit::Ok);
    }
    let additions: Vec<AdditionAnswer> = client.get(&format!("{path}/additions")).await?;
    if output.json {
        output.json(&json!({ "plan": found.plan, "additions": additions }))?;
        return Ok(Exit::Ok);
    }
    // What a job has printed may hold anything.
    found.text.trim_end().lines().try_for_each(|line| output.line(plain(line)))?;
    for addition in &additions {
        output.line("")?;
        added(addition).iter().try_for_each(|line| output.line(plain(line)))?;
    }
    Ok(Exit::Ok)
}

/// What one upload changed, and what is different from what the same job said last time.
fn added(answer: &AdditionAnswer) -> Vec<String> {
    let addition = &answer.addition;
    let stages: Vec<String> = addition.stages.iter().map(|stage| format!("the stage {stage}")).collect();
    let parts = [
        ("adds", [addition.added.clone(), stages].concat()),
        ("replaces", addition.replaced.clone()),
        ("withdraws", addition.withdrawn.clone()),
    ];
    let parts = parts.iter().filter(|(_, what)| !what.is_empty()).map(|(verb, what)| format!("{verb} {}", what.join(", ")));
    let mut lines = vec![format!(
        "addition {}: {} (attempt {}) {}",
        addition.number,
        addition.by,
        addition.attempt,
        parts.collect::<Vec<_>>().join("; ")
    )];
    match &answer.last_time {
        None => lines.push("  it has added nothing in the releases before".to_owned()),
        Some(last) if last.is_same => lines.push(format!("  the same as in {}", last.release)),
        Some(last) => {
            lines.push(format!("  different from {}:", last.release));
            lines.extend(last.difference.trim_end().lines().map(|line| format!("    {line}")));
        }
    }
    lines
}

/// `orders/412`, also `orders/#412`.
fn release(text: &str) -> std::result::Result<(String, ReleaseNumber), String> {
    let (pipeline, number) =
        text.rsplit_once('/').filter(|(pipeline, _)| !pipeline.is_empty()).ok_or("expected PIPELINE/NUMBER, such as orders/412")?;
    Ok((pipeline.to_owned(), super::release_number(number)?))
}

fn of_a_file(arguments: &Arguments, context: &Context) -> Result<Exit> {
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
