//! What must hold whatever comes in: no panic, findings that are few, short and placed inside of the text, and plans that are whole.

use std::sync::LazyLock;

use pipelines::diagnostic::Severity;
use pipelines::dynamic::{Index, Joining, Origin, compile_fragment, splice};
use pipelines::expression::{Context, Expression, Template};
use pipelines::plan::{NodeIx, Plan};
use pipelines::{Blocks, Diagnostic, Environment, ExpandInput, MAX_NODES, SourceFile, compile_in, expand, names_files, names_shared};

/// With what lies beside a pipeline file made of the same bytes.
pub(crate) fn file(bytes: &[u8]) {
    let Some(source) = text_of(bytes) else { return };
    let beside = ["blocks/mine/block.yaml", "shapes/service/shape.yaml", "targets.yaml", ".tidegate/lock.yaml"];
    let files = beside.into_iter().map(|path| (path.to_owned(), source.text.clone())).collect();
    let source = source.with_files(files);
    let (pipeline, found) = compile_in(&source, &ENVIRONMENT);
    assert!(pipeline.is_some() || found.iter().any(|finding| finding.severity == Severity::Error), "no pipeline and no reason");
    check(&found, &source);
    if let Some(pipeline) = pipeline {
        let inputs = pipeline.inputs().keys().map(|name| ((*name).to_owned(), "x".to_owned())).collect();
        if let Ok(plan) = expand(&pipeline, &ExpandInput { inputs, ..ExpandInput::default() }) {
            whole(&plan);
        }
    }
    for name in names_files(&source.text) {
        assert!(!name.starts_with('/') && name.split('/').all(|part| part != ".."), "{name} leaves the repository");
    }
    assert!(names_shared(&source.text).iter().all(|name| name.starts_with("git::")));
}

pub(crate) fn expression(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(expression) = Expression::parse(text) {
        let context = Context::new()
            .with("release", serde_json::json!({"branch": "main", "number": 7}))
            .with("target", serde_json::json!({"name": "prod/eu", "region": "eu"}))
            .with("secrets", serde_json::json!({"TOKEN": CANARY}));
        for error in [expression.evaluate(&context).err(), expression.evaluate_bool(&context).err()].into_iter().flatten() {
            assert!(!error.message.contains(CANARY) && error.message.len() < 2_000, "{}", error.message);
        }
    }
    if let Err(error) = Template::parse(text) {
        assert!(error.offset <= text.len() && error.message.len() < 2_000, "{}", error.message);
    }
}

/// What the generator of a plan prints.
pub(crate) fn upload(bytes: &[u8]) {
    let Some(source) = text_of(bytes) else { return };
    let (plan, by) = &*BASE;
    let (fragment, found) = compile_fragment(&source, &Joining { plan, by: *by }, &ENVIRONMENT);
    assert!(fragment.is_some() || found.iter().any(|finding| finding.severity == Severity::Error), "no fragment and no reason");
    check(&found, &source);
    let Some(fragment) = fragment else { return };
    let mut grown = plan.clone();
    let index = Index::of(&grown, [*by].into());
    if splice(&mut grown, &fragment, Origin { by: *by, attempt: 1 }, &index).is_ok() {
        assert!(grown.nodes.len() <= MAX_NODES && grown.nodes.len() >= plan.nodes.len());
        assert!(grown.nodes.iter().zip(&plan.nodes).all(|(now, before)| now.key == before.key), "what was there has moved");
    }
}

const CANARY: &str = "canary-7f3a";

const GENERATES: &str = "name: x
accounts: {dev: {id: '333333333333', role: deploy}}
stages:
  - {name: build, generate: {run: x}, jobs: [{name: package, needs: [generate], steps: [make], artifacts: {app: dist}}]}
  - {name: live, targets: [local/one], deploy: {uses: shell/run, with: {artifact: app, run: x}}}
";

static ENVIRONMENT: LazyLock<Environment> = LazyLock::new(|| Environment { splices: true, ..Environment::of_blocks(&Blocks::built_in()) });

static BASE: LazyLock<(Plan, NodeIx)> = LazyLock::new(|| {
    let (pipeline, found) = compile_in(&SourceFile::new("base", GENERATES), &ENVIRONMENT);
    let plan = expand(&pipeline.unwrap_or_else(|| panic!("{found:?}")), &ExpandInput::default()).unwrap_or_else(|error| panic!("{error}"));
    let by = plan.nodes.iter().position(|node| node.key == "build/generate").unwrap_or_else(|| panic!("a generator"));
    (plan, NodeIx(u32::try_from(by).unwrap_or_default()))
});

fn text_of(bytes: &[u8]) -> Option<SourceFile> {
    match SourceFile::of_bytes("f.yaml", bytes) {
        Ok(source) => Some(source),
        Err(finding) => {
            assert!(!finding.message.is_empty());
            None
        }
    }
}

fn check(found: &[Diagnostic], source: &SourceFile) {
    assert!(found.len() <= 400, "{} findings", found.len());
    for finding in found {
        assert!(finding.message.len() < 1_000, "{finding:?} is long");
        assert!(finding.place.line >= 1 && finding.place.column >= 1 && finding.place.start <= finding.place.end, "{finding:?}");
        if let Some(text) = source.text_of(&finding.file) {
            assert!(finding.place.end as usize <= text.len(), "{finding:?} lies outside of the text");
        }
        assert!(finding.render(source).len() < 6_000, "{finding:?} floods the screen");
    }
}

fn whole(plan: &Plan) {
    assert!(plan.nodes.len() <= MAX_NODES);
    for (ix, node) in plan.nodes.iter().enumerate() {
        assert!(node.needs.iter().all(|need| (need.0 as usize) < ix), "{} waits for what stands behind it", node.key);
    }
}
