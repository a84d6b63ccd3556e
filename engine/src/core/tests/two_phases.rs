//! Changes in two phases: barriers (X11).

use std::sync::Arc;

use pipelines::plan::Plan;

use super::plan::{MINUTE, after_build, bake, stage, wave};
use super::world::{World, person};
use crate::core::id::ReleaseNumber;
use crate::core::input::Place;
use crate::core::row::{ReleaseState, WaveState};
use crate::core::{EventKind, Input, Rejected};

const fn n(number: u64) -> ReleaseNumber {
    ReleaseNumber(number)
}

/// One target, baking for a minute under one alarm.
fn path() -> Arc<Plan> {
    after_build(vec![stage("prod").wave(wave("", &["prod/us"]).bake(bake(MINUTE, &["errors"])))])
}

fn with(plan: &Arc<Plan>, brings: &[&str], needs: &[&str]) -> Arc<Plan> {
    let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
    let mut plan = Plan::clone(plan);
    (plan.barriers, plan.needs_barriers) = (names(brings), names(needs));
    Arc::new(plan)
}

#[test]
fn x11_no_rollback_goes_behind_a_barrier() {
    let mut world = World::new();
    world.ship(&path());
    world.push(&with(&path(), &["cents"], &[]));
    world.succeed_all();
    world.succeed("#2 prod/prod/us/deploy");
    world.is_bad("errors");
    assert_eq!(world.queued(), [""; 0], "#1 lies before the barrier\n{}", world.story());
    assert_eq!(world.holds(), ["prod/us has no good release since barrier cents of #2 to go back to"]);
    let place = || Place::Target { target: "prod/us".to_owned() };
    let refused = world.roll_back(place(), Some(n(1)));
    assert!(matches!(refused, Err(Rejected::BeforeBarrier { by: ReleaseNumber(2), .. })), "{refused:?}");
    assert!(matches!(world.roll_back(place(), None), Err(Rejected::NoDestination(_))));
}

#[test]
fn x11_what_carries_the_barrier_is_a_destination_for_those_after_it() {
    let carries = with(&path(), &["cents"], &[]);
    let mut world = World::new();
    world.ship(&path());
    world.ship(&carries);
    world.push(&carries);
    world.succeed_all();
    world.succeed_all();
    world.is_bad("errors");
    assert_eq!(world.queued(), ["#2 prod/prod/us/rollback"]);
}

#[test]
fn x11_the_first_increment_already_brings_the_barrier_and_a_restart_remembers_it() {
    let canary = after_build(vec![stage("prod").wave(wave("", &["prod/us"]).edit(|w| w.increments = vec![10, 100]))]);
    let mut world = World::new();
    world.ship(&canary);
    world.push(&with(&canary, &["cents"], &[]));
    world.succeed_all();
    world.restart();
    world.fail("#2 prod/prod/us/shift-10");
    assert_eq!((world.queued(), world.count(EventKind::RollbackImpossible)), (Vec::new(), 1), "{}", world.story());
}

#[test]
fn x11_a_release_enters_no_target_where_what_it_needs_has_not_been() {
    let mut world = World::new();
    world.ship(&path());
    let second = world.push(&with(&path(), &[], &["cents"]));
    world.run();
    assert_eq!(world.wave_state(second, "prod"), Some(WaveState::Waiting));
    assert_eq!(world.waits_for(second, "prod").first().map(String::as_str), Some("barrier: barrier cents has not been good at prod/us"));
    let input = Input::Override { release: second, gate: "barrier".to_owned(), reason: "it is in the old release, too".to_owned() };
    world.give(&person("olga"), input).expect("overridden");
    world.run();
    assert_eq!(world.state(second), ReleaseState::Completed, "{}", world.story());
}

#[test]
fn x11_the_first_phase_is_not_superseded_by_the_second_and_goes_before_it() {
    let mut world = World::new();
    world.ship(&path());
    let hold = world.hold(crate::core::input::HoldScope::Lane("prod".to_owned()));
    let first = world.push(&with(&path(), &["cents"], &[]));
    let second = world.push(&with(&path(), &["cents"], &["cents"]));
    world.run();
    assert_eq!((world.state(first), world.state(second)), (ReleaseState::Moving, ReleaseState::Moving), "{}", world.story());
    world.lift(&hold);
    world.run();
    assert_eq!((world.state(first), world.state(second)), (ReleaseState::Completed, ReleaseState::Completed), "{}", world.story());
    assert_eq!(world.runs("prod/us"), Some(second));
}
