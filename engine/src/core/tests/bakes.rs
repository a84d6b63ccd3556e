use pipelines::plan::{Pace, WhenUnclear};

use super::plan::{HOUR, MINUTE, SECOND, after_build, alarm, bake, stage, wave};
use super::world::World;
use crate::core::id::{MonitorId, ReleaseNumber};
use crate::core::input::Reading;
use crate::core::row::{NodeState, ReleaseState, WatchRow};
use crate::core::{EventKind, Time};

const BAKE: &str = "prod/prod/us/bake";

/// A release that bakes at `prod/us` for ten minutes.
fn baking(edit: impl FnOnce(&mut pipelines::plan::Bake)) -> (World, ReleaseNumber) {
    let mut watched = bake(10 * MINUTE, &["errors"]);
    edit(&mut watched);
    let plan = after_build(vec![stage("prod").wave(wave("", &["prod/us"]).bake(watched))]);
    let mut world = World::new();
    let release = world.push(&plan);
    world.succeed_all();
    world.succeed_all();
    assert_eq!(world.node_state(release, BAKE), Some(NodeState::Baking));
    (world, release)
}

#[test]
fn b1_a_bake_passes_when_its_time_is_over_its_data_was_seen_and_its_alarms_were_ok() {
    let (mut world, release) = baking(|b| b.min_data_points = 20);
    world.pass_well(10 * MINUTE - 30 * SECOND);
    assert_eq!(world.node_state(release, BAKE), Some(NodeState::Baking));
    world.pass_well(30 * SECOND);
    assert_eq!(world.node_state(release, BAKE), Some(NodeState::Succeeded), "{}", world.story());
    assert_eq!(world.state(release), ReleaseState::Completed);
}

#[test]
fn b1_too_few_data_points_keep_it_baking() {
    let (mut world, release) = baking(|b| b.min_data_points = 22);
    world.pass_well(10 * MINUTE);
    assert_eq!(world.node_state(release, BAKE), Some(NodeState::Baking));
    world.pass_well(MINUTE);
    assert_eq!(world.node_state(release, BAKE), Some(NodeState::Succeeded), "the missing points came within its patience");
}

#[test]
fn b1_an_alarm_that_is_bad_but_has_not_fired_keeps_it_from_passing() {
    let (mut world, release) = baking(|b| b.alarms[0].for_ms = 2 * MINUTE);
    world.pass_well(9 * MINUTE + 30 * SECOND);
    world.pass(15 * SECOND);
    world.is_bad("errors");
    world.pass(15 * SECOND);
    assert_eq!(world.node_state(release, BAKE), Some(NodeState::Baking));
    world.pass(30 * SECOND);
    world.is_ok("errors");
    assert_eq!(world.node_state(release, BAKE), Some(NodeState::Succeeded));
}

#[test]
fn b2_failed_an_alarm_that_lasts_its_time_without_a_good_reading_between() {
    let (mut world, release) = baking(|b| b.alarms[0].for_ms = MINUTE);
    world.is_bad("errors");
    world.pass(30 * SECOND);
    world.is_ok("errors");
    world.pass(30 * SECOND);
    world.is_bad("errors");
    world.pass(30 * SECOND);
    world.is_unreadable("errors");
    assert_eq!(world.node_state(release, BAKE), Some(NodeState::Baking));
    world.pass(30 * SECOND);
    world.is_bad("errors");
    assert_eq!(world.node_state(release, BAKE), Some(NodeState::Failed), "{}", world.story());
    assert_eq!((world.count(EventKind::BakeFailed), world.count(EventKind::AlarmFired)), (1, 1));
}

#[test]
fn b2_error_and_inconclusive_stop_and_tell_and_are_kept_apart_from_failed() {
    let (mut world, release) = baking(|b| b.min_data_points = 5);
    for _ in 0..4 {
        world.is_unreadable("errors");
        world.pass(30 * SECOND);
    }
    world.pass(SECOND);
    assert_eq!((world.count(EventKind::BakeErrored), world.count(EventKind::BakeFailed)), (1, 0));
    assert_eq!((world.node_state(release, BAKE), world.state(release)), (Some(NodeState::Unclear), ReleaseState::Failed));
    assert_eq!(world.runs("prod/us"), Some(release), "nothing goes back by itself");
    assert_eq!(world.holds().len(), 1, "the lane waits for a person");

    let (mut world, release) = baking(|b| b.min_data_points = 5);
    for _ in 0..31 {
        world.read(&alarm("errors").monitor, Reading::NoData { detail: "no series".to_owned() });
        world.pass(30 * SECOND);
    }
    assert_eq!((world.count(EventKind::BakeInconclusive), world.count(EventKind::BakeErrored)), (1, 0), "{}", world.story());
    assert_eq!(world.node_state(release, BAKE), Some(NodeState::Unclear));
}

#[test]
fn b2_the_file_may_say_what_follows_an_unclear_end() {
    let (mut world, release) = baking(|b| b.on_error = WhenUnclear::Pass);
    world.pass(3 * MINUTE);
    assert_eq!(world.state(release), ReleaseState::Completed);
    assert!(world.node_row(release, BAKE).is_some_and(|row| row.reason.contains("goes on as the file says")));

    let mut watched = bake(10 * MINUTE, &["errors"]);
    watched.on_error = WhenUnclear::Rollback;
    let plan = after_build(vec![stage("prod").wave(wave("", &["prod/us"]).bake(watched))]);
    let mut world = World::new();
    let good = world.ship(&plan);
    world.push(&plan);
    world.succeed_all();
    world.succeed_all();
    world.pass(3 * MINUTE);
    world.succeed("#1 prod/prod/us/rollback");
    assert_eq!(world.runs("prod/us"), Some(good));
}

#[test]
fn b3_a_bake_survives_a_restart_and_counts_wall_time() {
    let (mut world, release) = baking(|_| {});
    world.pass_well(9 * MINUTE);
    world.restart();
    world.now = world.now + MINUTE;
    world.tick();
    assert_eq!(world.node_state(release, BAKE), Some(NodeState::Baking), "nobody has looked at its last minute yet");
    world.is_ok("errors");
    assert_eq!(world.node_state(release, BAKE), Some(NodeState::Succeeded), "a gap of a minute is within the tolerance");
}

#[test]
fn b3_a_gap_in_watching_beyond_the_tolerance_is_an_error_and_never_a_pass() {
    let (mut world, release) = baking(|_| {});
    world.pass_well(7 * MINUTE);
    world.restart();
    world.now = world.now + 3 * MINUTE;
    world.is_ok("errors");
    assert_eq!(world.node_state(release, BAKE), Some(NodeState::Unclear), "the reading does not close the gap before it is judged");
    assert_eq!(world.count(EventKind::BakeErrored), 1);
}

#[test]
fn b4_a_baking_rollout_counts_as_in_the_lane() {
    let (mut world, release) = baking(|b| b.duration_ms = HOUR);
    let plan = std::sync::Arc::clone(world.pipeline.plan(release).expect("its plan"));
    let next = world.push(&plan);
    world.succeed_all();
    assert_eq!(world.waits_for(next, "prod"), ["lane: release #1 is in prod"]);
    assert_eq!(world.inside("prod"), [release]);
}

#[test]
fn a_monitor_is_looked_at_as_closely_as_whoever_needs_it_most() {
    let plan = after_build(vec![stage("prod").wave(wave("", &["prod/us"]).alarm(alarm("errors")).bake(bake(10 * MINUTE, &["errors"])))]);
    let mut world = World::new();
    let pace = |world: &World| world.pipeline.watches().map(|row| world.pipeline.pace(&row.id)).max();
    world.ship(&plan);
    assert_eq!(pace(&world), Some(Pace::Loose), "only what comes late matters still: {}", world.story());
    world.is_unreadable("errors");
    let release = world.push(&plan);
    world.succeed("#2 build/package");
    assert_eq!(pace(&world), Some(Pace::Usual), "it waits in front: {}", world.story());
    world.is_ok("errors");
    assert_eq!(pace(&world), Some(Pace::Close), "it is being rolled out: {}", world.story());
    world.succeed_all();
    assert_eq!(world.node_state(release, BAKE), Some(NodeState::Baking));
    assert_eq!(pace(&world), Some(Pace::Close), "it bakes: {}", world.story());
}

#[test]
fn a_monitor_remembers_its_last_sixty_readings_oldest_first() {
    let mut row = WatchRow {
        wanted_at: None,
        id: MonitorId::from("errors"),
        monitor: alarm("errors").monitor,
        since: Time(0),
        watchers: Vec::new(),
        last: None,
        last_at: None,
        bad_since: None,
        dark_since: None,
        fired: false,
        recent: Vec::new(),
    };
    for second in 0..70 {
        row.remember(&Reading::Bad { value: Some(2.0), detail: String::new() }, Time(second * 1_000));
    }
    let seconds: Vec<i64> = row.recent.iter().map(|reading| reading.at.0 / 1_000).collect();
    assert_eq!(seconds, (10..70).collect::<Vec<_>>());
    assert_eq!(row.last_at, Some(Time(69_000)));
}
