//! The generators under `examples/generators`, each run as its job would run it, and what it prints compiled and spliced.

#![expect(clippy::unwrap_used, reason = "a test says what is wrong by failing")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use pipelines::dynamic::{Index, Joining, Origin, compile_fragment, splice};
use pipelines::plan::{Adds, NodeIx, NodeKind, Plan};
use pipelines::{Blocks, Environment, ExpandInput, SourceFile, compile_in, expand};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/generators")
}

fn environment() -> Environment {
    Environment { splices: true, ..Environment::of_blocks(&Blocks::built_in()) }
}

fn plan() -> Plan {
    let source = SourceFile::new("pipeline.yaml", std::fs::read_to_string(folder().join(".tidegate/pipeline.yaml")).unwrap());
    let (pipeline, diagnostics) = compile_in(&source, &environment());
    let rendered: String = diagnostics.iter().map(|diagnostic| diagnostic.render(&source)).collect();
    expand(&pipeline.ok_or(rendered).unwrap(), &ExpandInput::default()).unwrap()
}

fn generator(plan: &Plan) -> NodeIx {
    let at = plan.nodes.iter().position(|node| node.key == "build/changed").unwrap();
    NodeIx(u32::try_from(at).unwrap())
}

/// Runs a program and answers the keys of the plan that it makes.
fn keys_after(program: &str, arguments: &[&str]) -> Vec<String> {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(folder())
        .env("SERVICES", "orders billing search")
        .output()
        .unwrap_or_else(|error| unreachable!("{program} is needed for this test: {error}"));
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    let printed = SourceFile::new("printed by build/changed", String::from_utf8(output.stdout).unwrap());
    let mut plan = plan();
    let by = generator(&plan);
    let (fragment, diagnostics) = compile_fragment(&printed, &Joining { plan: &plan, by }, &environment());
    let rendered: String = diagnostics.iter().map(|diagnostic| diagnostic.render(&printed)).collect();
    let index = Index::of(&plan, BTreeSet::from([by]));
    splice(&mut plan, &fragment.ok_or(rendered).unwrap(), Origin { by, attempt: 1 }, &index).unwrap();
    plan.nodes.iter().map(|node| node.key.clone()).filter(|key| key.contains("test-") || key.contains("contracts")).collect()
}

const EXPECTED: [&str; 4] = ["build/test-orders", "build/test-billing", "build/test-search", "together/contracts"];

#[test]
fn the_generator_in_python_adds_its_jobs() {
    assert_eq!(keys_after("python3", &["pipeline.py"]), EXPECTED);
}

#[test]
fn the_generator_in_typescript_adds_its_jobs() {
    let text = std::fs::read_to_string(folder().join("pipeline.ts")).unwrap();
    assert_eq!(keys_after("node", &["--input-type=module", "-e", &text]), EXPECTED);
}

#[test]
fn the_generator_in_shell_adds_its_jobs() {
    assert_eq!(keys_after("sh", &["pipeline.sh"]), EXPECTED);
}

/// The shell of the last step is wrapped so that what it prints becomes the artifact.
#[test]
fn a_generate_job_leaves_what_it_prints_as_an_artifact() {
    let plan = plan();
    let NodeKind::Job(job) = &plan.node(generator(&plan)).unwrap().kind else { unreachable!("a job") };
    assert_eq!(job.adds, Some(Adds::Generated { artifact: "generated.build.changed".to_owned() }));
    let workspace = tempfile::tempdir().unwrap();
    let step = &job.steps[0];
    let status = Command::new(&step.shell[0])
        .args(&step.shell[1..])
        .arg("printf 'jobs: %s' \"[]\"; true")
        .current_dir(workspace.path())
        .status()
        .unwrap();
    assert!(status.success());
    let printed = std::fs::read_to_string(workspace.path().join(&job.artifacts_out[0].path)).unwrap();
    assert_eq!(printed, "jobs: []");
    let failed = Command::new(&step.shell[0]).args(&step.shell[1..]).arg("exit 7").current_dir(workspace.path()).status().unwrap();
    assert_eq!(failed.code(), Some(7), "how the program ends is how the step ends");
}
