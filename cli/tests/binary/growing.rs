//! Pipelines that programs print, and what a job uploads: each through a real server and a real runner.

use crate::program::{Program, Ran};

const EXAMPLE: &str = include_str!("../../../pipelines/examples/generators/.tidegate/pipeline.yaml");

/// A repository in which everything that the example names can be run.
fn repository(pipeline: &str) -> Program {
    let program = Program::new();
    program.write(".tidegate/pipeline.yaml", pipeline);
    for (name, text) in [
        ("pipeline.py", include_str!("../../../pipelines/examples/generators/pipeline.py")),
        ("pipeline.ts", include_str!("../../../pipelines/examples/generators/pipeline.ts")),
        ("pipeline.sh", include_str!("../../../pipelines/examples/generators/pipeline.sh")),
        ("Makefile", "package:\n\tmkdir -p dist && echo built > dist/app\ncontracts:\n\ttrue\n"),
        ("deploy", "#!/bin/sh\ntrue\n"),
    ] {
        program.write(name, text);
    }
    for service in ["orders", "billing", "search"] {
        program.write(&format!("services/{service}/Makefile"), "test:\n\techo '<coverage/>' > coverage.xml\n");
    }
    program.git(&["init", "--quiet", "--initial-branch=main", "."]);
    program.git(&["add", "--all"]);
    program.git(&["update-index", "--chmod=+x", "deploy", "pipeline.py", "pipeline.sh"]);
    program.git(&["commit", "--quiet", "-m", "one"]);
    program
}

fn through(program: &Program) -> Ran {
    let ran = program.run(&["run", "--local", "--yes"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.contains("is everywhere"), "{ran:?}");
    ran
}

fn generates(run: &str) {
    let ran = through(&repository(&EXAMPLE.replace("./pipeline.py", run)));
    let grown = "build/changed adds";
    assert!(ran.stdout.contains(grown), "{grown:?} is missing in {ran:?}");
    for stage in ["together", "live"] {
        assert!(ran.stdout.contains(stage), "{stage:?} is missing in {ran:?}");
    }
}

#[test]
fn the_pipeline_that_a_python_program_prints_runs_through() {
    generates("python3 pipeline.py");
}

#[test]
fn the_pipeline_that_a_typescript_program_prints_runs_through() {
    generates("node --input-type=module -e \"$(cat pipeline.ts)\"");
}

#[test]
fn the_pipeline_that_a_shell_script_prints_runs_through() {
    generates("sh pipeline.sh");
}

const UPLOADS: &str = r#"name: uploads
stages:
  - name: build
    jobs:
      - name: plan
        steps:
          - run: |
              echo 'jobs: [{name: unit, steps: [./record unit]}]' > more.yaml
              "$TIDEGATE_BIN" pipeline upload more.yaml
              "$TIDEGATE_BIN" pipeline upload - < more.yaml | grep -q 'nothing changes'
              echo 'jobs: [{name: unit, steps: [other]}]' > clash.yaml
              code=0; "$TIDEGATE_BIN" pipeline upload clash.yaml 2> refused || code=$?
              test "$code" = 4 && grep -q 'is there already with other content' refused
      - {name: package, needs: [plan], steps: [./record package]}
"#;

#[test]
fn d1_a_job_uploads_and_whoever_waited_for_it_waits_for_what_it_added() {
    let program = repository(UPLOADS);
    let trace = program.folder().join("trace").display().to_string();
    program.write("record", &format!("#!/bin/sh\necho \"$1\" >> {trace}\n"));
    program.git(&["add", "--all"]);
    program.git(&["update-index", "--chmod=+x", "record"]);
    program.git(&["commit", "--quiet", "-m", "two"]);
    through(&program);
    assert_eq!(std::fs::read_to_string(&trace).expect("what the jobs did"), "unit\npackage\n");
}

#[test]
fn a_generator_that_prints_nonsense_fails_its_job_and_says_where() {
    let program = repository(&EXAMPLE.replace("run: ./pipeline.py", "run: 'echo \"jobs: [{nam: a}]\"'"));
    let ran = program.run(&["run", "--local", "--yes"]);
    assert_ne!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.contains("what it printed cannot be added") && ran.stdout.contains("nam"), "{ran:?}");
}
