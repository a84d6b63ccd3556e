//! Shapes: stages and defaults that pipelines share, and the file that goes over them.

#![expect(clippy::unwrap_used, reason = "a test says what is wrong by failing")]

use std::collections::BTreeMap;

use pipelines::lock::{Lock, SharedName};
use pipelines::plan::Plan;
use pipelines::{Blocks, Environment, ExpandInput, SourceFile, compile_in, expand, names_files, show};

const SHAPE: &str = "description: a service of the platform team
inputs:
  artifact: {type: string, required: true, description: what is deployed}
  retries: {type: integer, default: 1, description: how often a test is tried again}
pipeline:
  stages:
    - name: build
      jobs:
        - {name: test, steps: [make test], retry: \"${{ inputs.retries }}\"}
        - {name: package, needs: [test], steps: [make package], artifacts: {\"app\": dist}}
    - name: prod
      production: true
      gates: [{approval: true}]
      bake: 1h
      targets: [prod]
      deploy: {uses: shell/run, with: {artifact: \"${{ inputs.artifact }}\", run: ./deploy}}
";

fn compile(text: &str, shape: &str, environment: &Environment) -> Result<Plan, String> {
    let files = BTreeMap::from([("shapes/service/shape.yaml".to_owned(), shape.to_owned())]);
    let source = SourceFile::new("pipeline.yaml", text).with_files(files);
    let (pipeline, diagnostics) = compile_in(&source, environment);
    let rendered: String = diagnostics.iter().map(|diagnostic| diagnostic.render(&source)).collect();
    Ok(expand(&pipeline.ok_or(rendered)?, &ExpandInput::default()).unwrap())
}

fn plan(text: &str) -> Result<Plan, String> {
    compile(text, SHAPE, &Environment::of_blocks(&Blocks::built_in()))
}

const EXTENDS: &str = "name: orders\nextends: {uses: ./shapes/service, with: {artifact: app}}\n";

#[test]
fn a_shape_supplies_stages_and_the_file_overrides_by_name() {
    let plan = plan(&format!(
        "{EXTENDS}stages:\n  - {{name: build, jobs: [{{name: test, steps: [make test-all]}}, {{name: lint, steps: [make lint]}}]}}\n  - {{name: soak, jobs: [{{steps: [make soak]}}]}}\n  - {{name: prod, bake: 2h}}\n"
    ))
    .unwrap();
    let stages: Vec<&str> = plan.stages.iter().map(|stage| stage.name.as_str()).collect();
    assert_eq!(stages, ["build", "soak", "prod"], "what the shape has not stands behind what it follows in the file");
    let text = show::text(&plan);
    assert!(text.contains("bake 2h") && text.contains("gate approval") && text.contains("job lint"), "{text}");
    assert!(plan.stages[2].production, "what is not overridden stays");
    assert_eq!(
        plan.blocks.keys().collect::<Vec<_>>(),
        ["./shapes/service", "shell/run"],
        "the shape is part of what the release is made of"
    );
}

#[test]
fn a_shape_alone_makes_a_pipeline() {
    let plan = plan(EXTENDS).unwrap();
    assert_eq!(plan.stages.len(), 2);
    assert_eq!(names_files(EXTENDS), ["shapes/service/"]);
}

#[test]
fn inputs_of_a_shape_are_typed_and_needed() {
    let error = |with: &str| plan(&format!("name: orders\nextends: {{uses: ./shapes/service, with: {with}}}\n")).unwrap_err();
    assert!(error("{}").contains("the shape `./shapes/service` needs the input `artifact`"));
    assert!(error("{artifact: app, retries: many}").contains("error[wrong_input]"));
    assert!(error("{artifact: app, artefact: app}").contains("did you mean `artifact`?"));
    // A wrong value that a shape inserts is found in the shape.
    assert!(error("{artifact: other}").contains("shapes/service/shape.yaml"), "{}", error("{artifact: other}"));
    assert!(error("{artifact: app, retries: 99}").contains("99 attempts are too many"));
}

#[test]
fn what_is_wrong_in_a_shape_is_shown_in_the_shape() {
    let environment = Environment::of_blocks(&Blocks::built_in());
    let error = compile(EXTENDS, &SHAPE.replace("needs: [test]", "needs: [tets]"), &environment).unwrap_err();
    insta::assert_snapshot!(error, @r#"
    error[unknown_job]: this stage has no job `tets`
      --> shapes/service/shape.yaml:10:35
       |
    10 |         - {name: package, needs: [tets], steps: [make package], artifacts: {"app": dist}}
       |                                   ^^^^
       = expected: the name of a job of the same stage; stages wait for each other by themselves
       = help: did you mean `test`?
    "#);
    let error = compile(EXTENDS, "description: [", &environment).unwrap_err();
    assert!(error.contains("the shape `./shapes/service` has errors of its own") && error.contains("shape.yaml:"), "{error}");
    let nested = format!("{SHAPE}  extends: ./shapes/other\n");
    assert!(compile(EXTENDS, &nested, &environment).unwrap_err().contains("shapes do not nest"));
    for wrong in ["extends: org/standard@v4", "extends: ../x", "extends: ./nowhere", "extends: [x]", "extends: {with: {}}"] {
        assert!(compile(&format!("name: x\n{wrong}\nstages: []"), SHAPE, &environment).is_err(), "{wrong}");
    }
}

#[test]
fn a_shape_of_another_repository_is_the_one_that_was_locked() {
    const NAME: &str = "git::https://git.example/platform/shapes//service@v4";
    let folder = BTreeMap::from([("shape.yaml".to_owned(), SHAPE.to_owned())]);
    let mut lock = Lock::default();
    lock.add(&SharedName::parse(NAME).unwrap(), &"1f".repeat(20), &folder);
    let text = EXTENDS.replace("./shapes/service", NAME);
    let compile = |fetched: BTreeMap<String, String>| {
        let environment =
            Environment { fetched: BTreeMap::from([(NAME.to_owned(), fetched)]), ..Environment::of_blocks(&Blocks::built_in()) };
        let files = BTreeMap::from([(".tidegate/lock.yaml".to_owned(), lock.text())]);
        let (pipeline, diagnostics) = compile_in(&SourceFile::new("pipeline.yaml", text.clone()).with_files(files), &environment);
        (pipeline.is_some(), diagnostics.first().map(|diagnostic| diagnostic.code.as_str()))
    };
    assert_eq!(compile(folder.clone()), (true, None));
    let tampered = BTreeMap::from([("shape.yaml".to_owned(), SHAPE.replace("approval: true", "check: none"))]);
    let (compiles, code) = compile(tampered);
    assert_eq!((compiles, code), (false, Some("tampered")));
}

#[test]
fn the_doc_of_a_block_says_what_it_takes() {
    let doc = Blocks::built_in().get("process/in-place").unwrap().doc();
    assert!(doc.starts_with("# process/in-place\n"), "{doc}");
    assert!(doc.contains("| `artifact` | artifact | required | The program, or a folder that holds it. |"), "{doc}");
    assert!(doc.contains("| `mode` | `handover`, `restart` | `handover` |"), "{doc}");
    assert!(doc.contains("May be a map from each target to its value. Also called `ports`."), "{doc}");
    assert!(doc.contains("Strategies: `all_at_once`, `in_place`."), "{doc}");
}
