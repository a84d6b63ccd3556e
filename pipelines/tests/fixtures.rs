//! Every file under `tests/fixtures/good` makes the plan that stands beside it; every file under `tests/fixtures/bad` gives the
//! diagnostics that stand beside it. Every folder of `examples` is a repository, and its `plan.txt` is what `tidegate plan` prints there.
//! `UPDATE=1 cargo test` writes them anew.
//!
//! A folder beside a fixture, of the same name, holds the other files of its repository.

#![expect(clippy::unwrap_used, reason = "a test says what is wrong by failing")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use pipelines::plan::{ArtifactIn, Class, Job, NodeKind, Plan};
use pipelines::{Blocks, Environment, ExpandInput, SourceFile, compile, compile_in, expand, names_files, show};

#[test]
fn every_good_file_makes_the_plan_beside_it() {
    let mut wrong = Vec::new();
    let cases = [cases("tests/fixtures/good", "yaml"), cases("tests/fixtures/good", "json")].concat();
    assert!(cases.len() >= 30, "only {} good fixtures", cases.len());
    for path in cases {
        let source = read(&path);
        let (pipeline, diagnostics) = compile(&source, &Blocks::built_in());
        let rendered = render(&source, &diagnostics);
        let Some(pipeline) = pipeline else {
            wrong.push(format!("{} does not compile:\n{rendered}", path.display()));
            continue;
        };
        let inputs = pipeline.inputs().keys().map(|name| ((*name).to_owned(), format!("value-of-{name}"))).collect();
        let input = ExpandInput { inputs, ..ExpandInput::default() };
        let plan = expand(&pipeline, &input).unwrap();
        if let Err(flaw) = sound(&plan) {
            wrong.push(format!("{}: {flaw}", path.display()));
        }
        assert_eq!(plan, expand(&pipeline, &input).unwrap(), "{}: equal input, equal plan", path.display());
        wrong.extend(compare(&path.with_extension("plan"), &format!("{rendered}{}\n{}", show::text(&plan), nodes(&plan))));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn every_example_makes_the_plan_beside_it() {
    let mut wrong = Vec::new();
    let folders: Vec<PathBuf> = fs::read_dir("examples").unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
    assert!(folders.len() >= 5, "only {} examples", folders.len());
    let environment = Environment { splices: true, ..Environment::of_blocks(&Blocks::built_in()) };
    for folder in folders {
        let text = fs::read_to_string(folder.join(".tidegate/pipeline.yaml")).unwrap();
        let source = SourceFile::new(folder.display().to_string(), text.clone()).with_files(named_by(&text, &folder));
        let (pipeline, diagnostics) = compile_in(&source, &environment);
        assert_eq!(render(&source, &diagnostics), "");
        let pipeline = pipeline.unwrap();
        let defaults = pipeline.inputs().into_iter().filter_map(|(name, default)| Some((name.to_owned(), default?.to_owned()))).collect();
        let plan = expand(&pipeline, &ExpandInput { inputs: defaults, ..ExpandInput::default() }).unwrap();
        sound(&plan).unwrap();
        wrong.extend(compare(&folder.join("plan.txt"), &show::text(&plan)));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn every_bad_file_gives_the_diagnostics_beside_it() {
    let mut wrong = Vec::new();
    let cases = cases("tests/fixtures/bad", "yaml");
    assert!(cases.len() >= 40, "only {} bad fixtures", cases.len());
    for path in cases {
        let source = read(&path);
        let (pipeline, diagnostics) = compile(&source, &Blocks::built_in());
        if pipeline.is_some() {
            wrong.push(format!("{} compiles", path.display()));
        }
        wrong.extend(compare(&path.with_extension("diagnostics"), &render(&source, &diagnostics)));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// What holds for every plan, whatever the file.
fn sound(plan: &Plan) -> Result<(), String> {
    let mut keys = std::collections::BTreeSet::new();
    for (ix, node) in plan.nodes.iter().enumerate() {
        if !keys.insert(&node.key) {
            return Err(format!("two nodes have the key {}", node.key));
        }
        if let Some(late) = node.needs.iter().find(|need| need.0 as usize >= ix) {
            return Err(format!("{} needs node {}, which does not stand before it", node.key, late.0));
        }
        if let NodeKind::Job(job) = &node.kind
            && (job.class == Class::Target) != node.target.is_some()
        {
            return Err(format!("{} has the class {:?}", node.key, job.class));
        }
    }
    let text = serde_json::to_string(plan).map_err(|error| error.to_string())?;
    let again: Plan = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    if again != *plan || again.digest() != plan.digest() {
        return Err("the plan is another one after it was stored".to_owned());
    }
    Ok(())
}

/// Every node with what it needs, and every job with what [`show::text`] leaves out.
fn nodes(plan: &Plan) -> String {
    let mut out = String::from("nodes\n");
    for node in &plan.nodes {
        let needs: Vec<&str> = node.needs.iter().filter_map(|need| plan.node(*need)).map(|need| need.key.as_str()).collect();
        let needs = if needs.is_empty() { String::new() } else { format!(" <- {}", needs.join(", ")) };
        out.push_str(&format!("  {}{needs}\n", node.key));
        if let NodeKind::Job(job) = &node.kind {
            out.push_str(&details(job));
        }
    }
    out
}

fn details(job: &Job) -> String {
    let mut lines = Vec::new();
    let artifacts = |list: &[ArtifactIn]| list.iter().map(|artifact| format!("{} {}", artifact.name, artifact.path)).collect::<Vec<_>>();
    let facts: [(&str, String); 7] = [
        ("account", job.account.clone().unwrap_or_default()),
        ("if", job.condition.clone().unwrap_or_default()),
        ("starts with", artifacts(&job.artifacts_in).join(", ")),
        ("secrets", job.secrets.join(", ")),
        ("vars", job.vars.join(", ")),
        ("retry", job.retry.iter().map(|rule| format!("{rule:?}")).collect::<Vec<_>>().join(", ")),
        ("env", env(&job.env)),
    ];
    lines.extend(facts.into_iter().filter(|(_, text)| !text.is_empty()).map(|(name, text)| format!("{name}: {}", text.trim_end())));
    for (kind, steps) in [("$", &job.steps), ("on failure $", &job.on_failure), ("finally $", &job.finally)] {
        for step in steps {
            let shell = if step.shell.first().is_some_and(|shell| shell == "bash") {
                String::new()
            } else {
                format!(" ({})", step.shell.join(" "))
            };
            let run: String = step.run.trim_end().replace('\n', "\\n").chars().take(100).collect();
            lines.push(format!("{kind}{shell} {run}"));
            let place = [
                ("in", step.working_directory.clone()),
                ("if", step.condition.clone().unwrap_or_default()),
                ("env", env(&step.env)),
                ("files", step.files.keys().cloned().collect::<Vec<_>>().join(", ")),
            ];
            lines.extend(place.into_iter().filter(|(_, text)| !text.is_empty()).map(|(name, text)| format!("    {name}: {text}")));
        }
    }
    lines.into_iter().map(|line| format!("      {line}\n")).collect()
}

fn env(env: &BTreeMap<String, String>) -> String {
    env.iter().map(|(name, value)| format!("{name}={value:?}")).collect::<Vec<_>>().join(" ")
}

fn cases(folder: &str, extension: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|found| found == extension));
    paths.sort();
    paths
}

fn read(path: &Path) -> SourceFile {
    let text = fs::read_to_string(path).unwrap();
    let files = named_by(&text, &path.with_extension(""));
    SourceFile::new(path.file_name().unwrap().to_string_lossy(), text).with_files(files)
}

fn named_by(text: &str, root: &Path) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    for name in names_files(text) {
        collect(root, Path::new(&name), &mut files);
    }
    files
}

fn collect(root: &Path, name: &Path, files: &mut BTreeMap<String, String>) {
    let path = root.join(name);
    if path.is_dir() {
        for entry in fs::read_dir(&path).unwrap() {
            collect(root, &name.join(entry.unwrap().file_name()), files);
        }
    } else if let Ok(text) = fs::read_to_string(&path) {
        files.insert(name.to_string_lossy().into_owned(), text);
    }
}

fn render(source: &SourceFile, diagnostics: &[pipelines::Diagnostic]) -> String {
    diagnostics.iter().map(|diagnostic| format!("{}\n", diagnostic.render(source))).collect()
}

fn compare(path: &Path, found: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "the switch that writes expected files anew")]
    if std::env::var("UPDATE").is_ok() {
        fs::write(path, found).unwrap();
        return None;
    }
    let expected = fs::read_to_string(path).unwrap_or_default();
    let line = expected.lines().zip(found.lines()).position(|(expected, found)| expected != found);
    let line = line.unwrap_or_else(|| expected.lines().count().min(found.lines().count()));
    (expected != found).then(|| {
        format!(
            "{} differs from line {} on (UPDATE=1 writes it anew):\n- {}\n+ {}",
            path.display(),
            line + 1,
            expected.lines().nth(line).unwrap_or("(end)"),
            found.lines().nth(line).unwrap_or("(end)")
        )
    })
}
