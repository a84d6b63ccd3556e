//! A region that is down: a step says that it could not reach its target (exit code 75). That is unknown, not failed.

use protocol::{Fences, Outcome};

use super::plan::{MINUTE, SECOND, after_build, alarm, stage, wave};
use super::world::{World, failed};
use crate::core::id::ReleaseNumber;
use crate::core::row::{AttemptState, NodeState, ReleaseState, WaveState};
use crate::core::{EventKind, Rejected};

const INSPECT: &str = "#2 prod/prod/us/inspect";

const fn n(number: u64) -> ReleaseNumber {
    ReleaseNumber(number)
}

/// #1 runs everywhere; #2 has reached `prod/eu`, and `prod/us` is down. Answers what reported so.
fn down(at_least: Option<u32>) -> (World, Fences) {
    let first = wave("wave-1", &["prod/us", "prod/eu"]).edit(|w| w.at_least = at_least).alarm(alarm("errors"));
    let plan = after_build(vec![stage("prod").wave(first).wave(wave("wave-2", &["prod/ap"]))]);
    let mut world = World::new();
    world.ship(&plan);
    world.push(&plan);
    world.succeed_all();
    world.is_ok("errors");
    let us = world.lease("#2 prod/wave-1/prod/us/deploy");
    world.report(&us, failed(75)).expect("taken");
    world.succeed("#2 prod/wave-1/prod/eu/deploy");
    (world, us)
}

/// What the inspection answers, when it is due.
fn inspect(world: &mut World, outcome: Outcome, outputs: &[(&str, &str)]) {
    world.pass(30 * SECOND);
    let inspection = world.lease(&INSPECT.replace("prod/prod", "prod/wave-1/prod"));
    world.report_with(&inspection, outcome, outputs).expect("taken");
}

#[test]
fn a3_a_region_that_is_down_parks_its_wave_and_is_unknown_not_failed() {
    let (world, us) = down(None);
    assert_eq!(world.attempt(&us.attempt).state, AttemptState::Unknown);
    assert_eq!(world.node_state(n(2), "prod/wave-1/prod/us/deploy"), Some(NodeState::Unknown));
    assert_eq!((world.state(n(2)), world.wave_state(n(2), "prod/wave-1")), (ReleaseState::Moving, Some(WaveState::Entered)));
    assert_eq!((world.runs("prod/eu"), world.runs("prod/us"), world.runs("prod/ap")), (Some(n(2)), Some(n(1)), Some(n(1))));
    assert_eq!((world.count(EventKind::RollbackStarted), world.count(EventKind::TargetUnknown)), (0, 1));
    let words = &world.events_of(EventKind::TargetUnknown)[0].reason;
    assert!(words.contains("prod/us could not be reached") && words.contains("75"), "{words}");
}

#[test]
fn ia7_the_same_report_again_changes_nothing_and_a_late_heartbeat_is_told_that_it_ended() {
    let (mut world, us) = down(None);
    let before = world.story();
    world.report(&us, failed(75)).expect("the first answer again");
    assert_eq!(world.heartbeat(&us), Err(Rejected::AttemptEnded));
    assert_eq!(world.story(), before);
}

#[test]
fn a3_it_is_asked_for_hours_and_the_deployment_runs_again_when_the_region_is_back() {
    let (mut world, us) = down(None);
    for _ in 0..200 {
        inspect(&mut world, failed(75), &[]);
    }
    assert!(world.target("prod/us").unknown.as_ref().is_some_and(|unknown| !unknown.needs_person), "nobody is needed for what passes");
    inspect(&mut world, Outcome::Succeeded, &[("release", "1")]);
    assert!(world.target("prod/us").unknown.is_none());
    let again = world.lease("#2 prod/wave-1/prod/us/deploy");
    assert!(again.fence > us.fence, "under a fence of its own (A4)");
    world.report(&again, Outcome::Succeeded).expect("taken");
    world.run();
    assert_eq!((world.state(n(2)), world.runs("prod/us"), world.runs("prod/ap")), (ReleaseState::Completed, Some(n(2)), Some(n(2))));
}

#[test]
fn w1_with_enough_of_its_wave_the_others_go_on_while_the_region_is_down() {
    let (mut world, _) = down(Some(1));
    world.succeed("#2 prod/wave-2/prod/ap/deploy");
    assert_eq!((world.runs("prod/ap"), world.runs("prod/us")), (Some(n(2)), Some(n(1))));
    assert!(world.target("prod/us").unknown.is_some(), "and it stays held");
}

#[test]
fn ic10_an_alarm_meanwhile_takes_the_others_back_and_the_one_that_is_down_when_it_is_there_again() {
    let (mut world, _) = down(None);
    world.pass(SECOND);
    world.is_bad("errors");
    world.succeed("#1 prod/wave-1/prod/eu/rollback");
    assert_eq!(world.runs("prod/eu"), Some(n(1)));
    inspect(&mut world, failed(75), &[]);
    inspect(&mut world, Outcome::Succeeded, &[("release", "2"), ("health", "ok")]);
    world.succeed("#1 prod/wave-1/prod/us/rollback");
    assert_eq!(world.runs("prod/us"), Some(n(1)), "{}", world.story());
}

#[test]
fn a3_a_rollback_that_cannot_reach_its_target_is_unknown_too_and_is_tried_again() {
    let plan = after_build(vec![stage("prod").wave(wave("", &["prod/us"]).alarm(alarm("errors")))]);
    let mut world = World::new();
    world.ship(&plan);
    world.push(&plan);
    world.succeed_all();
    world.is_ok("errors");
    let deploy = world.lease("#2 prod/prod/us/deploy");
    world.pass(SECOND);
    world.report(&deploy, failed(1)).expect("taken");
    let back = world.lease("#1 prod/prod/us/rollback");
    world.report(&back, failed(75)).expect("taken");
    assert_eq!((world.count(EventKind::RollbackFailed), world.holds().len()), (0, 0), "X7 is about rollbacks that fail");
    world.pass(MINUTE);
    let inspection = world.lease("#1 prod/prod/us/inspect");
    world.report_with(&inspection, Outcome::Succeeded, &[("release", "2")]).expect("taken");
    world.succeed("#1 prod/prod/us/rollback");
    assert_eq!(world.runs("prod/us"), Some(n(1)), "{}", world.story());
}
