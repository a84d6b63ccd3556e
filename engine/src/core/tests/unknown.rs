//! Contact is lost at a target (A3): a late report, an inspection or a person says what runs there.

use protocol::{Fences, Outcome};

use super::plan::{MINUTE, SECOND, after_build, bake, stage, wave};
use super::world::{LEASE_MS, World, failed, person, runner_actor};
use crate::core::id::ReleaseNumber;
use crate::core::input::Verdict;
use crate::core::row::{AttemptState, NodeState, ReleaseState};
use crate::core::{EventKind, Input, Rejected};

const INSPECT: &str = "#2 prod/prod/us/inspect";

const fn n(number: u64) -> ReleaseNumber {
    ReleaseNumber(number)
}

/// #1 runs at `prod/us`; the runner that deploys #2 there is lost.
fn lost() -> (World, Fences) {
    let plan = after_build(vec![stage("prod").targets(&["prod/us"])]);
    let mut world = World::new();
    world.ship(&plan);
    world.push(&plan);
    world.succeed_all();
    let deploy = world.lease("#2 prod/prod/us/deploy");
    world.pass(LEASE_MS);
    assert!(world.target("prod/us").unknown.is_some());
    (world, deploy)
}

/// Waits for the inspection and lets it say something.
fn inspect(world: &mut World, outputs: &[(&str, &str)]) {
    world.pass(30 * SECOND);
    let inspection = world.lease(INSPECT);
    world.report_with(&inspection, Outcome::Succeeded, outputs).expect("taken");
}

fn resolve(verdict: Verdict) -> Input {
    Input::Resolve { target: "prod/us".into(), verdict, reason: "looked".to_owned() }
}

#[test]
fn a3_a_lost_attempt_is_unknown_and_holds_its_target() {
    let (world, deploy) = lost();
    assert_eq!(world.attempt(&deploy.attempt).state, AttemptState::Unknown);
    assert_eq!(world.node_state(n(2), "prod/prod/us/deploy"), Some(NodeState::Unknown));
    assert_eq!(world.target("prod/us").holder, Some(deploy.attempt));
    assert_eq!((world.state(n(2)), world.inside("prod")), (ReleaseState::Moving, vec![n(2)]), "not failed");
    assert_eq!(world.count(EventKind::TargetUnknown), 1);
}

#[test]
fn a3_a_heartbeat_under_the_same_fence_makes_it_known_again() {
    let (mut world, deploy) = lost();
    world.heartbeat(&deploy).expect("the runner is back");
    assert_eq!((world.attempt(&deploy.attempt).state, world.target("prod/us").unknown.is_none()), (AttemptState::Leased, true));
    world.report(&deploy, Outcome::Succeeded).expect("done");
    assert_eq!(world.runs("prod/us"), Some(n(2)));
}

#[test]
fn a3_the_inspection_waits_for_the_last_credentials() {
    let plan = after_build(vec![stage("prod").targets(&["prod/us"])]);
    let mut world = World::new();
    world.push(&plan);
    world.succeed_all();
    let deploy = world.lease("#1 prod/prod/us/deploy");
    let until = world.now + 15 * MINUTE;
    world.give(&runner_actor(), Input::Issued { fences: deploy, until }).expect("a slice");
    world.pass(LEASE_MS);
    assert_eq!(world.pipeline.next_deadline(), Some(until + 30 * SECOND));
    world.pass(14 * MINUTE + 29 * SECOND);
    assert_eq!(world.queued(), [""; 0]);
    world.pass(SECOND);
    assert_eq!(world.queued(), ["#1 prod/prod/us/inspect"]);
}

#[test]
fn a3_found_there_and_well_it_is_adopted_and_the_old_fence_is_stale() {
    let (mut world, deploy) = lost();
    inspect(&mut world, &[("release", "2"), ("health", "ok"), ("in_progress", "false")]);
    assert_eq!((world.state(n(2)), world.runs("prod/us")), (ReleaseState::Completed, Some(n(2))), "{}", world.story());
    assert!(world.report(&deploy, failed(1)).is_err(), "the late word of the lost runner");
}

#[test]
fn a3_the_lost_runners_word_counts_until_the_inspection_has_its_lease() {
    let (mut world, deploy) = lost();
    world.pass(30 * SECOND);
    assert_eq!(world.queued(), [INSPECT]);
    world.report(&deploy, Outcome::Succeeded).expect("its fence is current");
    assert_eq!((world.queued(), world.runs("prod/us")), (Vec::new(), Some(n(2))));

    let (mut world, deploy) = lost();
    world.pass(30 * SECOND);
    world.lease(INSPECT);
    assert_eq!(world.report(&deploy, Outcome::Succeeded), Err(Rejected::StaleFence { target: "prod/us".into(), current: 3 }));
}

#[test]
fn a3_something_in_progress_is_looked_at_again() {
    let (mut world, _) = lost();
    for _ in 0..5 {
        inspect(&mut world, &[("release", "2"), ("health", "ok"), ("in_progress", "true")]);
        assert!(world.target("prod/us").unknown.is_some());
    }
    inspect(&mut world, &[("release", "#2"), ("health", "healthy")]);
    assert_eq!(world.state(n(2)), ReleaseState::Completed);
}

#[test]
fn a3_something_else_there_runs_the_job_again() {
    let (mut world, _) = lost();
    inspect(&mut world, &[("release", "1"), ("health", "ok")]);
    assert_eq!(world.queued(), ["#2 prod/prod/us/deploy"], "{}", world.story());
    world.succeed_all();
    assert_eq!(world.state(n(2)), ReleaseState::Completed);
}

#[test]
fn a3_found_there_and_unwell_it_fails_and_goes_back() {
    let (mut world, _) = lost();
    inspect(&mut world, &[("release", "2"), ("health", "down")]);
    assert_eq!(world.queued(), ["#1 prod/prod/us/rollback"], "{}", world.story());
    world.succeed_all();
    assert_eq!(world.runs("prod/us"), Some(n(1)));
}

#[test]
fn a3_when_inspections_fail_only_a_person_can_end_it() {
    let (mut world, _) = lost();
    for _ in 0..3 {
        world.pass(30 * SECOND);
        world.fail(INSPECT);
    }
    assert!(world.target("prod/us").unknown.as_ref().is_some_and(|u| u.needs_person));
    world.pass(60 * MINUTE);
    assert_eq!(world.queued(), [""; 0]);
    world.give(&person("olga"), resolve(Verdict::Succeeded)).expect("she looked");
    assert_eq!((world.state(n(2)), world.runs("prod/us")), (ReleaseState::Completed, Some(n(2))), "{}", world.story());
}

#[test]
fn a3_a_lost_inspection_only_looks_and_is_tried_again() {
    let (mut world, _) = lost();
    world.pass(30 * SECOND);
    world.lease(INSPECT);
    world.pass(LEASE_MS);
    assert!(world.target("prod/us").unknown.as_ref().is_some_and(|u| u.inspections == 1));
    inspect(&mut world, &[("release", "2"), ("health", "ok")]);
    assert_eq!(world.state(n(2)), ReleaseState::Completed);
}

#[test]
fn a3_a_person_may_not_resolve_while_the_lost_attempt_may_still_act() {
    let (mut world, _) = lost();
    assert!(matches!(world.give(&person("olga"), resolve(Verdict::Failed)), Err(Rejected::StillFenced { .. })));
    let bot = crate::core::Actor::Token { id: "t".to_owned(), name: "bot".to_owned() };
    assert_eq!(world.give(&bot, resolve(Verdict::Failed)), Err(Rejected::PersonNeeded("token bot".to_owned())));
    world.pass(30 * SECOND);
    world.give(&person("olga"), resolve(Verdict::Again)).expect("the horizon has passed");
    assert_eq!(world.queued(), ["#2 prod/prod/us/deploy"], "{}", world.story());
    assert_eq!(world.give(&person("olga"), resolve(Verdict::Again)), Err(Rejected::NotUnknown("prod/us".into())));
}

#[test]
fn a3_a_cancelled_attempt_that_is_lost_stays_unknown_and_is_not_run_again() {
    let plan = after_build(vec![stage("prod").targets(&["prod/us"])]);
    let mut world = World::new();
    world.ship(&plan);
    world.push(&plan);
    world.succeed_all();
    world.lease("#2 prod/prod/us/deploy");
    world.give(&person("olga"), Input::Cancel { release: n(2), reason: "wrong".to_owned() }).expect("taken");
    world.pass(LEASE_MS);
    assert_eq!(world.inside("prod"), [n(2)]);
    inspect(&mut world, &[("release", "1"), ("health", "ok")]);
    assert_eq!((world.queued(), world.inside("prod")), (Vec::new(), Vec::new()), "{}", world.story());
}

#[test]
fn x1_a_failure_while_a_target_is_unknown_is_acted_on_when_it_is_known_again() {
    let plan = after_build(vec![stage("prod").wave(wave("", &["prod/us", "prod/eu"]).bake(bake(10 * MINUTE, &["errors"])))]);
    let mut world = World::new();
    world.ship(&plan);
    world.push(&plan);
    world.succeed_all();
    world.succeed("#2 prod/prod/eu/deploy");
    world.lease("#2 prod/prod/us/deploy");
    world.pass(LEASE_MS);
    world.is_bad("errors");
    assert_eq!(world.queued(), ["#1 prod/prod/eu/rollback"], "the others go back at once (IC10)");
    world.succeed_all();
    assert!(world.target("prod/us").unknown.as_ref().is_some_and(|u| u.pending_failure.is_some()));
    inspect(&mut world, &[("release", "2"), ("health", "ok")]);
    assert_eq!(world.queued(), ["#1 prod/prod/us/rollback"], "{}", world.story());
    world.succeed_all();
    assert_eq!((world.runs("prod/us"), world.runs("prod/eu")), (Some(n(1)), Some(n(1))));
    assert_eq!(world.inside("prod"), []);
}

#[test]
fn a3_a_lost_rollback_is_unknown_too_and_is_inspected() {
    let plan = after_build(vec![stage("prod").targets(&["prod/us"])]);
    let mut world = World::new();
    world.ship(&plan);
    world.push(&plan);
    world.succeed_all();
    world.fail("#2 prod/prod/us/deploy");
    world.lease("#1 prod/prod/us/rollback");
    world.pass(LEASE_MS);
    assert!(world.target("prod/us").unknown.is_some());
    world.pass(30 * SECOND);
    let inspection = world.lease("#1 prod/prod/us/inspect");
    world.report_with(&inspection, Outcome::Succeeded, &[("release", "1"), ("health", "ok")]).expect("taken");
    assert_eq!((world.runs("prod/us"), world.inside("prod")), (Some(n(1)), Vec::new()), "{}", world.story());
}

#[test]
fn x1_a_failure_takes_no_inspection_away() {
    let plan = after_build(vec![stage("prod").wave(wave("", &["prod/us", "prod/eu"]).bake(bake(10 * MINUTE, &["errors"])))]);
    let mut world = World::new();
    world.ship(&plan);
    world.push(&plan);
    world.succeed_all();
    world.succeed("#2 prod/prod/eu/deploy");
    world.lease("#2 prod/prod/us/deploy");
    world.pass(LEASE_MS + 30 * SECOND);
    world.pass(30 * SECOND);
    world.is_bad("errors");
    assert_eq!(world.queued(), ["#1 prod/prod/eu/rollback", INSPECT], "{}", world.story());
}
