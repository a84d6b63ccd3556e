//! What a plan is once it has grown: its stages (G6), its digest (P1), and the difference from the last time.

use std::collections::BTreeSet;

use pipelines::dynamic::difference;
use pipelines::plan::StageIx;

use crate::release::{Release, UNIT, base, fragment};

#[test]
fn g6_a_stage_that_grows_is_named_and_others_are_not() {
    let mut release = Release::new();
    assert_eq!(release.add("build/generate", 1, UNIT).unwrap().grown, BTreeSet::from([StageIx(0)]));
    let stage = release.add("build/generate", 1, "stages: [{name: s, jobs: [{steps: [x]}]}]").unwrap();
    assert_eq!((stage.grown, stage.stages), (BTreeSet::new(), vec![StageIx(2)]));
}

#[test]
fn p1_the_plan_of_a_release_keeps_its_digest_until_something_is_added() {
    let mut release = Release::new();
    let digest = release.plan.digest();
    assert_eq!(Release::new().plan.digest(), digest);
    release.add("build/generate", 1, UNIT).unwrap();
    assert_ne!(release.plan.digest(), digest);
    // The same additions in the same order make the same plan.
    let mut other = Release::new();
    other.add("build/generate", 1, UNIT).unwrap();
    assert_eq!(other.plan, release.plan);
}

#[test]
fn the_difference_from_the_last_time_names_jobs_and_stages() {
    let plan = base();
    let old = fragment(&plan, "build/generate", "jobs: [{name: a, steps: [a]}, {name: b, steps: [b]}]").unwrap();
    let new =
        fragment(&plan, "build/generate", "jobs: [{name: a, steps: [other]}]\nstages: [{name: s, jobs: [{name: t, steps: [x]}]}]").unwrap();
    insta::assert_snapshot!(difference("shop", "build", &old, &new).text(), @"
    pipeline shop: 3 changes
     ~ job a in build
         steps.1.run: a → other
     - job b in build
     + stage s
    ");
}
