//! D4 and D5: how much may be added, and what a name that is not there means.

use pipelines::dynamic::MAX_ADDED;

use crate::release::{Release, UNIT, fragment};

#[test]
fn d4_an_upload_beyond_its_limit_is_refused_and_says_which() {
    let mut release = Release::new();
    let jobs = |count: usize| (0..count).fold(String::from("jobs:\n"), |text, at| format!("{text}  - {{name: j{at}, steps: [x]}}\n"));
    assert_eq!(release.add("build/generate", 1, &jobs(MAX_ADDED)).unwrap().added.len(), MAX_ADDED);
    let error = fragment(&release.plan, "build/generate", &jobs(MAX_ADDED + 1)).unwrap_err();
    assert!(error.contains("it adds 501 nodes (D4)") && error.contains("at most 500 in one upload"), "{error}");
    let more =
        |from: usize| (from..from + 500).fold(String::from("jobs:\n"), |text, at| format!("{text}  - {{name: k{at}, steps: [x]}}\n"));
    for round in 0..6 {
        release.add("build/generate", 1, &more(round * 500)).unwrap();
    }
    let error = fragment(&release.plan, "build/generate", &more(9000)).unwrap_err();
    assert!(error.contains("at most 4000 in a release"), "{error}");
}

#[test]
fn d4_additions_nest_two_deep() {
    let mut release = Release::new();
    release.add("build/generate", 1, "jobs: [{name: one, steps: [x]}]").unwrap();
    release.begin("build/one");
    release.add("build/one", 1, "jobs: [{name: two, steps: [x]}]").unwrap();
    assert_eq!(release.plan.added.iter().map(|addition| addition.depth).collect::<Vec<_>>(), [1, 2]);
    let error = fragment(&release.plan, "build/two", UNIT).unwrap_err();
    assert!(error.contains("depth 2 is the limit (D4)"), "{error}");
}

#[test]
fn d5_an_unknown_key_is_an_error_and_a_false_condition_is_one_of_the_job() {
    let release = Release::new();
    let error = fragment(&release.plan, "build/generate", "jobs: [{name: a, needs: [nowhere], steps: [x]}]").unwrap_err();
    assert!(error.contains("this stage has no job `nowhere`"), "{error}");
    let fragment = fragment(&release.plan, "build/generate", "jobs: [{name: a, if: 'false', steps: [x]}]").unwrap();
    assert_eq!(fragment.jobs[0].job.condition.as_deref(), Some("false"));
}
