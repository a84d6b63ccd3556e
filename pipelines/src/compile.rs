use crate::blocks::Blocks;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::expand::{ExpandError, ExpandInput, MAX_NODES, expand};
use crate::lower::REGISTRY;
use crate::model::Pipeline;
use crate::plan::Trigger;
use crate::pull_request::{self, PullRequestError};
use crate::text::{Node, Placed as _, Problem, Read as _, Reader, Span, Value, parse, parse_unless_empty};
use crate::{Environment, SourceFile, file, lower};

/// Reads a pipeline file. Never fails and never panics: what is wrong is answered as diagnostics, all of it at
/// once, in the order of the file. There is a pipeline when none of them is an error.
///
/// Takes at most about 50 ms and 64 MB, whatever the text.
#[must_use]
pub fn compile(source: &SourceFile, library: &Blocks) -> (Option<Pipeline>, Vec<Diagnostic>) {
    compile_in(source, &Environment::of_blocks(library))
}

/// As [`compile`], with everything that the server offers and demands.
#[must_use]
pub fn compile_in(source: &SourceFile, environment: &Environment) -> (Option<Pipeline>, Vec<Diagnostic>) {
    if source.unreadable.iter().any(|finding| finding.file == source.name) {
        return (None, source.unreadable.clone());
    }
    let mut reader = Reader::default();
    let node = parse_unless_empty(&source.text, &mut reader, |problem| problem.expected("at least `name` and `stages`"));
    let (node, shaped) = match node {
        Some(node) => lower::over_shape(node, source, environment, &mut reader),
        None => (None, lower::Shaped::default()),
    };
    let mut elsewhere = shaped.elsewhere;
    let form = node.and_then(|node| file::Pipeline::read(&node, &mut reader));
    let mut pipeline = None;
    if let Some(form) = form {
        let (mut lowered, found) = lower::lower(&form, source, environment, &mut reader);
        elsewhere.extend(found);
        lowered.blocks.extend(shaped.digests);
        if !reader.has_errors() {
            check_size(&lowered, form.stages.span, &mut reader);
            let span = form.triggers.as_ref().and_then(|triggers| triggers.pull_request.as_ref()).map(|pulls| pulls.span());
            check_pull_requests(&lowered, span, &mut reader);
        }
        pipeline = Some(lowered);
    }
    let mut diagnostics = reader.finish(&source.name, &source.text);
    diagnostics.append(&mut elsewhere);
    diagnostics.extend(source.unreadable.iter().cloned());
    let has_errors = diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
    (pipeline.filter(|_| !has_errors), diagnostics)
}

fn check_size(pipeline: &Pipeline, span: Span, reader: &mut Reader) {
    let inputs = pipeline.inputs().into_iter().map(|(name, default)| (name.to_owned(), default.unwrap_or_default().to_owned())).collect();
    let are_known = pipeline.inputs().values().all(Option::is_some);
    match expand(pipeline, &ExpandInput { inputs, ..ExpandInput::default() }) {
        Err(ExpandError::TooManyNodes { count }) => {
            let problem = Problem::error(Code::TooManyNodes, span.part(0, 1), format!("the plan would have {count} nodes"));
            reader.report(problem.expected(format!("at most {MAX_NODES}")).help("split the pipeline, or take fewer increments"));
        }
        // With inputs that are not given yet, it is decided when they are.
        Err(error @ ExpandError::Undecided { .. }) if are_known => {
            let problem = Problem::error(Code::BadExpression, span.part(0, 1), error.to_string());
            reader.report(problem.expected("an `if` of `deploy` that is true or false for every target"));
        }
        Ok(_) | Err(_) => {}
    }
}

/// What a pull request would run, so that the author of the file hears of it before the first one comes.
fn check_pull_requests(pipeline: &Pipeline, span: Option<Span>, reader: &mut Reader) {
    let settings = pipeline.triggers.iter().find_map(|trigger| if let Trigger::PullRequest(pulls) = trigger { Some(pulls) } else { None });
    let (Some(settings), Some(span)) = (settings, span) else { return };
    match pull_request::plan(pipeline, settings, 1, true) {
        // Said of the whole plan, or asked for when it is started.
        Ok(_) | Err(PullRequestError::Expand(_)) => {}
        Err(error) => reader.report(Problem::error(Code::NothingToDeploy, span, error.to_string())),
    }
}

/// The files of the repository that a pipeline file names, for [`SourceFile::files`]: calendars, inventories, the lock file, and folders of
/// local blocks, which end in `/` and stand for everything below them. Paths that leave the repository are left out.
#[must_use]
pub fn names_files(text: &str) -> Vec<String> {
    let mut names = std::collections::BTreeSet::new();
    if let Some(root) = parse(text, &mut Reader::default()) {
        collect(&root, &mut names);
    }
    names.into_iter().collect()
}

/// The shared blocks and shapes that a pipeline file names, for [`Environment::fetched`]: to be fetched at the commits
/// that the lock file gives.
#[must_use]
pub fn names_shared(text: &str) -> Vec<String> {
    let mut names = std::collections::BTreeSet::new();
    let root = parse(text, &mut Reader::default());
    let mut rest: Vec<&Node> = root.as_deref().into_iter().collect();
    while let Some(node) = rest.pop() {
        match &node.value {
            Value::Scalar { text, .. } if text.starts_with("git::") => _ = names.insert(text.clone()),
            Value::Scalar { .. } => {}
            Value::Sequence(items) => rest.extend(items.iter().map(|item| &**item)),
            Value::Mapping(entries) => rest.extend(entries.iter().map(|(_, value)| &**value)),
        }
    }
    names.into_iter().collect()
}

fn collect(node: &Node, names: &mut std::collections::BTreeSet<String>) {
    match &node.value {
        Value::Scalar { .. } => {}
        Value::Sequence(items) => items.iter().for_each(|item| collect(item, names)),
        Value::Mapping(entries) => {
            for (key, value) in entries {
                match (key.text.as_str(), &value.value) {
                    ("inventory", Value::Scalar { text, .. }) if text == REGISTRY => {}
                    ("calendar" | "inventory", Value::Scalar { text, .. }) => names.extend(lower::repository_path(text)),
                    ("uses" | "extends", Value::Scalar { text, .. }) if text.starts_with("git::") => {
                        names.insert(crate::lock::PATH.to_owned());
                    }
                    ("uses" | "extends", Value::Scalar { text, .. }) if text.starts_with("./") => {
                        names.extend(lower::repository_path(text).map(|path| format!("{path}/")));
                    }
                    _ => collect(value, names),
                }
            }
        }
    }
}
