//! The data came from a backup (R12, ID8).

use protocol::{Fences, Generation, Outcome};

use super::plan::{MINUTE, after_build, bake, stage, wave};
use super::world::{LEASE_MS, World, person};
use crate::core::id::{HoldId, ReleaseNumber};
use crate::core::input::{Place, Verdict};
use crate::core::row::{AttemptState, ReleaseState};
use crate::core::{Actor, EventKind, Input, Pipeline, Rejected, Settings};

const fn n(number: u64) -> ReleaseNumber {
    ReleaseNumber(number)
}

/// What was there comes back under the next generation, and the server is told so.
fn restore(world: &mut World) -> HoldId {
    let generation = Generation(world.pipeline.settings().generation.0 + 1);
    let settings = Settings { generation, ..*world.pipeline.settings() };
    world.pipeline = Pipeline::load(world.loaded(), settings).expect("saved rows load");
    told(world);
    world.pipeline.held_since_restore().expect("it is held").id.clone()
}

fn told(world: &mut World) {
    world.give(&Actor::Engine, Input::Restored { reason: "restored from a backup".to_owned() }).expect("never refused");
}

fn may_not(world: &mut World, key: &str) {
    let attempt = world.pipeline.attempts().find(|row| row.state == AttemptState::Queued).expect("something is queued").id.clone();
    assert_eq!(world.queued(), [key]);
    assert!(!world.pipeline.may_go_out(&attempt));
    assert_eq!(world.lease_attempt(&attempt), Err(Rejected::Restored), "{key}");
}

#[test]
fn r12_after_a_restore_not_even_a_rollback_touches_a_target_until_a_person_lifts_the_hold() {
    let plan = after_build(vec![stage("prod").targets(&["prod/us"])]);
    let mut world = World::new();
    world.ship(&plan);
    world.ship(&plan);
    let hold = restore(&mut world);
    world.roll_back(Place::Stage { stage: "prod".to_owned() }, None).expect("a person may ask for it");
    may_not(&mut world, "#1 prod/prod/us/rollback");
    world.pass(60 * MINUTE);
    may_not(&mut world, "#1 prod/prod/us/rollback");
    world.lift(&hold);
    world.succeed("#1 prod/prod/us/rollback");
    assert_eq!(world.runs("prod/us"), Some(n(1)), "{}", world.story());
}

#[test]
fn r12_a_build_that_was_under_way_goes_out_again_after_a_restore_and_a_new_release_waits() {
    let plan = after_build(vec![stage("prod").targets(&["prod/us"])]);
    let mut world = World::new();
    world.ship(&plan);
    world.push(&plan);
    world.lease("#2 build/package");
    let hold = restore(&mut world);
    world.succeed("#2 build/package");
    world.push(&plan);
    assert_eq!((world.queued(), world.runs("prod/us")), (Vec::new(), Some(n(1))), "held like by any other hold: {}", world.story());
    world.lift(&hold);
    world.run();
    assert_eq!(world.runs("prod/us"), Some(n(3)), "{}", world.story());
}

#[test]
fn r12_what_was_in_flight_is_unknown_after_a_restore_nothing_inspects_it_and_its_runner_is_refused() {
    let plan = after_build(vec![stage("prod").targets(&["prod/us"])]);
    let mut world = World::new();
    world.ship(&plan);
    world.push(&plan);
    world.succeed_all();
    let zombie = world.lease("#2 prod/prod/us/deploy");
    let hold = restore(&mut world);
    assert_eq!(world.attempt(&zombie.attempt).state, AttemptState::Unknown);
    assert_eq!(world.heartbeat(&zombie), Err(Rejected::StaleLease), "its generation is over");
    assert_eq!(world.report(&zombie, Outcome::Succeeded), Err(Rejected::StaleLease));
    let forged = Fences { generation: Generation(2), ..zombie.clone() };
    world.pass(60 * MINUTE + LEASE_MS);
    assert_eq!(world.queued(), [""; 0], "an inspection would set the engine going again");
    world.lift(&hold);
    world.pass(60 * MINUTE);
    assert_eq!(world.queued(), [""; 0], "the target itself waits for a person: {}", world.story());
    let found = Input::Resolve { target: "prod/us".into(), verdict: Verdict::Failed, reason: "looked".to_owned() };
    world.give(&person("olga"), found).expect("the person's word counts");
    assert!(world.report(&forged, Outcome::Succeeded).is_err(), "the attempt has ended");
    assert_ne!(world.state(n(2)), ReleaseState::Completed);
}

#[test]
fn r12_a_bake_that_was_watched_before_the_backup_says_nothing_after_it() {
    let plan = after_build(vec![stage("prod").wave(wave("", &["prod/us"]).bake(bake(10 * MINUTE, &["errors"])))]);
    let mut world = World::new();
    world.push(&plan);
    world.succeed_all();
    world.succeed_all();
    assert_eq!(world.count(EventKind::BakeStarted), 1, "{}", world.story());
    restore(&mut world);
    assert_eq!((world.count(EventKind::BakeErrored), world.count(EventKind::BakePassed)), (1, 0));
    world.pass_well(60 * MINUTE);
    assert_eq!((world.count(EventKind::BakePassed), world.state(n(1))), (0, ReleaseState::Failed), "{}", world.story());
    assert_eq!(world.queued(), [""; 0], "and nothing is taken back by itself");
}

#[test]
fn r12_being_told_twice_of_a_restore_changes_nothing_and_a_lifted_hold_does_not_come_back() {
    let plan = after_build(vec![stage("prod").targets(&["prod/us"])]);
    let mut world = World::new();
    world.ship(&plan);
    let hold = restore(&mut world);
    told(&mut world);
    assert_eq!(world.holds().len(), 1);
    world.lift(&hold);
    world.restart();
    assert_eq!(world.pipeline.held_since_restore(), None);
    let second = restore(&mut world);
    assert_ne!(second, hold, "the next restore is another one");
}
