//! D3: what may be replaced or withdrawn, and what comes too late.

use std::collections::BTreeSet;

use pipelines::dynamic::SpliceError;
use pipelines::plan::{NodeKind, StageIx};

use crate::release::{Release, UNIT, needs, node};

#[test]
fn d3_only_what_is_not_queued_is_replaced() {
    let replace = "jobs: [{name: report, replace: true, steps: [make other]}]";
    let mut release = Release::new();
    let before = needs(&release.plan, "build/report");
    let spliced = release.add("build/generate", 1, replace).unwrap();
    assert_eq!((release.keys(&spliced.replaced), spliced.added.is_empty(), spliced.waiting.is_empty()), (vec!["build/report"], true, true));
    assert!(before.iter().all(|key| needs(&release.plan, "build/report").contains(key)), "it waits for what it waited for");
    assert_eq!(spliced.grown, BTreeSet::from([StageIx(0)]), "approvals of the stage are void (G6)");

    let mut release = Release::new();
    assert_eq!(
        release.add("build/generate", 1, "jobs: [{name: lint, replace: true, steps: [x]}]"),
        Err(SpliceError::Begun { key: "build/lint".into() })
    );
    assert_eq!(
        release.add("build/generate", 1, "jobs: [{name: generate, replace: true, steps: [x]}]"),
        Err(SpliceError::NotReplaceable { key: "build/generate".into() })
    );
}

#[test]
fn d3_an_upload_that_races_the_end_of_its_job_comes_too_late_once_others_have_begun() {
    let mut release = Release::new();
    release.begin("build/package");
    assert_eq!(release.add("build/generate", 1, UNIT), Err(SpliceError::TooLate { by: "build/generate".into() }));
}

/// As where one target of `at_least: 1` still runs, and the release has gone on.
#[test]
fn d3_a_stage_comes_too_late_once_the_stage_that_would_follow_it_has_begun() {
    let load = "stages: [{name: load, jobs: [{steps: [make load]}]}]";
    let mut release = Release::new();
    release.begin("prod/start");
    assert_eq!(release.add("build/generate", 1, load), Err(SpliceError::TooLate { by: "build/generate".into() }));
    let mut release = Release::new();
    let spliced = release.add("build/generate", 1, load).unwrap();
    let (end, next) = (node(&release.plan, "build/end"), node(&release.plan, "prod/start"));
    assert_eq!(spliced.freed, [(end, next)], "the stage after it waits for it, and no longer for the stage before");
    assert_eq!(spliced.gained, [(node(&release.plan, "load/end"), next)]);
}

#[test]
fn d3_a_later_attempt_takes_back_what_an_earlier_one_added() {
    let mut release = Release::new();
    release.add("build/generate", 1, "jobs: [{name: a, steps: [a]}, {name: b, steps: [b]}]").unwrap();
    let spliced = release.add("build/generate", 2, "jobs: [{name: b, steps: [other]}, {name: c, steps: [c]}]").unwrap();
    assert_eq!(release.keys(&spliced.withdrawn), ["build/a"]);
    assert_eq!(release.keys(&spliced.replaced), ["build/b"]);
    assert_eq!(release.keys(&spliced.added), ["build/c"]);
    let NodeKind::Job(job) = &release.plan.node(node(&release.plan, "build/a")).unwrap().kind else { panic!("a job") };
    assert_eq!(job.condition.as_deref(), Some("false"), "it counts as satisfied (D5)");
    // The next upload of that attempt brings it back.
    let spliced = release.add("build/generate", 2, "jobs: [{name: a, steps: [a]}]").unwrap();
    assert_eq!(release.keys(&spliced.replaced), ["build/a"]);
    assert!(spliced.withdrawn.is_empty());
    let NodeKind::Job(job) = &release.plan.node(node(&release.plan, "build/a")).unwrap().kind else { panic!("a job") };
    assert_eq!(job.condition, None);
}

#[test]
fn d3_no_circle_is_closed() {
    let mut release = Release::new();
    let error = release.add("build/generate", 1, "jobs: [{name: a, needs: [report], steps: [a]}]").unwrap_err();
    assert_eq!(error.to_string(), "jobs would wait for each other in a circle: build/package → build/a → build/report → build/package");
    let replaced = "jobs: [{name: report, replace: true, needs: [a], steps: [r]}, {name: a, needs: [], steps: [a]}]";
    release.add("build/generate", 1, replaced).unwrap();
    assert_eq!(needs(&release.plan, "build/report"), ["build/a", "build/generate", "build/package"]);
}
