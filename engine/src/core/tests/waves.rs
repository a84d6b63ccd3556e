use pipelines::plan::{Class, Parallel, Purpose, RetryOn, RetryRule};
use protocol::Outcome;

use super::plan::{HOUR, MINUTE, SECOND, after_build, bake, job, plan, stage, wave};
use super::world::World;
use crate::core::EventKind;
use crate::core::row::{NodeState, ReleaseState, RolloutState, WaveState};

#[test]
fn w1_a_wave_is_entered_when_the_one_before_is_rolled_out_and_baked() {
    let plan = after_build(vec![
        stage("prod").wave(wave("wave-1", &["prod/us", "prod/ca"]).bake(bake(HOUR, &[]))).wave(wave("wave-2", &["prod/eu"])),
    ]);
    let mut world = World::new();
    let release = world.push(&plan);
    world.succeed_all();
    world.succeed("#1 prod/wave-1/prod/us/deploy");
    world.pass(10 * MINUTE);
    world.succeed("#1 prod/wave-1/prod/ca/deploy");
    world.pass(50 * MINUTE);
    assert_eq!(world.wave_state(release, "prod/wave-2"), None, "prod/ca has ten minutes to go: a bake counts from its own rollout");
    world.pass(10 * MINUTE);
    assert_eq!(world.wave_state(release, "prod/wave-2"), Some(WaveState::Entered));
}

#[test]
fn w1_at_least_lets_the_release_go_on_while_the_rest_finishes_and_keeps_the_lane() {
    let two_of_three = wave("wave-1", &["prod/a", "prod/b", "prod/c"]).edit(|w| w.at_least = Some(2));
    let plan = after_build(vec![stage("prod").wave(two_of_three).wave(wave("wave-2", &["prod/d"]))]);
    let mut world = World::new();
    let release = world.push(&plan);
    world.succeed_all();
    world.succeed("#1 prod/wave-1/prod/a/deploy");
    world.succeed("#1 prod/wave-1/prod/b/deploy");
    assert_eq!(world.wave_state(release, "prod/wave-2"), Some(WaveState::Entered));
    assert_eq!(world.inside("prod/wave-1"), [release], "prod/c is still under way");
    world.succeed("#1 prod/wave-2/prod/d/deploy");
    assert_eq!(world.state(release), ReleaseState::Moving);
    world.succeed("#1 prod/wave-1/prod/c/deploy");
    assert_eq!((world.state(release), world.inside("prod/wave-1")), (ReleaseState::Completed, Vec::new()), "{}", world.story());
}

#[test]
fn w2_targets_run_side_by_side_up_to_max_parallel() {
    let plan = after_build(vec![stage("prod").wave(wave("", &["prod/a", "prod/b", "prod/c", "prod/d"]).edit(|w| w.max_parallel = 2))]);
    let mut world = World::new();
    world.push(&plan);
    world.succeed("#1 build/package");
    assert_eq!(world.queued(), ["#1 prod/prod/a/deploy", "#1 prod/prod/b/deploy"]);
    world.succeed("#1 prod/prod/b/deploy");
    assert_eq!(world.queued(), ["#1 prod/prod/a/deploy", "#1 prod/prod/c/deploy"]);
    world.run();
    assert_eq!(world.count(EventKind::RolloutSucceeded), 4);
}

#[test]
fn max_parallel_of_a_matrix_limits_how_many_of_its_jobs_run_at_once() {
    let limited = |name: &str| {
        let mut job = job(name, Purpose::Job, Class::BuildTest);
        job.parallel = Some(Parallel { group: "build/test".to_owned(), limit: 2 });
        job.retry = vec![RetryRule { on: RetryOn::Any, limit: 1, backoff_ms: 10 * SECOND }];
        job
    };
    let tests = ["test-a", "test-b", "test-c", "test-d"].into_iter().fold(stage("build").job("lint"), |s, name| s.with_job(limited(name)));
    let mut world = World::new();
    let release = world.push(&plan(vec![tests]));
    assert_eq!(world.queued(), ["#1 build/lint", "#1 build/test-a", "#1 build/test-b"], "lint shares no limit");
    let waits = world.node_row(release, "build/test-c").map(|row| (row.state, row.reason.clone()));
    assert_eq!(waits, Some((NodeState::Ready, "max_parallel: 2 of 2 jobs of build/test run".to_owned())));
    let running = world.lease("#1 build/test-b");
    world.fail("#1 build/test-a");
    assert_eq!(world.queued(), ["#1 build/lint", "#1 build/test-c"], "what waits for its backoff takes no room");
    world.restart();
    world.pass(10 * SECOND);
    assert_eq!(world.queued(), ["#1 build/lint", "#1 build/test-c"]);
    world.report(&running, Outcome::Succeeded).expect("the report is taken");
    assert_eq!(world.queued(), ["#1 build/lint", "#1 build/test-a", "#1 build/test-c"]);
    world.run();
    assert_eq!(world.state(release), ReleaseState::Completed, "{}", world.story());
}

#[test]
fn w3_when_one_target_fails_no_other_starts() {
    let waves = stage("prod")
        .rollback(|r| r.on_failure = false)
        .wave(wave("wave-1", &["prod/a", "prod/b", "prod/c"]).edit(|w| w.max_parallel = 2))
        .wave(wave("wave-2", &["prod/d"]));
    let plan = after_build(vec![waves]);
    let mut world = World::new();
    let release = world.push(&plan);
    world.succeed("#1 build/package");
    let running = world.lease("#1 prod/wave-1/prod/b/deploy");
    world.fail("#1 prod/wave-1/prod/a/deploy");
    assert_eq!(world.queued(), [""; 0], "prod/c does not start");
    world.report(&running, protocol::Outcome::Succeeded).expect("what runs comes to its end");
    assert_eq!(world.pipeline.rollout(release, &"prod/b".into()).map(|r| r.state), Some(RolloutState::Succeeded));
    assert_eq!((world.runs("prod/b"), world.runs("prod/c"), world.runs("prod/d")), (Some(release), None, None));
    assert_eq!(world.wave_state(release, "prod/wave-1"), Some(WaveState::Failed), "{}", world.story());
    assert_eq!(world.wave_state(release, "prod/wave-2"), None);
}

#[test]
fn w3_after_a_late_failure_in_the_wave_before_the_later_wave_starts_nothing_new() {
    let first = wave("wave-1", &["prod/a", "prod/b"]).edit(|w| w.at_least = Some(1));
    let plan = after_build(vec![
        stage("prod")
            .rollback(|r| r.on_failure = false)
            .wave(first)
            .wave(wave("wave-2", &["prod/c", "prod/d"]).edit(|w| w.max_parallel = 1)),
    ]);
    let mut world = World::new();
    let release = world.push(&plan);
    world.succeed_all();
    world.succeed("#1 prod/wave-1/prod/a/deploy");
    let started = world.lease("#1 prod/wave-2/prod/c/deploy");
    world.fail("#1 prod/wave-1/prod/b/deploy");
    world.report(&started, protocol::Outcome::Succeeded).expect("it ends");
    assert_eq!(world.queued(), [""; 0], "prod/d does not start");
    assert_eq!(world.state(release), ReleaseState::Failed);
    assert_eq!((world.inside("prod/wave-1"), world.inside("prod/wave-2")), (Vec::new(), Vec::new()), "{}", world.story());
}

#[test]
fn w5_an_increment_is_a_node_so_that_bakes_and_alarms_stand_between() {
    let canary = wave("", &["prod/us"]).edit(|w| w.increments = vec![10, 100]).bake(bake(MINUTE, &["errors"]));
    let plan = after_build(vec![stage("prod").wave(canary)]);
    let mut world = World::new();
    let release = world.push(&plan);
    world.succeed_all();
    world.succeed("#1 prod/prod/us/shift-10");
    assert_eq!((world.target("prod/us").partly, world.runs("prod/us")), (Some(release), None));
    assert_eq!(world.node_state(release, "prod/prod/us/bake-10"), Some(NodeState::Baking));
    world.pass_well(MINUTE);
    world.succeed("#1 prod/prod/us/deploy");
    assert_eq!((world.target("prod/us").partly, world.runs("prod/us")), (None, Some(release)));
    world.run();
    assert_eq!(world.state(release), ReleaseState::Completed);
}

#[test]
fn d5_a_false_condition_counts_as_satisfied_and_an_unknown_name_is_an_error() {
    let skipped = |condition: &str| {
        let mut lint = job("lint", Purpose::Job, Class::BuildTest);
        lint.condition = Some(condition.to_owned());
        plan(vec![stage("build").with_job(lint).job("package").in_order()])
    };
    let mut world = World::new();
    let release = world.push(&skipped("release.branch == 'other'"));
    assert_eq!(world.node_state(release, "build/lint"), Some(NodeState::Skipped));
    assert_eq!(world.queued(), ["#1 build/package"]);

    let mut world = World::new();
    world.push(&skipped("release.branch == 'main'"));
    assert_eq!(world.queued(), ["#1 build/lint"]);

    let mut world = World::new();
    let release = world.push(&skipped("release.brunch == 'main'"));
    assert_eq!(world.state(release), ReleaseState::Failed, "{}", world.story());
}

#[test]
fn d5_a_cancelled_or_failed_need_is_not_satisfied() {
    let plan = plan(vec![stage("build").job("lint").job("package").in_order()]);
    let mut world = World::new();
    let release = world.push(&plan);
    world.fail("#1 build/lint");
    assert_eq!(world.node_state(release, "build/package"), None);
    assert_eq!(world.queued(), [""; 0]);
}

#[test]
fn a_failed_stage_runs_on_failure_and_then_finally_and_a_good_one_only_finally() {
    let hooked = || {
        let mut spec = stage("prod").rollback(|r| r.on_failure = false).targets(&["prod/us"]);
        spec.on_failure = vec!["tell"];
        spec.finally = vec!["clean"];
        after_build(vec![spec])
    };
    let mut world = World::new();
    let release = world.push(&hooked());
    world.succeed_all();
    world.fail("#1 prod/prod/us/deploy");
    assert_eq!(world.queued(), ["#1 prod/tell"]);
    assert_eq!(world.inside("prod"), [release]);
    world.fail("#1 prod/tell");
    assert_eq!(world.queued(), ["#1 prod/clean"], "a hook that fails changes nothing else");
    world.succeed("#1 prod/clean");
    assert_eq!(world.inside("prod"), []);

    let mut world = World::new();
    let release = world.push(&hooked());
    world.succeed_all();
    world.succeed_all();
    assert_eq!(world.queued(), ["#1 prod/clean"]);
    world.succeed_all();
    assert_eq!(world.state(release), ReleaseState::Completed);
}
