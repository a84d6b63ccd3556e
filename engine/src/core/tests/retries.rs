//! Tried again: by a rule (A5) or by hand (A6).

use pipelines::plan::{RetryOn, RetryRule};
use protocol::Outcome;

use super::plan::{MINUTE, SECOND, after_build, job, plan, stage, wave};
use super::world::{World, failed, person};
use crate::core::id::ReleaseNumber;
use crate::core::input::Retry;
use crate::core::row::{NodeState, ReleaseState};
use crate::core::{EventKind, Input, Rejected};

const fn n(number: u64) -> ReleaseNumber {
    ReleaseNumber(number)
}

fn rule(on: RetryOn, limit: u32, backoff_ms: u64) -> RetryRule {
    RetryRule { on, limit, backoff_ms }
}

fn with_rules(rules: Vec<RetryRule>) -> World {
    let mut package = job("package", pipelines::plan::Purpose::Job, pipelines::plan::Class::BuildTest);
    package.retry = rules;
    let mut world = World::new();
    world.push(&plan(vec![stage("build").with_job(package)]));
    world
}

fn end(world: &mut World, outcome: Outcome) {
    let lease = world.lease("#1 build/package");
    world.report(&lease, outcome).expect("taken");
}

#[test]
fn a5_the_first_rule_that_matches_grants_attempts_within_its_own_budget() {
    let mut world = with_rules(vec![rule(RetryOn::ExitCodes(vec![75]), 1, 0), rule(RetryOn::Timeout, 1, 0)]);
    end(&mut world, failed(75));
    end(&mut world, Outcome::TimedOut { step: "run".to_owned(), timeout_ms: 1 });
    assert_eq!(world.queued(), ["#1 build/package"], "each rule has its own budget");
    end(&mut world, failed(75));
    assert_eq!((world.queued(), world.state(n(1))), (Vec::new(), ReleaseState::Failed));
}

#[test]
fn a5_an_end_that_no_rule_names_is_final() {
    let mut world = with_rules(vec![rule(RetryOn::Signals(vec![9]), 5, 0)]);
    end(&mut world, Outcome::Signalled { signal: 9, step: "run".to_owned() });
    assert_eq!(world.queued(), ["#1 build/package"]);
    end(&mut world, failed(1));
    assert_eq!(world.state(n(1)), ReleaseState::Failed);
}

#[test]
fn a5_the_backoff_doubles() {
    let mut world = with_rules(vec![rule(RetryOn::Any, 3, MINUTE)]);
    for wait in [1, 2, 4] {
        end(&mut world, failed(1));
        world.pass(wait * MINUTE - SECOND);
        assert_eq!(world.queued(), [""; 0]);
        assert_eq!(world.pipeline.next_deadline(), Some(world.now + SECOND));
        world.pass(SECOND);
        assert_eq!(world.queued(), ["#1 build/package"]);
    }
    end(&mut world, failed(1));
    assert_eq!(world.state(n(1)), ReleaseState::Failed);
}

#[test]
fn a5_a_restarted_runner_is_a_lost_one_and_a_cancelled_job_is_never_retried() {
    let mut world = with_rules(vec![rule(RetryOn::RunnerLost, 1, 0), rule(RetryOn::Any, 5, 0)]);
    end(&mut world, Outcome::RunnerRestarted);
    assert_eq!(world.queued(), ["#1 build/package"]);
    let lease = world.lease("#1 build/package");
    world.give(&person("olga"), Input::Cancel { release: n(1), reason: "no".to_owned() }).expect("taken");
    world.report(&lease, Outcome::Cancelled { reason: "no".to_owned() }).expect("taken");
    assert_eq!(world.queued(), [""; 0]);
}

#[test]
fn a6_failed_jobs_only() {
    let plan = plan(vec![stage("build").job("lint").job("package")]);
    let mut world = World::new();
    let release = world.push(&plan);
    world.succeed("#1 build/lint");
    world.fail("#1 build/package");
    assert_eq!(world.state(release), ReleaseState::Failed);
    world.give(&person("olga"), Input::Retry { release, what: Retry::FailedJobs }).expect("taken");
    assert_eq!(world.queued(), ["#1 build/package"], "same release, same plan, a new attempt");
    world.succeed_all();
    assert_eq!(world.state(release), ReleaseState::Completed, "{}", world.story());
}

#[test]
fn a6_the_stage_from_its_start() {
    let plan = plan(vec![stage("build").job("lint").job("package")]);
    let mut world = World::new();
    let release = world.push(&plan);
    world.succeed("#1 build/lint");
    world.fail("#1 build/package");
    world.give(&person("olga"), Input::Retry { release, what: Retry::Stage { stage: "build".to_owned() } }).expect("taken");
    assert_eq!(world.queued(), ["#1 build/lint", "#1 build/package"], "{}", world.story());
    world.succeed_all();
    assert_eq!(world.state(release), ReleaseState::Completed);
}

#[test]
fn a6_what_did_not_fail_cannot_be_retried() {
    let plan = plan(vec![stage("build").job("package")]);
    let mut world = World::new();
    let release = world.push(&plan);
    let retry = |what| Input::Retry { release, what };
    assert!(matches!(world.give(&person("olga"), retry(Retry::FailedJobs)), Err(Rejected::NothingToRetry(..))));
    world.fail("#1 build/package");
    assert_eq!(world.give(&person("olga"), retry(Retry::Stage { stage: "x".to_owned() })), Err(Rejected::UnknownPlace("x".to_owned())));
    assert_eq!(world.give(&person("olga"), retry(Retry::Job { key: "x".to_owned() })), Err(Rejected::UnknownJob("x".to_owned())));
    world.give(&person("olga"), retry(Retry::Job { key: "build/package".to_owned() })).expect("taken");
    assert_eq!(world.queued(), ["#1 build/package"]);
}

#[test]
fn a6_a_half_deployed_wave_goes_on_where_it_failed() {
    let plan = after_build(vec![
        stage("prod").rollback(|r| r.on_failure = false).wave(wave("", &["prod/a", "prod/b", "prod/c"]).edit(|w| w.max_parallel = 1)),
    ]);
    let mut world = World::new();
    let release = world.push(&plan);
    world.succeed_all();
    world.succeed("#1 prod/prod/a/deploy");
    world.fail("#1 prod/prod/b/deploy");
    assert_eq!(world.node_state(release, "prod/prod/c/start"), Some(NodeState::Cancelled));
    world.give(&person("olga"), Input::Retry { release, what: Retry::FailedJobs }).expect("taken");
    assert_eq!(world.queued(), ["#1 prod/prod/b/deploy"], "{}", world.story());
    world.run();
    assert_eq!((world.state(release), world.count(EventKind::RolloutStarted)), (ReleaseState::Completed, 3), "{}", world.story());
}
