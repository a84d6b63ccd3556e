//! D1: where what is added runs, and who waits for it.

use std::collections::BTreeSet;

use pipelines::dynamic::{Index, MatrixError, Origin, expand_matrix, splice};
use pipelines::expression::Context;
use pipelines::plan::{Adds, NodeKind, StageIx};
use serde_json::json;

use crate::release::{Release, UNIT, base, fragment, needs, node, plan_of, sound};

#[test]
fn d1_what_is_added_runs_after_the_job_and_before_whoever_waited_for_it() {
    let mut release = Release::new();
    let spliced = release.add("build/generate", 1, "jobs: [{name: a, steps: [a]}, {name: b, needs: [a, lint], steps: [b]}]").unwrap();
    assert_eq!(release.keys(&spliced.added), ["build/a", "build/b"]);
    assert_eq!(needs(&release.plan, "build/a"), ["build/generate"]);
    assert_eq!(needs(&release.plan, "build/b"), ["build/a", "build/generate", "build/lint"]);
    assert_eq!(needs(&release.plan, "build/package"), ["build/b", "build/generate"]);
    assert_eq!(release.keys(&spliced.waiting), ["build/package"]);
}

#[test]
fn d1_stages_stand_on_the_path_right_after_the_stage_of_the_job() {
    let mut release = Release::new();
    let stage = |name: &str| format!("stages: [{{name: {name}, jobs: [{{name: test, steps: [x]}}]}}]");
    let spliced = release.add("build/generate", 1, &stage("first")).unwrap();
    assert_eq!((spliced.stages.clone(), spliced.grown.is_empty()), (vec![StageIx(2)], true));
    release.add("build/generate", 1, &stage("second")).unwrap();
    let path: Vec<&str> = release.plan.stages_on_path().map(|(_, stage)| stage.name.as_str()).collect();
    assert_eq!(path, ["build", "first", "second", "prod"]);
    assert_eq!(needs(&release.plan, "first/start"), ["build/end"]);
    assert_eq!(needs(&release.plan, "second/start"), ["first/end"]);
    assert_eq!(needs(&release.plan, "prod/start"), ["second/end"]);
    let waves: Vec<&str> = release.plan.waves().map(|(_, stage, _)| stage.name.as_str()).collect();
    assert_eq!(waves, ["build", "first", "second", "prod"]);
}

#[test]
fn d1_a_job_outside_of_the_path_adds_nothing() {
    let plan = base();
    let error = fragment(&plan, "prod/prod/eu-west-1/rollback", UNIT).unwrap_err();
    assert!(error.contains("nobody would wait for what it adds"), "{error}");
}

#[test]
fn d1_a_matrix_from_an_output_becomes_its_jobs_when_the_output_is_known() {
    let text = "name: x\nstages: [{name: build, jobs: [{name: list, steps: [x]}, {name: test, needs: [list], max_parallel: 2, \
                matrix: {os: [linux, macos], version: '${{ needs.list.outputs.versions }}', exclude: [{os: macos, version: '1'}]}, \
                steps: ['t ${{ matrix.os }} ${{ matrix.version }}']}, {name: done, needs: [test], steps: [y]}]}]";
    let mut plan = plan_of(text);
    let ix = node(&plan, "build/test");
    let NodeKind::Job(job) = &plan.node(ix).unwrap().kind else { panic!("a job") };
    let Some(Adds::Matrix(matrix)) = job.adds.clone() else { panic!("a matrix") };
    let context =
        |versions: &str| Context::new().with("needs", json!({"list": {"result": "succeeded", "outputs": {"versions": versions}}}));
    let fragment = expand_matrix("build", &matrix, &context(r#"["1", 2]"#)).unwrap();
    assert_eq!(fragment, expand_matrix("build", &matrix, &context(r#"["1", 2]"#)).unwrap(), "equal values, equal fragment");
    let keys: Vec<&str> = fragment.jobs.iter().map(|job| job.key.as_str()).collect();
    assert_eq!(keys, ["build/test-linux-1", "build/test-linux-2", "build/test-macos-2"]);
    assert_eq!(fragment.jobs[2].job.steps[0].run, "t macos 2");
    assert_eq!(fragment.jobs[2].job.parallel.as_ref().map(|parallel| (parallel.group.as_str(), parallel.limit)), Some(("build/test", 2)));
    let begun = BTreeSet::from(["build/start", "build/wave/start", "build/list", "build/test"].map(|key| node(&plan, key)));
    let index = Index::of(&plan, begun);
    splice(&mut plan, &fragment, Origin { by: ix, attempt: 1 }, &index).unwrap();
    sound(&plan);
    assert_eq!(needs(&plan, "build/done").len(), 4);

    let unreadable = |versions: &str| expand_matrix("build", &matrix, &context(versions)).unwrap_err().to_string();
    assert_eq!(unreadable("1, 2"), "the matrix of `test` cannot be read: the value is not JSON: trailing characters at line 1 column 2");
    assert_eq!(unreadable(r#"{"a": 1}"#), "the matrix of `test` cannot be read: the value of `version` is not a list");
    assert_eq!(unreadable("[[]]"), "the matrix of `test` cannot be read: `version` has a value that is no text, number or boolean");
    let many: Vec<u32> = (0..200).collect();
    assert_eq!(
        expand_matrix("build", &matrix, &context(&json!(many).to_string())),
        Err(MatrixError::TooMany { job: "test".into(), count: 399 })
    );
    let million: Vec<u32> = (0..500_000).collect();
    assert!(matches!(
        expand_matrix("build", &matrix, &context(&json!(million).to_string())),
        Err(MatrixError::TooMany { count: 1_000_000, .. })
    ));
    assert_eq!(expand_matrix("build", &matrix, &context("[]")), Err(MatrixError::Empty { job: "test".into() }));
}
