//! Leases, fences and what a runner's word is worth (A1 to A4, A7).

use protocol::{Fences, Generation, Outcome, TargetFence};

use super::plan::{MINUTE, SECOND, after_build, plan, stage, wave};
use super::world::{LEASE_MS, World, failed, person, runner_actor};
use crate::core::id::ReleaseNumber;
use crate::core::row::{AttemptState, NodeState, ReleaseState};
use crate::core::{Effect, EventKind, Input, Rejected};

const fn n(number: u64) -> ReleaseNumber {
    ReleaseNumber(number)
}

#[test]
fn a1_heartbeats_move_the_deadline_and_old_tokens_are_refused() {
    let plan = plan(vec![stage("build").job("package")]);
    let mut world = World::new();
    world.push(&plan);
    let first = world.lease("#1 build/package");
    world.pass(50 * SECOND);
    world.heartbeat(&first).expect("current");
    assert_eq!(world.attempt(&first.attempt).lease_until, Some(world.now + LEASE_MS));
    world.pass(LEASE_MS);
    let second = world.lease("#1 build/package");
    assert_eq!(world.heartbeat(&first), Err(Rejected::AttemptEnded));
    assert_eq!(world.report(&first, Outcome::Succeeded), Err(Rejected::AttemptEnded));
    let forged = Fences { lease_token: first.lease_token.clone(), ..second.clone() };
    assert_eq!(world.report(&forged, Outcome::Succeeded), Err(Rejected::StaleLease));
    let restored = Fences { generation: Generation(0), ..second.clone() };
    assert_eq!(world.heartbeat(&restored), Err(Rejected::StaleLease));
    world.report(&second, Outcome::Succeeded).expect("current");
    assert_eq!(world.state(n(1)), ReleaseState::Completed);
}

#[test]
fn a1_a_repeated_report_gets_the_first_answer_again() {
    let plan = plan(vec![stage("build").job("package"), stage("test").job("unit")]);
    let mut world = World::new();
    world.push(&plan);
    let lease = world.lease("#1 build/package");
    assert!(!world.report(&lease, Outcome::Succeeded).expect("taken").is_empty());
    assert!(world.report(&lease, Outcome::Succeeded).expect("again").is_empty());
    assert!(world.report(&lease, failed(1)).expect("other words change nothing").is_empty());
    assert_eq!(world.node_state(n(1), "build/package"), Some(NodeState::Succeeded));
}

#[test]
fn a1_one_attempt_has_one_lease() {
    let plan = plan(vec![stage("build").job("package")]);
    let mut world = World::new();
    world.push(&plan);
    let lease = world.lease("#1 build/package");
    assert_eq!(world.lease_attempt(&lease.attempt), Err(Rejected::NotQueued));
    world.report(&lease, Outcome::Succeeded).expect("taken");
    assert_eq!(world.lease_attempt(&lease.attempt), Err(Rejected::AttemptEnded));
}

#[test]
fn a2_a_lost_build_job_goes_out_again_within_its_budget() {
    let plan = plan(vec![stage("build").job("package")]);
    let mut world = World::new();
    world.push(&plan);
    for _ in 0..4 {
        assert_eq!(world.queued(), ["#1 build/package"]);
        world.lease("#1 build/package");
        world.pass(LEASE_MS);
    }
    assert_eq!((world.count(EventKind::JobLost), world.state(n(1))), (4, ReleaseState::Failed), "{}", world.story());
}

#[test]
fn a2_a_lost_deploy_never_goes_out_again_by_itself_and_its_late_result_counts() {
    let plan = after_build(vec![stage("prod").targets(&["prod/us"])]);
    let mut world = World::new();
    world.push(&plan);
    world.succeed_all();
    let deploy = world.lease("#1 prod/prod/us/deploy");
    world.pass(LEASE_MS);
    assert_eq!((world.attempt(&deploy.attempt).state, world.queued()), (AttemptState::Unknown, Vec::new()));
    world.report(&deploy, Outcome::Succeeded).expect("its fence is current");
    assert_eq!((world.state(n(1)), world.runs("prod/us")), (ReleaseState::Completed, Some(n(1))));
}

#[test]
fn a4_one_attempt_at_a_time_has_a_target_and_fences_only_grow() {
    let two = wave("", &["prod/us"]).edit(|w| w.increments = vec![10, 50, 100]);
    let plan = after_build(vec![stage("prod").wave(two)]);
    let mut world = World::new();
    world.push(&plan);
    world.succeed_all();
    let mut fences = Vec::new();
    for job in ["shift-10", "shift-50", "deploy"] {
        let lease = world.lease(&format!("#1 prod/prod/us/{job}"));
        assert_eq!(world.target("prod/us").holder, Some(lease.attempt.clone()));
        assert_eq!(world.queued(), [""; 0]);
        fences.push(lease.fence);
        world.report(&lease, Outcome::Succeeded).expect("taken");
        assert_eq!(world.target("prod/us").holder, None);
    }
    assert_eq!(fences, [Some(TargetFence(1)), Some(TargetFence(2)), Some(TargetFence(3))]);
}

#[test]
fn a4_a_message_without_the_current_fence_is_refused() {
    let plan = after_build(vec![stage("prod").targets(&["prod/us"])]);
    let mut world = World::new();
    world.push(&plan);
    world.succeed_all();
    let lease = world.lease("#1 prod/prod/us/deploy");
    for fence in [None, Some(TargetFence(0)), Some(TargetFence(2))] {
        let forged = Fences { fence, ..lease.clone() };
        assert_eq!(world.report(&forged, Outcome::Succeeded), Err(Rejected::StaleFence { target: "prod/us".into(), current: 1 }));
    }
}

#[test]
fn a7_cancel_ends_what_waits_stops_what_runs_and_starts_nothing_new() {
    let plan = plan(vec![stage("build").job("package").job("lint"), stage("test").job("unit")]);
    let mut world = World::new();
    let release = world.push(&plan);
    let running = world.lease("#1 build/package");
    world.give(&person("olga"), Input::Cancel { release, reason: "wrong branch".to_owned() }).expect("taken");
    assert_eq!((world.queued(), world.state(release)), (Vec::new(), ReleaseState::Cancelled));
    assert!(world.effects.contains(&Effect::Stop(running.attempt.clone())));
    let order = world.attempt(&running.attempt).stop.clone().expect("a stop order");
    assert_eq!((order.reason.as_str(), order.grace_ms), ("wrong branch", 10_000));
    assert_eq!(world.inside("build"), [release], "it is in the lane until the process tree is gone");
    assert_eq!(
        world.give(&runner_actor(), Input::Issued { fences: running.clone(), until: world.now + MINUTE }),
        Err(Rejected::AttemptStopped),
        "IA8"
    );
    world.report(&running, Outcome::Cancelled { reason: "wrong branch".to_owned() }).expect("it is gone");
    assert_eq!((world.inside("build"), world.queued()), (Vec::new(), Vec::new()), "{}", world.story());
    assert!(world.give(&person("olga"), Input::Cancel { release, reason: "again".to_owned() }).expect("the same").is_empty());
}

#[test]
fn a7_a_success_that_races_with_the_cancel_starts_nothing() {
    let plan = plan(vec![stage("build").job("package"), stage("test").job("unit")]);
    let mut world = World::new();
    let release = world.push(&plan);
    let running = world.lease("#1 build/package");
    world.give(&person("olga"), Input::Cancel { release, reason: "wrong branch".to_owned() }).expect("taken");
    world.report(&running, Outcome::Succeeded).expect("it was done already");
    assert_eq!((world.queued(), world.inside("build")), (Vec::new(), Vec::new()), "{}", world.story());
    assert_eq!(world.state(release), ReleaseState::Cancelled);
}

#[test]
fn a8_credentials_are_issued_only_under_the_current_lease_and_never_after_a_stop() {
    let mut world = World::new();
    let release = world.push(&after_build(vec![stage("prod").targets(&["prod/us"])]));
    world.succeed_all();
    let fences = world.lease("#1 prod/prod/us/deploy");
    let issue = |world: &mut World, fences: &Fences| {
        let until = world.now + MINUTE;
        world.give(&runner_actor(), Input::Issued { fences: fences.clone(), until })
    };
    issue(&mut world, &fences).expect("the lease is current");
    assert_eq!(world.attempt(&fences.attempt).credentials_until, Some(world.now + MINUTE));
    let forged = Fences { lease_token: "forged".parse().expect("a token"), ..fences.clone() };
    assert_eq!(issue(&mut world, &forged), Err(Rejected::StaleLease));
    world.give(&person("olga"), Input::Cancel { release, reason: "no".to_owned() }).expect("taken");
    assert_eq!(issue(&mut world, &fences), Err(Rejected::AttemptStopped));
    world.report(&fences, Outcome::Cancelled { reason: "no".to_owned() }).expect("taken");
    assert_eq!(issue(&mut world, &fences), Err(Rejected::AttemptEnded));
}
