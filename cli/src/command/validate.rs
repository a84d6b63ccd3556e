use std::path::PathBuf;

use pipelines::diagnostic::Severity;
use pipelines::{Diagnostic, SourceFile};
use serde_json::json;

use super::Context;
use crate::exit::{Exit, Result};
use crate::output::{Output, Style};
use crate::pipeline_file;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Pipeline files, `-` for standard input [default: all in .tidegate]
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Warnings count as errors
    #[arg(long)]
    strict: bool,
}

pub(crate) fn run(arguments: &Arguments, context: &Context) -> Result<Exit> {
    let output = &context.output;
    let files = if arguments.files.is_empty() { pipeline_file::find_all(&super::here()?)? } else { arguments.files.clone() };
    let mut checked = Vec::new();
    for file in files {
        let source = pipeline_file::read(&file)?;
        let (pipeline, diagnostics) = pipeline_file::check(&source)?;
        let is_valid = pipeline.is_some() && (!arguments.strict || diagnostics.is_empty());
        checked.push((source, pipeline, diagnostics, is_valid));
    }
    let all_valid = checked.iter().all(|(.., is_valid)| *is_valid);
    if output.json {
        let files: Vec<_> = checked
            .iter()
            .map(|(source, pipeline, diagnostics, is_valid)| {
                json!({ "file": source.name, "valid": is_valid, "pipeline": pipeline.as_ref().map(pipelines::Pipeline::name), "diagnostics": diagnostics })
            })
            .collect();
        output.json(&json!({ "valid": all_valid, "files": files }))?;
    } else {
        for (source, pipeline, diagnostics, is_valid) in &checked {
            for diagnostic in diagnostics {
                output.line(rendered(diagnostic, source, output))?;
            }
            output.line(verdict(source, pipeline.as_ref(), diagnostics, *is_valid, output))?;
        }
    }
    Ok(if all_valid { Exit::Ok } else { Exit::Failed })
}

fn rendered(diagnostic: &Diagnostic, source: &SourceFile, output: &Output) -> String {
    let text = diagnostic.render(source);
    let style = if diagnostic.severity == Severity::Error { Style::Bad } else { Style::Waiting };
    match text.split_once('\n') {
        Some((first, rest)) => format!("{}\n{rest}", output.paint(style, first)),
        None => text,
    }
}

fn verdict(
    source: &SourceFile,
    pipeline: Option<&pipelines::Pipeline>,
    diagnostics: &[Diagnostic],
    is_valid: bool,
    output: &Output,
) -> String {
    let count = |severity, one: &str| match diagnostics.iter().filter(|diagnostic| diagnostic.severity == severity).count() {
        0 => None,
        1 => Some(format!("1 {one}")),
        many => Some(format!("{many} {one}s")),
    };
    let found: Vec<String> = [count(Severity::Error, "error"), count(Severity::Warning, "warning")].into_iter().flatten().collect();
    let found = if found.is_empty() { String::new() } else { format!(" ({})", found.join(", ")) };
    match pipeline {
        Some(pipeline) if is_valid => output.paint(Style::Good, &format!("{}: pipeline {} is valid{found}", source.name, pipeline.name())),
        _ => output.paint(Style::Bad, &format!("{}: not valid{found}", source.name)),
    }
}
