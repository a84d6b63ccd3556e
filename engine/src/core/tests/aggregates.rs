//! An alarm that speaks of all that a team runs (X12).

use std::sync::Arc;

use pipelines::plan::{Aggregate, Alarm, Plan};

use super::plan::{MINUTE, WaveSpec, after_build, alarm, bake, stage, wave};
use super::world::World;
use crate::core::EventKind;
use crate::core::id::ReleaseNumber;
use crate::core::row::{ReleaseState, RolloutState};

const fn n(number: u64) -> ReleaseNumber {
    ReleaseNumber(number)
}

/// The alarm of a target's region, as the language spreads it over targets.
fn of_region(target: &str, reach: Aggregate) -> Alarm {
    let region = target.split('/').nth(1).expect("a region");
    Alarm { name: format!("team ({target})"), target: Some(target.to_owned()), aggregate: Some(reach), ..alarm(&format!("team-{region}")) }
}

fn watched(name: &'static str, targets: &[&'static str], reach: Aggregate) -> WaveSpec {
    let mut spec = wave(name, targets).bake(bake(10 * MINUTE, &[]));
    spec.alarms = targets.iter().map(|target| of_region(target, reach)).collect();
    spec
}

/// #1 everywhere; #2 bakes in wave 2 and #3 in wave 1, both with a target in `us` and one in `eu`.
fn two_under_way(reach: Aggregate) -> (World, Arc<Plan>) {
    let first = watched("wave-1", &["prod/us/a", "prod/eu/a"], reach);
    let second = watched("wave-2", &["prod/us/b", "prod/eu/b"], reach);
    let plan = after_build(vec![stage("prod").wave(first).wave(second)]);
    let mut world = World::new();
    world.ship(&plan);
    world.push(&plan);
    world.succeed_all();
    world.read_all_ok();
    world.succeed_all();
    world.pass_well(10 * MINUTE);
    world.push(&plan);
    world.succeed_all();
    world.succeed_all();
    world.pass_well(MINUTE);
    world.succeed_all();
    world.pass_well(MINUTE);
    assert_eq!((world.inside("prod/wave-1"), world.inside("prod/wave-2")), (vec![n(3)], vec![n(2)]), "{}", world.story());
    (world, plan)
}

#[test]
fn x12_every_rollout_in_the_region_goes_back_and_other_regions_go_on() {
    let (mut world, _) = two_under_way(Aggregate::Region);
    world.is_bad("team-us");
    let back = ["#1 prod/wave-2/prod/us/b/rollback", "#2 prod/wave-1/prod/us/a/rollback"];
    let queued = world.queued();
    assert!(queued.iter().any(|key| key == back[0]), "{queued:?}\n{}", world.story());
    assert!(queued.iter().all(|key| key.contains("/us/")), "other regions are left alone: {queued:?}");
    assert_eq!((world.state(n(2)), world.state(n(3))), (ReleaseState::Failed, ReleaseState::Failed));
    let goes = |world: &World, number, target: &str| world.pipeline.rollout(number, &target.into()).map(|r| r.state);
    assert_eq!(goes(&world, n(2), "prod/eu/b"), Some(RolloutState::Baking), "it goes on");
    assert_eq!(goes(&world, n(3), "prod/eu/a"), Some(RolloutState::Baking), "it goes on");
    world.succeed_all();
    assert_eq!((world.runs("prod/us/b"), world.runs("prod/us/a")), (Some(n(1)), Some(n(1))), "#2 is bad, too\n{}", world.story());
    world.pass(20 * MINUTE);
    assert_eq!(goes(&world, n(2), "prod/eu/b"), Some(RolloutState::Succeeded));
}

#[test]
fn x12_each_region_goes_back_by_its_own_alarm_though_another_has_failed_the_wave() {
    let (mut world, _) = two_under_way(Aggregate::Region);
    world.is_bad("team-us");
    world.is_bad("team-eu");
    let state = |world: &World, number, target: &str| world.pipeline.rollout(number, &target.into()).map(|r| r.state);
    for (number, target) in [(n(2), "prod/eu/b"), (n(3), "prod/eu/a")] {
        assert_eq!(state(&world, number, target), Some(RolloutState::Failed), "{target}\n{}", world.story());
    }
    world.succeed_all();
    world.succeed_all();
    for target in ["prod/us/a", "prod/us/b", "prod/eu/a", "prod/eu/b"] {
        assert_eq!(world.runs(target), Some(n(1)), "{target}\n{}", world.story());
    }
}

#[test]
fn x12_where_nothing_can_go_back_that_is_said_once() {
    let plan = after_build(vec![stage("prod").wave(watched("", &["prod/us/a", "prod/eu/a"], Aggregate::Region))]);
    let mut world = World::new();
    world.push(&plan);
    world.succeed_all();
    world.read_all_ok();
    world.succeed_all();
    for _ in 0..3 {
        world.is_bad("team-us");
        world.is_bad("team-eu");
        world.pass(MINUTE);
    }
    assert_eq!(world.count(EventKind::RollbackImpossible), 2, "once for each target\n{}", world.story());
}

#[test]
fn x12_the_file_may_say_that_every_region_goes_back() {
    let (mut world, _) = two_under_way(Aggregate::Everywhere);
    world.is_bad("team-us");
    world.succeed_all();
    world.succeed_all();
    for target in ["prod/us/a", "prod/us/b", "prod/eu/a", "prod/eu/b"] {
        assert_eq!(world.runs(target), Some(n(1)), "{target}\n{}", world.story());
    }
}

#[test]
fn x12_what_began_after_the_alarm_went_bad_is_not_blamed() {
    let (mut world, plan) = two_under_way(Aggregate::Region);
    world.is_bad("team-us");
    world.succeed_all();
    world.push(&plan);
    world.succeed_all();
    world.is_bad("team-us");
    assert_eq!(world.state(n(4)), ReleaseState::Moving, "it waits for the alarm to be OK\n{}", world.story());
    assert!(world.waits_for(n(4), "prod/wave-1").iter().any(|reason| reason.starts_with("alarms:")));
}

#[test]
fn x12_an_alarm_that_does_not_act_in_a_stage_leaves_it_alone() {
    let spec = watched("", &["prod/us/a"], Aggregate::Region);
    let plan = after_build(vec![stage("prod").rollback(|r| r.on_alarm = false).wave(spec)]);
    let mut world = World::new();
    world.ship(&plan);
    world.push(&plan);
    world.succeed_all();
    world.read_all_ok();
    world.lease("#2 prod/prod/us/a/deploy");
    world.is_bad("team-us");
    assert_eq!((world.queued(), world.state(n(2))), (Vec::new(), ReleaseState::Moving));
}
