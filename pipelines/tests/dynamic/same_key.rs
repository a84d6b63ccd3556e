//! D2: the same again changes nothing, and other content under one key is refused.

use std::fs;

use pipelines::dynamic::SpliceError;

use crate::release::{Release, UNIT, folder, fragment, needs};

#[test]
fn d2_the_same_upload_twice_changes_nothing() {
    let mut release = Release::new();
    let text = fs::read_to_string(folder().join("jobs-and-stages.yaml")).unwrap();
    let fragment = fragment(&release.plan, "build/generate", &text).unwrap();
    assert!(!release.add_compiled("build/generate", 1, &fragment).unwrap().is_empty());
    let once = release.plan.clone();
    for attempt in [1, 2] {
        let again = release.add_compiled("build/generate", attempt, &fragment).unwrap();
        assert!(again.is_empty() && release.plan == once, "attempt {attempt}: {again:?}");
    }
    // Compiled against the plan that has it already, it is the same too.
    assert!(release.add("build/generate", 1, &text).unwrap().is_empty());
}

#[test]
fn d2_the_same_upload_is_no_clash_when_a_job_of_it_has_added_more() {
    let mut release = Release::new();
    release.add("build/generate", 1, "jobs: [{name: a, steps: [a]}, {name: b, needs: [a], steps: [b]}]").unwrap();
    release.begin("build/a");
    release.add("build/a", 1, "jobs: [{name: c, steps: [c]}]").unwrap();
    assert_eq!(needs(&release.plan, "build/b"), ["build/a", "build/c", "build/generate"]);
    assert!(release.add("build/generate", 1, "jobs: [{name: a, steps: [a]}, {name: b, needs: [a], steps: [b]}]").unwrap().is_empty());
}

#[test]
fn d2_other_content_under_a_key_is_refused() {
    let mut release = Release::new();
    release.add("build/generate", 1, UNIT).unwrap();
    let clash = |key: &str| Err(SpliceError::Clash { key: key.to_owned() });
    assert_eq!(release.add("build/generate", 1, "jobs: [{name: unit, steps: [make other]}]"), clash("build/unit"));
    assert_eq!(release.add("build/generate", 1, "jobs: [{name: report, steps: [x]}]"), clash("build/report"));
    release.add("build/generate", 1, "stages: [{name: s, jobs: [{steps: [x]}]}]").unwrap();
    let other = release.add("build/generate", 1, "stages: [{name: s, jobs: [{steps: [y]}]}]");
    assert_eq!(other, Err(SpliceError::StageClash { stage: "s".into() }));
    let known = release.add("build/generate", 1, "stages: [{name: prod, jobs: [{steps: [x]}]}]");
    assert_eq!(known, Err(SpliceError::StageClash { stage: "prod".into() }));
}

#[test]
fn d2_another_job_may_not_add_under_a_key_that_is_taken() {
    let mut release = Release::new();
    release.add("build/generate", 1, "jobs: [{name: a, steps: [a]}, {name: b, steps: [b]}]").unwrap();
    release.begin("build/a");
    assert_eq!(release.add("build/a", 1, "jobs: [{name: b, steps: [b]}]"), Err(SpliceError::Clash { key: "build/b".into() }));
}

#[test]
fn d2_two_uploads_of_one_job_add_up() {
    let mut release = Release::new();
    release.add("build/generate", 1, UNIT).unwrap();
    release.add("build/generate", 1, "jobs: [{name: e2e, needs: [unit], steps: [make e2e]}]").unwrap();
    assert_eq!(needs(&release.plan, "build/e2e"), ["build/generate", "build/unit"]);
    assert_eq!(needs(&release.plan, "build/package"), ["build/e2e", "build/generate", "build/unit"]);
    assert_eq!(release.plan.added.len(), 2);
}

#[test]
fn d2_a_target_or_an_artifact_that_is_there_is_not_added_again() {
    let mut release = Release::new();
    let target = "stages: [{name: s, targets: [prod/eu-west-1], deploy: {uses: shell/run, with: {run: x}}}]";
    assert_eq!(release.add("build/generate", 1, target), Err(SpliceError::TargetClash { target: "prod/eu-west-1".into() }));
    let artifact = release.add("build/generate", 1, "jobs: [{name: a, steps: [x], artifacts: {app: dist}}]");
    assert_eq!(artifact, Err(SpliceError::ArtifactClash { artifact: "app".into(), key: "build/package".into() }));
}
