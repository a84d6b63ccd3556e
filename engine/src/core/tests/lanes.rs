use pipelines::plan::LanePolicy;

use super::plan::{HOUR, MINUTE, after_build, alarm, approval, bake, plan, stage, wave};
use super::world::{World, person};
use crate::core::EventKind;
use crate::core::id::ReleaseNumber;
use crate::core::input::HoldScope;
use crate::core::row::{ReleaseState, WaveState};

const fn n(number: u64) -> ReleaseNumber {
    ReleaseNumber(number)
}

#[test]
fn l1_lanes_are_per_wave_so_that_several_releases_are_under_way() {
    let plan = after_build(vec![
        stage("prod").wave(wave("wave-1", &["prod/us"]).bake(bake(MINUTE, &[]))).wave(wave("wave-2", &["prod/eu"]).bake(bake(HOUR, &[]))),
    ]);
    let mut world = World::new();
    world.push(&plan);
    world.succeed_all();
    world.succeed_all();
    world.pass(MINUTE);
    world.succeed_all();
    world.push(&plan);
    world.succeed_all();
    assert_eq!((world.inside("prod/wave-1"), world.inside("prod/wave-2")), (vec![n(2)], vec![n(1)]), "{}", world.story());
}

#[test]
fn l1_a_lane_per_stage_serialises_the_whole_stage() {
    let waves = stage("prod").one_lane().wave(wave("wave-1", &["prod/us"])).wave(wave("wave-2", &["prod/eu"]).bake(bake(HOUR, &[])));
    let plan = after_build(vec![waves]);
    let mut world = World::new();
    world.push(&plan);
    world.succeed_all();
    world.succeed_all();
    world.push(&plan);
    world.succeed_all();
    world.succeed_all();
    assert_eq!(world.inside("prod"), [n(1)]);
    assert_eq!(world.waits_for(n(2), "prod/wave-1"), ["lane: release #1 is in prod"]);
    world.pass(HOUR);
    assert_eq!(world.inside("prod"), [n(2)], "{}", world.story());
}

#[test]
fn l1_a_parallel_lane_lets_many_in() {
    let plan = plan(vec![stage("test").lane(LanePolicy::Parallel).job("unit")]);
    let mut world = World::new();
    world.push(&plan);
    world.push(&plan);
    world.push(&plan);
    assert_eq!(world.inside("test"), [n(1), n(2), n(3)]);
    world.run();
    assert_eq!(world.inside("test"), []);
    assert_eq!(world.count(EventKind::ReleaseCompleted), 3);
}

#[test]
fn l2_a_release_that_waits_for_an_approval_holds_nothing() {
    let plan = after_build(vec![stage("prod").gate(approval(&[], 1)).targets(&["prod/us"])]);
    let mut world = World::new();
    let waiting = world.push(&plan);
    world.run();
    assert_eq!(world.wave_state(waiting, "prod"), Some(WaveState::Waiting));
    assert_eq!(world.inside("prod"), []);
    let next = world.push(&plan);
    world.run();
    world.approve(&person("olga"), next).expect("approved");
    assert_eq!(world.inside("prod"), [next]);
}

#[test]
fn l3_newer_release_supersedes_an_older_one_that_waits_without_approval() {
    let plan = after_build(vec![stage("prod").gate(approval(&[], 1)).targets(&["prod/us"])]);
    let mut world = World::new();
    let older = world.push(&plan);
    world.run();
    let newer = world.push(&plan);
    world.run();
    assert_eq!(world.state(older), ReleaseState::Superseded);
    let row = &world.pipeline.release(newer).expect("the newer one").row;
    assert_eq!(row.state, ReleaseState::Moving);
    let named = world.events_of(EventKind::ReleaseSuperseded)[0].data.get("by").cloned();
    assert_eq!(named, Some(serde_json::json!(newer.0)), "nothing is dropped silently");
}

#[test]
fn l3_an_approved_older_release_stays_until_a_newer_one_is_just_as_ready() {
    let plan = after_build(vec![stage("prod").gate(approval(&[], 1)).targets(&["prod/us"])]);
    let mut world = World::new();
    let older = world.push(&plan);
    world.run();
    let hold = world.hold(HoldScope::Stage("prod".to_owned()));
    world.approve(&person("olga"), older).expect("it was asked before the hold");
    let newer = world.push(&plan);
    world.run();
    assert_eq!(world.state(older), ReleaseState::Moving, "{}", world.story());
    // Nobody is asked while the hold is in force (G2): the older one is the one that is ready.
    world.lift(&hold);
    assert_eq!(world.inside("prod"), [older]);
    world.approve(&person("olga"), newer).expect("now it is asked");
    world.run();
    assert_eq!(world.runs("prod/us"), Some(newer));
}

#[test]
fn l3_of_two_approved_ones_the_newer_goes_in() {
    let plan = after_build(vec![stage("prod").gate(approval(&[], 1)).wave(wave("", &["prod/us"]).bake(bake(HOUR, &[])))]);
    let mut world = World::new();
    let inside = world.push(&plan);
    world.run();
    world.approve(&person("olga"), inside).expect("approved");
    world.succeed_all();
    let older = world.push(&plan);
    world.succeed_all();
    world.approve(&person("olga"), older).expect("approved while it waits for the lane");
    let newer = world.push(&plan);
    world.succeed_all();
    assert_eq!(world.state(older), ReleaseState::Moving);
    world.approve(&person("olga"), newer).expect("approved too");
    assert_eq!(world.state(older), ReleaseState::Superseded);
    world.pass(HOUR);
    assert_eq!(world.inside("prod"), [newer], "{}", world.story());
}

#[test]
fn l4_superseding_never_happens_inside_a_lane_and_is_decided_anew_before_each_wave() {
    let plan = after_build(vec![
        stage("prod").wave(wave("wave-1", &["prod/us"]).bake(bake(MINUTE, &[]))).wave(wave("wave-2", &["prod/eu"]).bake(bake(HOUR, &[]))),
    ]);
    let mut world = World::new();
    let bring_to_wave_2 = |world: &mut World| {
        let number = world.push(&plan);
        world.succeed_all();
        world.succeed_all();
        world.pass(MINUTE);
        number
    };
    let first = bring_to_wave_2(&mut world);
    world.succeed_all();
    let second = bring_to_wave_2(&mut world);
    assert_eq!(world.waits_for(second, "prod/wave-2"), ["lane: release #1 is in prod/wave-2"]);
    let third = bring_to_wave_2(&mut world);
    assert_eq!(world.state(first), ReleaseState::Moving, "it is inside");
    assert_eq!(world.state(second), ReleaseState::Superseded, "it stood in front of wave 2");
    assert_eq!(world.wave_state(second, "prod/wave-1"), Some(WaveState::Completed), "it stays where it got to");
    assert_eq!(world.wave_state(third, "prod/wave-2"), Some(WaveState::Waiting));
}

#[test]
fn l5_after_a_newer_release_has_entered_an_older_one_may_not() {
    let build = plan(vec![stage("build").lane(LanePolicy::Parallel).job("package"), stage("prod").targets(&["prod/us"])]);
    let mut world = World::new();
    let slow = world.push(&build);
    let fast = world.push(&build);
    world.succeed("#2 build/package");
    assert_eq!(world.inside("prod"), [fast]);
    world.succeed("#1 build/package");
    assert_eq!(world.state(slow), ReleaseState::Outdated);
    assert_eq!(world.count(EventKind::ReleaseOutdated), 1);
}

#[test]
fn l6_the_lane_passes_straight_to_the_rollback_and_admits_nothing_else() {
    let plan = after_build(vec![stage("prod").wave(wave("", &["prod/us"]).alarm(alarm("errors")).bake(bake(HOUR, &["errors"])))]);
    let mut world = World::new();
    world.ship(&plan);
    let bad = world.push(&plan);
    world.succeed_all();
    world.is_ok("errors");
    world.succeed("#2 prod/prod/us/deploy");
    let next = world.push(&plan);
    world.succeed_all();
    assert_eq!(world.waits_for(next, "prod"), ["lane: release #2 is in prod"]);
    world.pass(30_000);
    world.is_bad("errors");
    assert_eq!(world.queued(), ["#1 prod/prod/us/rollback"], "{}", world.story());
    world.is_ok("errors");
    let newest = world.push(&plan);
    world.succeed("#4 build/package");
    world.is_ok("errors");
    assert_eq!(world.waits_for(newest, "prod"), ["lane: release #2 is being rolled back"]);
    assert_eq!(world.inside("prod"), [bad]);
    world.succeed("#1 prod/prod/us/rollback");
    assert_eq!(world.inside("prod"), [newest], "{}", world.story());
}

#[test]
fn l7_a_hold_stops_what_goes_forward_and_says_who_when_and_why() {
    let plan = after_build(vec![stage("prod").targets(&["prod/us"])]);
    for scope in [
        HoldScope::Everywhere,
        HoldScope::Pipeline,
        HoldScope::Stage("prod".to_owned()),
        HoldScope::Lane("prod".to_owned()),
        HoldScope::Target("prod/us".to_owned()),
        HoldScope::Account("prod".to_owned()),
        HoldScope::Region("us".to_owned()),
    ] {
        let mut world = World::new();
        let release = world.push(&plan);
        let hold = world.hold(scope.clone());
        world.run();
        assert_eq!(world.runs("prod/us"), None, "held by {scope:?}");
        let row = world.pipeline.holds().next().expect("the hold").clone();
        assert_eq!((row.by, row.reason.as_str()), (person("olga"), "incident 7"));
        world.lift(&hold);
        world.run();
        assert_eq!(world.runs("prod/us"), Some(release), "lifted {scope:?}\n{}", world.story());
    }
}

#[test]
fn l7_a_hold_elsewhere_stops_nothing_here_and_rollbacks_pass() {
    let plan = after_build(vec![stage("prod").wave(wave("", &["prod/us"]).bake(bake(HOUR, &["errors"])))]);
    let mut world = World::new();
    world.hold(HoldScope::Region("eu".to_owned()));
    world.ship(&plan);
    let bad = world.push(&plan);
    world.succeed_all();
    world.succeed_all();
    world.hold(HoldScope::Everywhere);
    world.is_bad("errors");
    world.succeed("#1 prod/prod/us/rollback");
    assert_eq!(world.runs("prod/us"), Some(n(1)));
    assert_eq!(world.state(bad), ReleaseState::Failed);
}

#[test]
fn l7_a_job_that_no_runner_has_yet_is_taken_back_by_a_hold() {
    let plan = after_build(vec![stage("prod").targets(&["prod/us"])]);
    let mut world = World::new();
    world.push(&plan);
    world.succeed("#1 build/package");
    assert_eq!(world.queued(), ["#1 prod/prod/us/deploy"]);
    let hold = world.hold(HoldScope::Target("prod/us".to_owned()));
    assert_eq!(world.queued(), [""; 0]);
    world.lift(&hold);
    assert_eq!(world.queued(), ["#1 prod/prod/us/deploy"]);
}

#[test]
fn l8_a_failed_release_leaves_the_lane_once_nothing_of_it_runs() {
    let plan = after_build(vec![stage("prod").rollback(|r| r.on_failure = false).targets(&["prod/us", "prod/eu"])]);
    let mut world = World::new();
    let failed = world.push(&plan);
    world.succeed("#1 build/package");
    let other = world.lease("#1 prod/prod/eu/deploy");
    world.fail("#1 prod/prod/us/deploy");
    let next = world.push(&plan);
    world.succeed("#2 build/package");
    assert_eq!(world.inside("prod"), [failed], "prod/eu still runs");
    world.report(&other, protocol::Outcome::Succeeded).expect("it ends");
    assert_eq!(world.inside("prod"), [next], "{}", world.story());
    let late = world.give(&person("olga"), crate::core::Input::Retry { release: failed, what: crate::core::input::Retry::FailedJobs });
    assert_eq!(late, Err(crate::core::Rejected::Outdated { by: next }));
}

#[test]
fn l9_a_burst_of_eight_deploys_the_first_and_the_last_or_in_a_queue_all() {
    for (policy, expected) in [(LanePolicy::Supersede, vec![1, 8]), (LanePolicy::Queue, (1..=8).collect::<Vec<u64>>())] {
        let plan = plan(vec![stage("prod").lane(policy).targets(&["prod/us"])]);
        let mut world = World::new();
        for _ in 0..8 {
            world.push(&plan);
        }
        world.run();
        let deployed: Vec<u64> = world.events_of(EventKind::RolloutSucceeded).iter().filter_map(|e| e.release).map(|r| r.0).collect();
        assert_eq!(deployed, expected, "{policy:?}\n{}", world.story());
    }
}
