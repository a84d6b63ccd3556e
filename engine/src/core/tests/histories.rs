//! Faults that seeded histories found, each told again in the words of the rule that it broke.

use pipelines::plan::{LanePolicy, RollbackScope, Window, WindowRule};
use protocol::Outcome;

use super::plan::{HOUR, MINUTE, after_build, alarm, bake, check, plan, stage, wave, window};
use super::world::{LEASE_MS, World, failed, person};
use crate::core::id::ReleaseNumber;
use crate::core::input::{Retry, Verdict};
use crate::core::row::{NodeState, ReleaseState, RolloutState, WaveState};
use crate::core::{Actor, EventKind, Input};

const fn n(number: u64) -> ReleaseNumber {
    ReleaseNumber(number)
}

fn retry(world: &mut World, release: ReleaseNumber, what: Retry) {
    world.give(&person("olga"), Input::Retry { release, what }).expect("the retry is taken");
}

fn cancel(world: &mut World, release: ReleaseNumber) {
    world.give(&person("olga"), Input::Cancel { release, reason: "not wanted".to_owned() }).expect("the cancel is taken");
}

#[test]
fn l8_a_release_that_fails_in_an_early_wave_leaves_once_the_hooks_of_its_stage_have_ended() {
    let mut prod = stage("prod").rollback(|r| r.on_failure = false).wave(wave("wave-1", &["prod/us"])).wave(wave("wave-2", &["prod/eu"]));
    prod.on_failure = vec!["tell"];
    prod.finally = vec!["clean"];
    let plan = after_build(vec![prod]);
    let mut world = World::new();
    let release = world.push(&plan);
    world.succeed_all();
    world.fail("#1 prod/wave-1/prod/us/deploy");
    world.push(&plan);
    world.succeed("#2 build/package");
    assert_eq!(world.inside("prod/wave-1"), [release], "its hook has still to run");
    world.succeed("#1 prod/tell");
    world.succeed("#1 prod/clean");
    assert_eq!(world.wave_state(release, "prod/wave-1"), Some(WaveState::Failed), "{}", world.story());
    assert_eq!(world.inside("prod/wave-1"), [n(2)], "the next one enters");
}

#[test]
fn l9_who_stands_behind_in_a_queue_keeps_no_moment_that_has_passed() {
    let allow = vec![WindowRule::Weekly { days: (1..=7).collect(), from_minute: 8 * 60, to_minute: 11 * 60 }];
    let open = Window { timezone: "UTC".to_owned(), allow, deny: Vec::new(), deny_calendars: Vec::new() };
    let gated = stage("prod").lane(LanePolicy::Queue).gate(window(open)).wave(wave("", &["prod/us"]).bake(bake(20 * HOUR, &[])));
    let plan = after_build(vec![gated]);
    let mut world = World::new();
    world.push(&plan);
    world.succeed_all();
    world.succeed_all();
    // #2 is asked while it stands first, and then #1's late sibling comes before it.
    let second = world.push_at(&plan, 5);
    world.succeed_all();
    assert!(world.gate_row(second, "window").is_some());
    world.push_at(&plan, 3);
    world.succeed_all();
    world.pass(12 * HOUR);
    let next = world.pipeline.next_deadline().expect("the window opens again");
    assert!(next > world.now, "a moment of {next} is left at {}", world.now);
}

#[test]
fn a7_after_a_cancel_nothing_new_starts_though_the_last_job_still_succeeded() {
    let plan = plan(vec![stage("build").job("lint").job("package").in_order()]);
    let mut world = World::new();
    let release = world.push(&plan);
    let running = world.lease("#1 build/lint");
    cancel(&mut world, release);
    world.report(&running, Outcome::Succeeded).expect("taken");
    assert_eq!((world.queued(), world.inside("build")), (Vec::new(), Vec::new()), "{}", world.story());
}

#[test]
fn a7_a_cancelled_rollout_is_over_when_its_last_increment_has_ended_and_the_next_release_goes() {
    let canary = wave("", &["prod/us"]).edit(|w| w.increments = vec![10, 100]);
    let plan = after_build(vec![stage("prod").wave(canary)]);
    let mut world = World::new();
    let release = world.push(&plan);
    world.succeed_all();
    let running = world.lease("#1 prod/prod/us/shift-10");
    cancel(&mut world, release);
    world.report(&running, Outcome::Succeeded).expect("taken");
    assert_eq!(world.pipeline.rollout(release, &"prod/us".into()).map(|r| r.state), Some(RolloutState::Cancelled), "{}", world.story());
    assert_eq!(world.queued(), [""; 0]);
    let next = world.ship(&plan);
    assert_eq!(world.runs("prod/us"), Some(next));
}

/// #1 and #2 everywhere, #3 under way at `prod/us` in wave 1 while #2 is judged in wave 2.
fn third_behind_second() -> World {
    let first = wave("wave-1", &["prod/us"]);
    let second = wave("wave-2", &["prod/eu"]).bake(bake(10 * MINUTE, &["errors"]));
    let plan = after_build(vec![stage("prod").rollback(|r| r.scope = RollbackScope::Stage).wave(first).wave(second)]);
    let mut world = World::new();
    world.ship(&plan);
    world.push(&plan);
    world.succeed("#2 build/package");
    world.succeed("#2 prod/wave-1/prod/us/deploy");
    world.push(&plan);
    world.succeed("#3 build/package");
    world.succeed("#2 prod/wave-2/prod/eu/deploy");
    assert_eq!(world.inside("prod/wave-1"), [n(3)], "{}", world.story());
    world
}

#[test]
fn x4_a_rollback_under_way_is_not_ended_by_what_befalls_its_destination() {
    let mut world = third_behind_second();
    world.fail("#3 prod/wave-1/prod/us/deploy");
    let back = world.lease("#2 prod/wave-1/prod/us/rollback");
    world.is_bad("errors");
    assert!(world.pipeline.release(n(2)).is_some_and(|r| r.row.quarantine.is_some()), "{}", world.story());
    world.report(&back, Outcome::Succeeded).expect("taken");
    assert_eq!(world.runs("prod/us"), Some(n(2)));
    assert_eq!(world.target("prod/us").flag.as_deref(), Some("runs release #2, which is quarantined"));
    let words = "prod/us went back to release #2, which was quarantined meanwhile";
    assert!(world.holds().iter().any(|reason| reason == words), "a person decides: {:?}", world.holds());
}

#[test]
fn a7_a_cancel_of_the_destination_leaves_the_rollback_to_it_alone() {
    let mut world = third_behind_second();
    world.fail("#3 prod/wave-1/prod/us/deploy");
    assert!(world.queued().contains(&"#2 prod/wave-1/prod/us/rollback".to_owned()), "{}", world.story());
    cancel(&mut world, n(2));
    world.succeed("#2 prod/wave-1/prod/us/rollback");
    assert_eq!(world.runs("prod/us"), Some(n(2)), "{}", world.story());
    assert!(world.lane("prod/wave-1").rollback.is_none());
}

#[test]
fn x4_a_newer_release_under_way_at_a_target_goes_on_when_the_one_before_it_goes_back_elsewhere() {
    let mut world = third_behind_second();
    let deploys = world.lease("#3 prod/wave-1/prod/us/deploy");
    world.pass(LEASE_MS);
    assert!(world.target("prod/us").unknown.is_some());
    world.is_bad("errors");
    assert_eq!(world.queued(), ["#1 prod/wave-2/prod/eu/rollback"], "{}", world.story());
    world.report(&deploys, Outcome::Succeeded).expect("a late result counts");
    assert_eq!(world.runs("prod/us"), Some(n(3)));
    let third = world.pipeline.rollout(n(3), &"prod/us".into()).map(|r| r.state);
    assert_eq!(third, Some(RolloutState::Succeeded), "{}", world.story());
}

#[test]
fn x7_an_alarm_after_a_rollback_that_failed_does_not_send_back_a_second_time() {
    let mut prod = stage("prod").wave(wave("", &["prod/us"]).alarm(alarm("errors")).bake(bake(10 * MINUTE, &["errors"])));
    prod.on_failure = vec!["tell"];
    let plan = after_build(vec![prod]);
    let mut world = World::new();
    world.ship(&plan);
    world.push(&plan);
    world.succeed_all();
    world.read_all_ok();
    world.fail("#2 prod/prod/us/deploy");
    world.fail("#1 prod/prod/us/rollback");
    assert_eq!(world.queued(), ["#2 prod/tell"], "the wave still fails");
    world.pass(MINUTE);
    world.is_bad("errors");
    assert_eq!((world.queued(), world.count(EventKind::RollbackStarted)), (vec!["#2 prod/tell".to_owned()], 1), "{}", world.story());
}

#[test]
fn w2_a_stage_that_is_retried_from_its_start_counts_its_targets_anew() {
    let one_by_one = wave("", &["prod/a", "prod/b"]).edit(|w| w.max_parallel = 1);
    let plan = after_build(vec![stage("prod").rollback(|r| r.on_failure = false).wave(one_by_one)]);
    let mut world = World::new();
    let release = world.push(&plan);
    world.succeed_all();
    world.succeed("#1 prod/prod/a/deploy");
    world.fail("#1 prod/prod/b/deploy");
    retry(&mut world, release, Retry::Stage { stage: "prod".to_owned() });
    assert_eq!(world.queued(), ["#1 prod/prod/a/deploy"]);
    world.run();
    assert_eq!(world.state(release), ReleaseState::Completed, "{}", world.story());
}

#[test]
fn a6_a_rollout_is_reopened_when_the_release_is_in_again_and_not_before() {
    let plan = after_build(vec![stage("prod").rollback(|r| r.on_failure = false).targets(&["prod/us"])]);
    let mut world = World::new();
    world.push(&plan);
    world.succeed_all();
    world.fail("#1 prod/prod/us/deploy");
    let hold = world.hold(crate::core::input::HoldScope::Lane("prod".to_owned()));
    retry(&mut world, n(1), Retry::FailedJobs);
    let state = |world: &World| world.pipeline.rollout(n(1), &"prod/us".into()).map(|r| r.state);
    assert_eq!(state(&world), Some(RolloutState::Failed), "it stands in front");
    world.push(&plan);
    world.succeed("#2 build/package");
    assert_eq!(world.state(n(1)), ReleaseState::Superseded);
    world.lift(&hold);
    world.run();
    assert_eq!(world.state(n(2)), ReleaseState::Completed, "nothing of #1 is in its way\n{}", world.story());
}

#[test]
fn w1_a_retried_wave_whose_quorum_is_there_already_is_complete() {
    let either = wave("", &["prod/a", "prod/b"]).edit(|w| w.at_least = Some(1));
    let plan = after_build(vec![stage("prod").rollback(|r| r.on_failure = false).wave(either)]);
    let mut world = World::new();
    let release = world.push(&plan);
    world.succeed_all();
    let other = world.lease("#1 prod/prod/b/deploy");
    world.fail("#1 prod/prod/a/deploy");
    world.report(&other, Outcome::Succeeded).expect("what runs comes to its end");
    assert_eq!(world.wave_state(release, "prod"), Some(WaveState::Failed), "W3: it failed before");
    retry(&mut world, release, Retry::FailedJobs);
    world.run();
    assert_eq!(world.state(release), ReleaseState::Completed, "{}", world.story());
}

#[test]
fn a6_what_could_not_begin_while_the_stage_failed_begins_after_the_retry() {
    let mut world = World::new();
    let mut spec = stage("build").job("lint").job("package");
    spec.waves = vec![wave("", &["prod/a"])];
    let release = world.push(&plan(vec![spec.rollback(|r| r.on_failure = false)]));
    let lint = world.lease("#1 build/lint");
    world.fail("#1 build/package");
    world.report(&lint, Outcome::Succeeded).expect("taken");
    retry(&mut world, release, Retry::FailedJobs);
    world.run();
    assert_eq!(world.state(release), ReleaseState::Completed, "{}", world.story());
}

#[test]
fn s4_the_same_answer_again_is_no_second_event() {
    let plan = after_build(vec![stage("prod").gate(check(None)).gate(super::plan::approval(&[], 1)).targets(&["prod/us"])]);
    let mut world = World::new();
    let release = world.push(&plan);
    world.succeed_all();
    for _ in 0..2 {
        let token = Actor::Token { id: "t".to_owned(), name: "tickets".to_owned() };
        let input = Input::Answer { release, gate: "check".to_owned(), passed: true, detail: "open".to_owned() };
        world.give(&token, input).expect("taken");
        let input = Input::Reject { release, gate: "approval".to_owned(), reason: "not today".to_owned() };
        world.give(&person("olga"), input).expect("taken");
    }
    assert_eq!((world.count(EventKind::CheckAnswered), world.count(EventKind::ApprovalRejected)), (1, 1), "{}", world.story());
}

#[test]
fn x9_how_long_alarms_act_follows_the_end_of_the_release_at_once() {
    let first = wave("wave-1", &["prod/us"]).alarm(alarm("errors"));
    let plan = after_build(vec![stage("prod").rollback(|r| r.on_failure = false).wave(first).wave(wave("wave-2", &["prod/eu"]))]);
    let mut world = World::new();
    let release = world.push(&plan);
    world.succeed_all();
    world.read_all_ok();
    world.succeed_all();
    assert!(world.pipeline.watches().next().is_some(), "wave 1 is watched while the release goes on\n{}", world.story());
    world.fail("#1 prod/wave-2/prod/eu/deploy");
    assert_eq!((world.state(release), world.pipeline.watches().count()), (ReleaseState::Failed, 0), "{}", world.story());
}

#[test]
fn a3_a_resolved_attempt_of_a_cancelled_release_ends_its_rollout() {
    let plan = after_build(vec![stage("prod").targets(&["prod/us"])]);
    let mut world = World::new();
    let release = world.push(&plan);
    world.succeed_all();
    world.lease("#1 prod/prod/us/deploy");
    world.pass(LEASE_MS);
    cancel(&mut world, release);
    world.pass(HOUR);
    let inspection = world.lease("#1 prod/prod/us/inspect");
    world.report(&inspection, failed(1)).expect("taken");
    world.pass(HOUR);
    let olga = person("olga");
    let input = Input::Resolve { target: "prod/us".into(), verdict: Verdict::Failed, reason: "looked".to_owned() };
    world.give(&olga, input).expect("taken");
    assert_eq!(world.node_state(release, "prod/prod/us/deploy"), Some(NodeState::Cancelled), "{}", world.story());
    assert_eq!(world.pipeline.rollout(release, &"prod/us".into()).map(|r| r.state), Some(RolloutState::Cancelled));
    assert_eq!(world.inside("prod"), []);
}

#[test]
fn a6_a_stage_that_is_retried_takes_along_what_failed_after_it() {
    let plan = after_build(vec![stage("beta").rollback(|r| r.on_failure = false).targets(&["beta/a"])]);
    let mut world = World::new();
    let release = world.push(&plan);
    world.succeed_all();
    world.fail("#1 beta/beta/a/deploy");
    retry(&mut world, release, Retry::Stage { stage: "build".to_owned() });
    assert_eq!(world.queued(), ["#1 build/package"]);
    world.run();
    assert_eq!(world.state(release), ReleaseState::Completed, "{}", world.story());
}

#[test]
fn a6_one_job_of_two_that_failed_is_retried_and_the_other_fails_the_release_again() {
    let mut world = World::new();
    let release = world.push(&plan(vec![stage("build").job("lint").job("package")]));
    let lint = world.lease("#1 build/lint");
    world.fail("#1 build/package");
    world.report(&lint, failed(1)).expect("taken");
    retry(&mut world, release, Retry::Job { key: "build/lint".to_owned() });
    world.succeed("#1 build/lint");
    assert_eq!(world.state(release), ReleaseState::Failed, "{}", world.story());
    retry(&mut world, release, Retry::Job { key: "build/package".to_owned() });
    world.run();
    assert_eq!(world.state(release), ReleaseState::Completed, "{}", world.story());
}

#[test]
fn g3_an_answer_that_got_old_meanwhile_is_asked_for_again_before_the_next_wave() {
    let gated = stage("prod").gate(check(Some(30 * MINUTE))).gate(super::plan::metric("load", 1.0));
    let plan = after_build(vec![gated.wave(wave("wave-1", &["prod/us"]).bake(bake(HOUR, &[]))).wave(wave("wave-2", &["prod/eu"]))]);
    let mut world = World::new();
    let release = world.push(&plan);
    world.succeed_all();
    world.is_ok("load");
    let token = Actor::Token { id: "t".to_owned(), name: "tickets".to_owned() };
    let input = Input::Answer { release, gate: "check".to_owned(), passed: true, detail: "open".to_owned() };
    world.give(&token, input).expect("taken");
    world.succeed_all();
    world.pass(HOUR);
    assert_eq!(world.wave_state(release, "prod/wave-2"), Some(WaveState::Waiting), "{}", world.story());
    assert!(world.pipeline.next_deadline().is_none_or(|next| next > world.now), "no moment that has passed is left");
    world.is_ok("load");
    assert_eq!(world.waits_for(release, "prod/wave-2"), ["check: waits for an answer: is the change ticket open?"]);
}

#[test]
fn w1_a_retried_wave_is_complete_before_the_release_goes_on_in_a_later_one() {
    let waves = stage("prod").wave(wave("wave-1", &["prod/a", "prod/b"]).edit(|w| w.at_least = Some(1)));
    let waves = waves.rollback(|r| r.on_failure = false).wave(wave("wave-2", &["prod/c"])).wave(wave("wave-3", &["prod/d"]));
    let plan = after_build(vec![waves]);
    let mut world = World::new();
    let hold = world.hold(crate::core::input::HoldScope::Lane("prod/wave-3".to_owned()));
    let release = world.push(&plan);
    world.succeed_all();
    world.succeed("#1 prod/wave-1/prod/a/deploy");
    world.succeed("#1 prod/wave-2/prod/c/deploy");
    world.fail("#1 prod/wave-1/prod/b/deploy");
    assert_eq!(world.state(release), ReleaseState::Failed, "{}", world.story());
    let all = world.hold(crate::core::input::HoldScope::Stage("prod".to_owned()));
    retry(&mut world, release, Retry::FailedJobs);
    assert_eq!(world.wave_state(release, "prod/wave-1"), Some(WaveState::Waiting));
    assert_eq!(world.wave_state(release, "prod/wave-3"), Some(WaveState::Left), "it waits for wave 1\n{}", world.story());
    world.lift(&all);
    world.lift(&hold);
    world.run();
    assert_eq!(world.state(release), ReleaseState::Completed, "{}", world.story());
}

#[test]
fn a6_a_retry_begins_anew_where_another_release_has_come_meanwhile() {
    let ours = after_build(vec![stage("prod").rollback(|r| r.on_failure = false).wave(wave("", &["prod/us"]).edit(|w| w.verify = true))]);
    // Another path to the same target, by a file with another lane.
    let theirs = after_build(vec![stage("live").targets(&["prod/us"])]);
    let mut world = World::new();
    let older = world.push_at(&theirs, 1);
    world.succeed("#1 build/package");
    let newer = world.push_at(&ours, 2);
    world.succeed("#2 build/package");
    world.succeed("#1 live/prod/us/deploy");
    world.succeed("#2 prod/prod/us/deploy");
    world.fail("#2 prod/prod/us/verify");
    assert_eq!((world.state(older), world.runs("prod/us")), (ReleaseState::Completed, Some(newer)), "{}", world.story());
    world.roll_back(crate::core::input::Place::Target { target: "prod/us".to_owned() }, None).expect("it goes back to #1");
    world.succeed("#1 live/prod/us/rollback");
    world.give(&person("olga"), Input::LiftQuarantine { release: newer, reason: "it was the network".to_owned() }).expect("lifted");
    retry(&mut world, newer, Retry::Job { key: "prod/prod/us/verify".to_owned() });
    assert_eq!(world.queued(), ["#2 prod/prod/us/deploy"], "it runs #1 now\n{}", world.story());
    world.run();
    assert_eq!((world.state(newer), world.runs("prod/us")), (ReleaseState::Completed, Some(newer)), "{}", world.story());
}
