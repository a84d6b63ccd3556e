//! What goes back by itself, where to, and what happens to the rest (X1 to X9).

use std::sync::Arc;

use pipelines::plan::{AfterRollback, Plan, RollbackPolicy, RollbackScope};
use protocol::Outcome;

use super::plan::{HOUR, MINUTE, SECOND, after_build, alarm, approval, bake, stage, wave};
use super::world::{World, person};
use crate::core::id::{ReleaseNumber, TargetName};
use crate::core::input::Place;
use crate::core::row::{ReleaseState, RolloutState, WaveState};
use crate::core::{Effect, EventKind, Input, Rejected};

const fn n(number: u64) -> ReleaseNumber {
    ReleaseNumber(number)
}

/// Two waves under alarm, each baking for ten minutes.
fn two_waves(edit: impl FnOnce(&mut RollbackPolicy)) -> Arc<Plan> {
    let watched = |name, targets: &[&'static str]| wave(name, targets).alarm(alarm("errors")).bake(bake(10 * MINUTE, &["errors"]));
    after_build(vec![stage("prod").rollback(edit).wave(watched("wave-1", &["prod/us"])).wave(watched("wave-2", &["prod/eu", "prod/ap"]))])
}

/// Release #1 everywhere; #2 bakes in wave 2.
fn second_in_wave_2(edit: impl FnOnce(&mut RollbackPolicy)) -> (World, Arc<Plan>) {
    let plan = two_waves(edit);
    let mut world = World::new();
    world.ship(&plan);
    world.push(&plan);
    world.succeed_all();
    world.read_all_ok();
    world.succeed_all();
    world.pass_well(10 * MINUTE);
    world.succeed_all();
    world.pass_well(MINUTE);
    assert_eq!(world.wave_state(n(2), "prod/wave-2"), Some(WaveState::Entered), "{}", world.story());
    (world, plan)
}

#[test]
fn x1_an_alarm_during_a_bake_rolls_back() {
    let (mut world, _) = second_in_wave_2(|_| {});
    world.is_bad("errors");
    assert_eq!(world.queued(), ["#1 prod/wave-2/prod/ap/rollback", "#1 prod/wave-2/prod/eu/rollback"]);
    world.succeed_all();
    assert_eq!((world.runs("prod/eu"), world.runs("prod/ap"), world.runs("prod/us")), (Some(n(1)), Some(n(1)), Some(n(2))));
    assert_eq!(world.wave_state(n(2), "prod/wave-2"), Some(WaveState::RolledBack), "{}", world.story());
    assert_eq!(world.count(EventKind::RollbackSucceeded), 2);
}

#[test]
fn x1_an_alarm_during_a_rollout_rolls_back_once_the_running_job_has_ended() {
    let plan = two_waves(|_| {});
    let mut world = World::new();
    world.ship(&plan);
    world.push(&plan);
    world.succeed_all();
    world.read_all_ok();
    let deploy = world.lease("#2 prod/wave-1/prod/us/deploy");
    world.pass(30 * SECOND);
    world.is_bad("errors");
    assert_eq!(world.queued(), [""; 0], "at most one attempt may touch a target (A4)");
    world.report(&deploy, Outcome::Succeeded).expect("it ends");
    assert_eq!(world.queued(), ["#1 prod/wave-1/prod/us/rollback"]);
}

#[test]
fn x1_a_failed_deploy_or_verify_job_rolls_back() {
    let plan = after_build(vec![stage("prod").wave(wave("", &["prod/us"]).edit(|w| w.verify = true))]);
    let mut world = World::new();
    world.ship(&plan);
    world.push(&plan);
    world.succeed_all();
    world.fail("#2 prod/prod/us/deploy");
    world.succeed("#1 prod/prod/us/rollback");
    world.push(&plan);
    world.succeed_all();
    world.succeed("#3 prod/prod/us/deploy");
    world.fail("#3 prod/prod/us/verify");
    world.succeed("#1 prod/prod/us/rollback");
    assert_eq!(world.runs("prod/us"), Some(n(1)));
    assert_eq!(world.count(EventKind::RollbackSucceeded), 2);
}

#[test]
fn x1_each_stage_says_what_acts_by_itself() {
    let (mut world, _) = second_in_wave_2(|r| r.on_alarm = false);
    world.is_bad("errors");
    assert_eq!(world.queued(), [""; 0]);
    assert_eq!(world.state(n(2)), ReleaseState::Failed, "the bake failed all the same");
    assert_eq!(world.runs("prod/eu"), Some(n(2)));
}

#[test]
fn x1_the_same_failure_twice_causes_one_rollback() {
    let (mut world, _) = second_in_wave_2(|_| {});
    for _ in 0..4 {
        world.is_bad("errors");
        world.pass(30 * SECOND);
    }
    assert_eq!(world.count(EventKind::RollbackStarted), 2, "one for each target (IC2)");
    world.succeed_all();
    world.is_bad("errors");
    assert_eq!((world.count(EventKind::RollbackStarted), world.queued()), (2, Vec::new()));
}

#[test]
fn x2_the_destination_is_the_last_stable_release_of_each_target() {
    let canary = wave("", &["prod/us"]).edit(|w| w.increments = vec![10, 100]).bake(bake(MINUTE, &["errors"]));
    let plan = after_build(vec![stage("prod").wave(canary)]);
    let mut world = World::new();
    let stable = world.ship(&plan);
    for _ in 0..2 {
        let bad = world.push(&plan);
        world.succeed_all();
        world.succeed_all();
        world.is_bad("errors");
        world.succeed("#1 prod/prod/us/rollback");
        assert_eq!(world.state(bad), ReleaseState::Failed);
        world.is_ok("errors");
    }
    assert_eq!((world.runs("prod/us"), world.target("prod/us").partly), (Some(stable), None));
}

#[test]
fn x2_a_quarantined_release_is_no_destination() {
    let plan = after_build(vec![stage("prod").wave(wave("", &["prod/us"]).bake(bake(MINUTE, &["errors"])))]);
    let mut world = World::new();
    world.ship(&plan);
    let second = world.ship(&plan);
    world.give(&person("olga"), Input::Quarantine { release: second, reason: "leaks memory".to_owned() }).expect("quarantined");
    assert_eq!(world.target("prod/us").flag.as_deref(), Some("runs release #2, which is quarantined"));
    world.push(&plan);
    world.succeed_all();
    world.succeed_all();
    world.is_bad("errors");
    assert_eq!(world.queued(), ["#1 prod/prod/us/rollback"]);
}

#[test]
fn x3_a_rollback_runs_the_destinations_own_stored_plan() {
    let old = after_build(vec![stage("prod").wave(wave("", &["prod/us"]).bake(bake(MINUTE, &["errors"])))]);
    let new = after_build(vec![stage("live").wave(wave("only", &["prod/us"]).bake(bake(MINUTE, &["errors"])))]);
    let mut world = World::new();
    world.ship(&old);
    world.push(&new);
    world.succeed_all();
    world.succeed_all();
    world.is_bad("errors");
    assert_eq!(world.queued(), ["#1 prod/prod/us/rollback"], "the old plan's node, whatever the file says today\n{}", world.story());
    world.succeed_all();
    assert_eq!(world.runs("prod/us"), Some(n(1)));
}

#[test]
fn p3_a_rollback_target_keeps_its_own_plan_for_ever() {
    let old = after_build(vec![stage("prod").targets(&["prod/us"])]);
    let new = after_build(vec![stage("canary").job("probe"), stage("prod").targets(&["prod/us"])]);
    let mut world = World::new();
    let first = world.ship(&old);
    let plan = format!("{:?}", world.pipeline.plan(first));
    for _ in 0..3 {
        world.ship(&new);
        world.restart();
    }
    assert_eq!(format!("{:?}", world.pipeline.plan(first)), plan, "newer files have changed nothing of it");
    world.roll_back(Place::Target { target: "prod/us".to_owned() }, Some(first)).expect("a rollback");
    assert_eq!(world.queued(), ["#1 prod/prod/us/rollback"], "{}", world.story());
    world.run();
    assert_eq!(world.runs("prod/us"), Some(first));
}

#[test]
fn x4_scope_target_takes_back_one_target_and_the_others_go_on() {
    let plan = after_build(vec![
        stage("prod").rollback(|r| r.scope = RollbackScope::Target).wave(wave("", &["prod/eu", "prod/ap"]).edit(|w| w.verify = true)),
    ]);
    let mut world = World::new();
    world.ship(&plan);
    world.push(&plan);
    world.succeed_all();
    world.succeed("#2 prod/prod/eu/deploy");
    world.succeed("#2 prod/prod/ap/deploy");
    world.fail("#2 prod/prod/eu/verify");
    world.succeed("#1 prod/prod/eu/rollback");
    world.succeed("#2 prod/prod/ap/verify");
    assert_eq!((world.runs("prod/eu"), world.runs("prod/ap")), (Some(n(1)), Some(n(2))));
    assert_eq!(world.pipeline.rollout(n(2), &TargetName::from("prod/ap")).map(|r| r.state), Some(RolloutState::Succeeded));
    assert_eq!(world.inside("prod"), [], "{}", world.story());
}

#[test]
fn x4_scope_stage_goes_back_in_reverse_order_of_waves() {
    let (mut world, _) = second_in_wave_2(|r| r.scope = RollbackScope::Stage);
    world.is_bad("errors");
    assert_eq!(world.queued(), ["#1 prod/wave-2/prod/ap/rollback", "#1 prod/wave-2/prod/eu/rollback"], "all of a wave at once");
    world.succeed_all();
    assert_eq!(world.queued(), ["#1 prod/wave-1/prod/us/rollback"]);
    world.succeed_all();
    assert_eq!(world.runs("prod/us"), Some(n(1)));
    assert_eq!((world.lane("prod/wave-1").rollback.is_none(), world.lane("prod/wave-2").rollback.is_none()), (true, true));
    assert_eq!(world.wave_state(n(2), "prod/wave-1"), Some(WaveState::RolledBack), "{}", world.story());
}

#[test]
fn x4_the_strategy_may_limit_how_many_go_back_at_once() {
    let (mut world, _) = second_in_wave_2(|r| r.max_parallel = 1);
    world.is_bad("errors");
    assert_eq!(world.queued(), ["#1 prod/wave-2/prod/ap/rollback"]);
    world.succeed_all();
    assert_eq!(world.queued(), ["#1 prod/wave-2/prod/eu/rollback"]);
}

#[test]
fn x4_an_earlier_wave_goes_on_when_the_destination_of_a_later_one_is_gone() {
    let (mut world, _) = second_in_wave_2(|r| {
        r.scope = RollbackScope::Stage;
        r.max_parallel = 1;
    });
    world.is_bad("errors");
    let back = world.lease("#1 prod/wave-2/prod/ap/rollback");
    world.give(&person("olga"), Input::Quarantine { release: n(1), reason: "leaks memory".to_owned() }).expect("quarantined");
    world.report(&back, Outcome::Succeeded).expect("taken");
    assert_eq!(world.count(EventKind::RollbackImpossible), 2, "wave 1 does not wait for wave 2 for ever\n{}", world.story());
    assert_eq!((world.lane("prod/wave-1").rollback.is_none(), world.lane("prod/wave-2").rollback.is_none()), (true, true));
}

#[test]
fn x4_a_target_that_already_runs_a_newer_release_is_flagged_and_not_touched() {
    let (mut world, plan) = second_in_wave_2(|r| r.scope = RollbackScope::Stage);
    let third = world.push(&plan);
    world.succeed_all();
    world.read_all_ok();
    world.succeed("#3 prod/wave-1/prod/us/deploy");
    assert_eq!(world.runs("prod/us"), Some(third));
    // An alarm that only wave 2's bakes of #2 see would be attributed to both; a failing job is #2's alone.
    world
        .give(
            &person("olga"),
            Input::Rollback {
                key: "k".to_owned(),
                place: crate::core::input::Place::Wave { stage: "prod".to_owned(), wave: "wave-2".to_owned() },
                to: None,
                reason: "errors".to_owned(),
            },
        )
        .expect("taken");
    assert_eq!(world.runs("prod/us"), Some(third), "it is not touched");
    world.succeed_all();
    assert_eq!(world.runs("prod/eu"), Some(n(1)));
}

#[test]
fn x5_a_rollback_skips_approvals_and_bakes() {
    let plan = after_build(vec![stage("prod").gate(approval(&[], 1)).wave(wave("", &["prod/us"]).bake(bake(HOUR, &["errors"])))]);
    let mut world = World::new();
    for number in [n(1), n(2)] {
        world.push(&plan);
        world.succeed_all();
        world.approve(&person("olga"), number).expect("approved");
        world.succeed_all();
        if number == n(1) {
            world.pass_well(HOUR);
        }
    }
    world.is_bad("errors");
    world.succeed("#1 prod/prod/us/rollback");
    assert_eq!(world.runs("prod/us"), Some(n(1)));
    assert_eq!((world.count(EventKind::ApprovalAsked), world.count(EventKind::BakeStarted)), (2, 2));
    assert!(world.lane("prod").rollback.is_none());
}

#[test]
fn x6_the_release_that_failed_is_quarantined_and_the_next_one_is_judged_by_itself() {
    let (mut world, plan) = second_in_wave_2(|_| {});
    world.is_bad("errors");
    world.succeed_all();
    let row = &world.pipeline.release(n(2)).expect("it is kept").row;
    assert!(row.quarantine.is_some());
    assert_eq!(world.target("prod/us").flag.as_deref(), Some("runs release #2, which is quarantined"), "a target elsewhere that runs it");
    let retry = Input::Retry { release: n(2), what: crate::core::input::Retry::FailedJobs };
    assert_eq!(world.give(&person("olga"), retry.clone()), Err(Rejected::Quarantined(n(2))));
    world.is_ok("errors");
    let third = world.push(&plan);
    world.run();
    assert_eq!(world.state(third), ReleaseState::Completed, "{}", world.story());
    assert_eq!(world.target("prod/us").flag, None);
}

#[test]
fn x6_a_lifted_quarantine_lets_the_release_try_again() {
    let (mut world, _) = second_in_wave_2(|_| {});
    world.is_bad("errors");
    world.succeed_all();
    world.is_ok("errors");
    world.give(&person("olga"), Input::LiftQuarantine { release: n(2), reason: "the load test was to blame".to_owned() }).expect("lifted");
    world.give(&person("olga"), Input::Retry { release: n(2), what: crate::core::input::Retry::FailedJobs }).expect("it may try again");
    world.run();
    assert_eq!(world.state(n(2)), ReleaseState::Completed, "{}", world.story());
    assert_eq!((world.runs("prod/eu"), world.runs("prod/ap")), (Some(n(2)), Some(n(2))));
}

#[test]
fn x6_after_rollback_hold_keeps_the_next_release_out_until_a_person_lifts_it() {
    let (mut world, plan) = second_in_wave_2(|r| r.after = AfterRollback::Hold);
    world.is_bad("errors");
    world.succeed_all();
    assert_eq!(world.holds(), ["release #2 was rolled back"]);
    world.is_ok("errors");
    let third = world.push(&plan);
    world.run();
    assert_eq!(world.waits_for(third, "prod/wave-2"), ["hold: held: release #2 was rolled back"]);
    let hold = world.pipeline.holds().next().expect("the hold").id.clone();
    world.lift(&hold);
    world.run();
    assert_eq!(world.state(third), ReleaseState::Completed, "{}", world.story());
}

#[test]
fn x7_a_rollback_that_fails_holds_the_lane_tells_people_and_is_not_rolled_back() {
    let plan = after_build(vec![stage("prod").notify("failed").wave(wave("", &["prod/us"]).bake(bake(MINUTE, &["errors"])))]);
    let mut world = World::new();
    world.ship(&plan);
    world.push(&plan);
    world.succeed_all();
    world.succeed_all();
    world.is_bad("errors");
    world.effects.clear();
    world.fail("#1 prod/prod/us/rollback");
    assert_eq!(world.queued(), [""; 0], "no ping-pong (IC4)");
    assert_eq!(world.count(EventKind::RollbackFailed), 1);
    assert!(world.holds()[0].contains("rollback of prod/us to release #1 failed"), "{:?}", world.holds());
    assert!(world.effects.iter().any(|e| matches!(e, Effect::Tell { .. })), "people are told");
    world.is_bad("errors");
    assert_eq!(world.queued(), [""; 0]);
}

#[test]
fn x8_with_no_destination_nothing_is_rolled_back_and_the_lane_is_held() {
    let plan = after_build(vec![stage("prod").wave(wave("", &["prod/us"]).bake(bake(MINUTE, &["errors"])))]);
    let mut world = World::new();
    world.push(&plan);
    world.succeed_all();
    world.succeed_all();
    world.is_bad("errors");
    assert_eq!((world.queued(), world.count(EventKind::RollbackImpossible)), (Vec::new(), 1));
    assert_eq!(world.holds(), ["prod/us has no earlier good release to go back to"]);
    assert_eq!(world.inside("prod"), [], "it has left the lane, which is held\n{}", world.story());
}

#[test]
fn x9_an_alarm_soon_after_the_stage_ended_still_acts_and_a_later_one_does_not() {
    for (after, acts) in [(19 * MINUTE, true), (21 * MINUTE, false)] {
        let plan = after_build(vec![stage("prod").wave(wave("", &["prod/us"]).alarm(alarm("errors")))]);
        let mut world = World::new();
        for _ in 0..2 {
            world.push(&plan);
            world.succeed_all();
            world.read_all_ok();
            world.succeed_all();
        }
        assert_eq!(world.state(n(2)), ReleaseState::Completed);
        world.pass_well(after);
        world.is_bad("errors");
        assert_eq!(!world.queued().is_empty(), acts, "after {} min\n{}", after / MINUTE, world.story());
        assert_eq!(world.pipeline.watches().count() > 0, acts);
        if acts {
            world.succeed("#1 prod/prod/us/rollback");
            assert_eq!((world.runs("prod/us"), world.state(n(2))), (Some(n(1)), ReleaseState::Failed));
        }
    }
}

#[test]
fn x9_once_a_newer_release_is_in_the_alarm_is_its_own() {
    let plan = after_build(vec![stage("prod").wave(wave("", &["prod/us", "prod/eu"]).alarm(alarm("errors")).edit(|w| w.max_parallel = 1))]);
    let mut world = World::new();
    world.ship(&plan);
    world.ship(&plan);
    world.push(&plan);
    world.succeed_all();
    world.read_all_ok();
    world.succeed("#3 prod/prod/us/deploy");
    world.pass(30 * SECOND);
    world.is_bad("errors");
    assert_eq!(world.state(n(2)), ReleaseState::Completed, "IC7");
    assert_eq!(world.state(n(3)), ReleaseState::Failed);
    assert_eq!(world.runs("prod/eu"), Some(n(2)));
}

#[test]
fn x9_a_monitor_that_speaks_of_several_waves_counts_against_who_is_under_way() {
    let plan = two_waves(|_| {});
    let mut world = World::new();
    let first = world.ship(&plan);
    world.push(&plan);
    world.succeed_all();
    world.read_all_ok();
    world.succeed_all();
    world.pass(30 * SECOND);
    world.is_bad("errors");
    world.succeed_all();
    world.pass(30 * SECOND);
    world.is_bad("errors");
    assert_eq!(
        (world.state(first), world.runs("prod/us"), world.runs("prod/eu")),
        (ReleaseState::Completed, Some(first), Some(first)),
        "{}",
        world.story()
    );
    assert_eq!(world.count(EventKind::RollbackImpossible), 0);
}
