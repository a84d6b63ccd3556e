//! Plans that grow while their release is on its way (D1 to D6, G6, P3). After every input, `world` proves that a restart knows the same.

use pipelines::dynamic::{Fragment, FragmentJob, Need, SpliceError};
use pipelines::plan::{Adds, ArtifactOut, AxisValues, Class, DeferredMatrix, Job, MatrixAxis, Parallel, Purpose};
use protocol::{Fences, Outcome};

use super::plan::{approval, job, plan, stage, wave};
use super::world::{World, failed, person, runner_actor};
use crate::core::id::ReleaseNumber;
use crate::core::input::Retry;
use crate::core::row::{GateState, NodeState, ReleaseState, WaveState};
use crate::core::{Actor, Changes, EventKind, Input, Rejected, Settings};

fn added(name: &str) -> FragmentJob {
    FragmentJob { key: format!("build/{name}"), needs: Vec::new(), job: job(name, Purpose::Job, Class::BuildTest), replace: false }
}

fn after(name: &str, need: Need) -> FragmentJob {
    FragmentJob { needs: vec![need], ..added(name) }
}

fn replacing(name: &str, run: &str) -> FragmentJob {
    let mut job = job(name, Purpose::Job, Class::BuildTest);
    job.env.insert("RUN".to_owned(), run.to_owned());
    FragmentJob { job, replace: true, ..added(name) }
}

fn fragment(jobs: Vec<FragmentJob>) -> Fragment {
    Fragment { digest: format!("sha256:{}", jobs.len()), jobs, ..Fragment::default() }
}

/// A stage of one job, after the stage of whoever adds it: the plan of a file with that stage alone.
fn with_stage(name: &'static str) -> Fragment {
    let alone = plan(vec![stage(name).job("run")]);
    Fragment { stages: alone.stages.clone(), nodes: alone.nodes.clone(), ..fragment(Vec::new()) }
}

/// `build` with `generate`, `lint`, and `package`, which waits for `generate`; then `prod`.
fn world() -> World {
    world_with(Settings::default())
}

fn world_with(settings: Settings) -> World {
    let mut world = World::with(settings);
    let mut base = (*plan(vec![stage("build").job("generate").job("package").in_order(), stage("prod").targets(&["prod/a"])])).clone();
    base.pipeline = "orders".to_owned();
    world.push(&std::sync::Arc::new(base));
    world
}

impl World {
    fn upload(&mut self, fences: &Fences, fragment: Fragment) -> Result<Changes, Rejected> {
        self.give(&runner_actor(), Input::Upload { fences: fences.clone(), fragment: Box::new(fragment), text: "jobs: …".to_owned() })
    }

    fn refused(&mut self, fences: &Fences, fragment: Fragment) -> SpliceError {
        let before = format!("{:?}", self.pipeline.plan(ReleaseNumber(1)));
        let error = self.upload(fences, fragment).expect_err("it is refused");
        assert_eq!(format!("{:?}", self.pipeline.plan(ReleaseNumber(1))), before, "a refused upload changes nothing");
        let Rejected::Splice(error) = error else { panic!("{error} is not about the plan") };
        *error
    }

    fn finish(&mut self, fences: &Fences) {
        self.report(fences, Outcome::Succeeded).expect("the report is taken");
    }
}

#[test]
fn d1_what_is_added_runs_after_its_job_and_whoever_waited_for_that_waits_for_it() {
    let mut world = world();
    let generate = world.lease("#1 build/generate");
    world.upload(&generate, fragment(vec![added("unit"), after("browser", Need::Added(0))])).expect("it is added");
    assert_eq!(world.queued(), Vec::<String>::new(), "nothing starts before the job that added it has ended");
    world.restart();
    world.finish(&generate);
    assert_eq!(world.queued(), ["#1 build/unit"], "`package` waited for `generate`, and now for what it added too");
    world.succeed("#1 build/unit");
    world.succeed("#1 build/browser");
    assert_eq!(world.queued(), ["#1 build/package"]);
    world.run();
    assert_eq!(world.state(ReleaseNumber(1)), ReleaseState::Completed, "{}", world.story());
    let grown = world.events_of(EventKind::PlanGrown);
    assert_eq!(grown.len(), 1);
    assert_eq!(grown[0].reason, "build/generate adds 2");
    assert_eq!(grown[0].data["added"], serde_json::json!(["build/unit", "build/browser"]));
}

#[test]
fn d1_added_stages_follow_the_stage_of_their_job_in_their_order() {
    let mut world = world();
    let generate = world.lease("#1 build/generate");
    world.upload(&generate, with_stage("load")).expect("it is added");
    world.upload(&generate, with_stage("soak")).expect("it is added");
    world.finish(&generate);
    world.restart();
    world.succeed("#1 build/package");
    assert_eq!(world.queued(), ["#1 load/run"]);
    world.succeed("#1 load/run");
    assert_eq!(world.queued(), ["#1 soak/run"]);
    world.succeed("#1 soak/run");
    assert_eq!(world.queued(), ["#1 prod/prod/a/deploy"]);
    world.run();
    assert_eq!(world.state(ReleaseNumber(1)), ReleaseState::Completed, "{}", world.story());
}

#[test]
fn d1_a_failed_added_stage_is_tried_again_from_there_and_what_follows_waits() {
    let mut world = world();
    let generate = world.lease("#1 build/generate");
    world.upload(&generate, with_stage("load")).expect("it is added");
    world.finish(&generate);
    world.succeed("#1 build/package");
    world.fail("#1 load/run");
    assert_eq!(world.state(ReleaseNumber(1)), ReleaseState::Failed);
    world
        .give(&person("olga"), Input::Retry { release: ReleaseNumber(1), what: Retry::Stage { stage: "build".to_owned() } })
        .expect("a retry");
    let again = world.lease("#1 build/generate");
    world.finish(&again);
    world.succeed("#1 build/package");
    assert_eq!(world.queued(), ["#1 load/run"], "{}", world.story());
    world.succeed("#1 load/run");
    world.run();
    assert_eq!(world.state(ReleaseNumber(1)), ReleaseState::Completed, "{}", world.story());
}

#[test]
fn d2_the_same_upload_twice_changes_nothing_and_other_content_under_its_key_is_refused() {
    let mut world = world();
    let generate = world.lease("#1 build/generate");
    world.upload(&generate, fragment(vec![added("unit")])).expect("it is added");
    let again = world.upload(&generate, fragment(vec![added("unit")])).expect("the answer was lost and it is sent again");
    assert!(again.is_empty(), "{again:?}");
    let other = FragmentJob { replace: false, ..replacing("unit", "other") };
    assert_eq!(world.refused(&generate, fragment(vec![other])), SpliceError::Clash { key: "build/unit".to_owned() });
    world.finish(&generate);
    assert_eq!(world.queued(), ["#1 build/unit"]);
}

#[test]
fn d2_two_uploads_from_one_job_add_up_and_the_second_may_wait_for_the_first() {
    let mut world = world();
    let generate = world.lease("#1 build/generate");
    world.upload(&generate, fragment(vec![added("unit"), added("lint")])).expect("the first");
    world.restart();
    world.upload(&generate, fragment(vec![after("report", Need::There("build/unit".to_owned()))])).expect("the second");
    let grown = world.events_of(EventKind::PlanGrown);
    assert_eq!(grown.iter().map(|e| e.reason.as_str()).collect::<Vec<_>>(), ["build/generate adds 2", "build/generate adds 1"]);
    world.finish(&generate);
    assert_eq!(world.queued(), ["#1 build/lint", "#1 build/unit"]);
    world.succeed("#1 build/unit");
    world.succeed("#1 build/lint");
    assert_eq!(world.queued(), ["#1 build/report"], "`package` waits for both uploads");
    world.succeed("#1 build/report");
    assert_eq!(world.queued(), ["#1 build/package"]);
}

#[test]
fn d3_an_upload_replaces_what_is_not_queued_and_touches_nothing_that_has_begun() {
    let mut world = World::new();
    let base = stage("build").job("generate").job("lint").with_job({
        let mut slow = job("slow", Purpose::Job, Class::BuildTest);
        slow.parallel = Some(Parallel { group: "build/slow".to_owned(), limit: 1 });
        slow
    });
    let base = base.clone().with_job(Job { name: "slower".to_owned(), ..base.jobs[2].clone() });
    let release = world.push(&plan(vec![base, stage("prod").targets(&["prod/a"])]));
    assert_eq!(world.queued(), ["#1 build/generate", "#1 build/lint", "#1 build/slow"]);
    let generate = world.lease("#1 build/generate");
    let begun = world.refused(&generate, fragment(vec![replacing("lint", "other")]));
    assert_eq!(begun, SpliceError::Begun { key: "build/lint".to_owned() });
    // It stands ready behind the limit, and is not queued: the job in its place shares no limit and waits for its own.
    world.upload(&generate, fragment(vec![replacing("slower", "fast")])).expect("it is replaced");
    assert_eq!(world.node_state(release, "build/slower"), Some(NodeState::Pending));
    world.finish(&generate);
    assert_eq!(world.queued(), ["#1 build/lint", "#1 build/slow", "#1 build/slower"]);
    world.run();
    assert_eq!(world.state(release), ReleaseState::Completed, "{}", world.story());
}

#[test]
fn d3_jobs_of_other_stages_cannot_be_replaced() {
    let mut world = World::new();
    world.push(&plan(vec![stage("build").job("generate"), stage("test").job("unit")]));
    let generate = world.lease("#1 build/generate");
    let other = FragmentJob { key: "test/unit".to_owned(), ..replacing("unit", "other") };
    assert_eq!(world.refused(&generate, fragment(vec![other])), SpliceError::NotReplaceable { key: "test/unit".to_owned() });
}

#[test]
fn d4_a_release_grows_to_its_limit_and_no_further() {
    let nodes = world().pipeline.plan(ReleaseNumber(1)).map_or(0, |plan| plan.nodes.len());
    let mut world = world_with(Settings { node_limit: u32::try_from(nodes + 1).expect("few"), ..Settings::default() });
    let generate = world.lease("#1 build/generate");
    let error = world.refused(&generate, fragment(vec![added("a"), added("b")]));
    assert_eq!(error.to_string(), format!("a release has at most {} nodes, and this one would have {} (D4)", nodes + 1, nodes + 2));
    world.upload(&generate, fragment(vec![added("a")])).expect("there is room for one");
}

#[test]
fn d4_uploads_nest_to_depth_2_and_no_further() {
    let mut world = world();
    let generate = world.lease("#1 build/generate");
    world.upload(&generate, fragment(vec![added("one")])).expect("depth 1");
    world.finish(&generate);
    let one = world.lease("#1 build/one");
    world.upload(&one, fragment(vec![added("two")])).expect("depth 2");
    world.finish(&one);
    let two = world.lease("#1 build/two");
    assert_eq!(world.refused(&two, fragment(vec![added("three")])), SpliceError::TooDeep { by: "build/two".to_owned() });
    world.finish(&two);
    world.run();
    assert_eq!(world.state(ReleaseNumber(1)), ReleaseState::Completed, "{}", world.story());
}

#[test]
fn d5_an_added_job_whose_condition_is_false_counts_as_done_and_an_unknown_need_is_an_error() {
    let mut world = world();
    let generate = world.lease("#1 build/generate");
    let error = world.refused(&generate, fragment(vec![after("a", Need::There("build/nothing".to_owned()))]));
    assert_eq!(
        error.to_string(),
        "there is no job build/nothing to wait for; `needs` names jobs of the same upload and of the stage that they join (D5)"
    );
    let mut skipped = added("skipped");
    skipped.job.condition = Some("release.branch == 'nowhere'".to_owned());
    world.upload(&generate, fragment(vec![skipped, after("next", Need::Added(0))])).expect("it is added");
    world.finish(&generate);
    assert_eq!(world.node_state(ReleaseNumber(1), "build/skipped"), Some(NodeState::Skipped));
    assert_eq!(world.queued(), ["#1 build/next"]);
}

#[test]
fn d3_a_retry_of_the_generator_says_everything_anew() {
    let (mut world, release) = with_a_retry();
    let first = world.lease("#1 build/generate");
    world.upload(&first, fragment(vec![added("old"), added("kept"), added("changed")])).expect("it is added");
    world.report(&first, failed(1)).expect("the report is taken");
    let second = world.lease("#1 build/generate");
    let changed = FragmentJob { replace: false, ..replacing("changed", "now") };
    world.upload(&second, fragment(vec![added("kept"), changed])).expect("it says everything anew");
    world.finish(&second);
    assert_eq!(world.queued(), ["#1 build/changed", "#1 build/kept"]);
    assert_eq!(world.node_state(release, "build/old"), Some(NodeState::Skipped), "what it no longer says is withdrawn");
    world.run();
    assert_eq!(world.state(release), ReleaseState::Completed, "{}", world.story());
}

#[test]
fn d3_a_retry_of_the_generator_that_has_nothing_to_add_withdraws_what_the_first_attempt_said() {
    let (mut world, release) = with_a_retry();
    let first = world.lease("#1 build/generate");
    world.upload(&first, fragment(vec![added("old"), after("older", Need::Added(0))])).expect("it is added");
    world.report(&first, failed(1)).expect("the report is taken");
    let second = world.lease("#1 build/generate");
    world.upload(&second, fragment(Vec::new())).expect("it says `jobs: []`");
    world.restart();
    world.finish(&second);
    assert_eq!(world.queued(), ["#1 build/package"]);
    assert_eq!(world.node_state(release, "build/older"), Some(NodeState::Skipped));
    world.run();
    assert_eq!(world.state(release), ReleaseState::Completed, "{}", world.story());
}

/// `generate` may be tried twice, and `package` waits for it.
fn with_a_retry() -> (World, ReleaseNumber) {
    let mut world = World::new();
    let mut generate = job("generate", Purpose::Job, Class::BuildTest);
    generate.retry = vec![pipelines::plan::RetryRule { on: pipelines::plan::RetryOn::Any, limit: 1, backoff_ms: 0 }];
    let release = world.push(&plan(vec![stage("build").with_job(generate).job("package").in_order()]));
    (world, release)
}

#[test]
fn d3_an_upload_that_loses_the_race_against_the_end_of_its_job_is_refused() {
    let mut world = world();
    let generate = world.lease("#1 build/generate");
    world.finish(&generate);
    assert_eq!(world.upload(&generate, fragment(vec![added("a")])), Err(Rejected::AttemptEnded), "the upload lost the race");
    assert_eq!(world.queued(), ["#1 build/package"], "who waited for the job has begun, and waits for nothing else");
    world.run();
    assert_eq!(world.state(ReleaseNumber(1)), ReleaseState::Completed, "{}", world.story());
}

#[test]
fn d3_an_upload_that_wins_the_race_against_the_end_of_its_job_is_waited_for() {
    let mut world = world();
    let generate = world.lease("#1 build/generate");
    world.upload(&generate, fragment(vec![added("a")])).expect("the upload won the race");
    world.finish(&generate);
    // The answer was lost, and the runner sends it again behind the report.
    assert_eq!(world.upload(&generate, fragment(vec![added("a")])), Err(Rejected::AttemptEnded));
    assert_eq!(world.queued(), ["#1 build/a"]);
}

#[test]
fn d3_a_cancel_during_a_splice_ends_what_was_added_before_it_begins() {
    let mut world = world();
    let generate = world.lease("#1 build/generate");
    world.upload(&generate, fragment(vec![added("a"), after("b", Need::Added(0))])).expect("it is added");
    world.give(&person("olga"), Input::Cancel { release: ReleaseNumber(1), reason: "wrong".to_owned() }).expect("a cancel");
    assert_eq!(world.upload(&generate, fragment(vec![added("c")])), Err(Rejected::AttemptStopped), "nothing is added to what is cancelled");
    world.restart();
    // Its own end was on the way when the cancel came.
    world.finish(&generate);
    assert_eq!(world.queued(), Vec::<String>::new(), "{}", world.story());
    assert_eq!(world.state(ReleaseNumber(1)), ReleaseState::Cancelled);
    let queued: Vec<_> = world.events_of(EventKind::JobQueued).iter().filter_map(|e| e.node.clone()).collect();
    assert_eq!(queued, ["build/generate"], "what was added never began");
}

#[test]
fn an_upload_under_an_old_lease_or_after_a_cancel_is_refused() {
    let mut world = world();
    let lost = world.lease("#1 build/generate");
    world.pass(super::world::LEASE_MS);
    assert_eq!(world.upload(&lost, fragment(vec![added("a")])), Err(Rejected::AttemptEnded), "its lease went to another");
    let current = world.lease("#1 build/generate");
    let forged = Fences { lease_token: lost.lease_token, ..current.clone() };
    assert_eq!(world.upload(&forged, fragment(vec![added("a")])), Err(Rejected::StaleLease));
    world.finish(&current);
    let package = world.lease("#1 build/package");
    world.give(&person("olga"), Input::Cancel { release: ReleaseNumber(1), reason: "wrong".to_owned() }).expect("a cancel");
    assert_eq!(world.upload(&package, fragment(vec![added("a")])), Err(Rejected::AttemptStopped), "nothing is added to what is cancelled");
    world.report(&package, Outcome::Cancelled { reason: "wrong".to_owned() }).expect("the report is taken");
    assert_eq!(world.state(ReleaseNumber(1)), ReleaseState::Cancelled);
}

#[test]
fn a_release_that_has_failed_elsewhere_takes_no_more_additions() {
    let mut world = World::new();
    let release = world.push(&plan(vec![stage("build").job("generate").job("unit")]));
    let generate = world.lease("#1 build/generate");
    world.fail("#1 build/unit");
    assert_eq!(world.upload(&generate, fragment(vec![added("a")])), Err(Rejected::ReleaseEnded(release)));
}

#[test]
fn g6_an_approval_is_void_when_the_stage_grows_and_is_asked_again_before_the_next_wave() {
    let mut world = World::new();
    let prod =
        stage("prod").gate(approval(&[], 1)).wave(wave("wave-1", &["prod/a"]).edit(|w| w.verify = true)).wave(wave("wave-2", &["prod/b"]));
    let release = world.push(&plan(vec![stage("build").job("package"), prod]));
    world.succeed("#1 build/package");
    world.approve(&person("olga"), release).expect("olga may approve");
    world.succeed("#1 prod/wave-1/prod/a/deploy");
    let verify = world.lease("#1 prod/wave-1/prod/a/verify");
    let soak = FragmentJob { key: "prod/soak".to_owned(), ..added("soak") };
    world.upload(&verify, fragment(vec![soak])).expect("it is added");
    assert_eq!(world.gate_row(release, "approval").map(|row| (row.state, row.approvals.len())), Some((GateState::Expired, 0)));
    let void = world.events_of(EventKind::ApprovalVoided);
    assert_eq!(
        void.iter().map(|e| e.reason.as_str()).collect::<Vec<_>>(),
        ["void: the plan has changed since (adds 1); it is asked again"]
    );
    world.finish(&verify);
    world.succeed("#1 prod/soak");
    assert_eq!(world.wave_state(release, "prod/wave-2"), Some(WaveState::Waiting));
    assert_eq!(world.waits_for(release, "prod/wave-2"), ["approval: waits for an approval"]);
    let before = world.pipeline.release(release).expect("the release").row.digest.clone();
    let stale =
        Input::Approve { release, gate: "approval".to_owned(), digest: before.clone(), reason: "a page that was open since".to_owned() };
    let refused = world.give(&person("olga"), stale).expect_err("it is of what was there before");
    assert_eq!(refused, Rejected::DigestMismatch { actual: format!("{before}+1"), given: before });
    world.approve(&person("olga"), release).expect("olga may approve again");
    world.run();
    assert_eq!(world.state(release), ReleaseState::Completed, "{}", world.story());
}

#[test]
fn g6_an_approval_of_a_stage_that_does_not_grow_stays() {
    let mut world = World::new();
    let prod = stage("prod").gate(approval(&[], 1)).wave(wave("wave-1", &["prod/a"]).edit(|w| w.verify = true));
    let release = world.push(&plan(vec![stage("build").job("package"), prod]));
    world.succeed("#1 build/package");
    world.approve(&person("olga"), release).expect("olga may approve");
    world.succeed("#1 prod/wave-1/prod/a/deploy");
    let verify = world.lease("#1 prod/wave-1/prod/a/verify");
    world.upload(&verify, with_stage("after")).expect("it is added");
    assert_eq!(world.gate_row(release, "approval").map(|row| row.state), Some(GateState::Open), "nobody is asked about what was entered");
    world.finish(&verify);
    world.run();
    assert_eq!(world.state(release), ReleaseState::Completed, "{}", world.story());
}

#[test]
fn p3_what_one_release_grew_by_is_its_own_and_its_digest_stays() {
    let mut world = world();
    let digest = world.pipeline.release(ReleaseNumber(1)).map(|r| r.row.digest.clone());
    let base = world.pipeline.plan(ReleaseNumber(1)).cloned().expect("its plan");
    let generate = world.lease("#1 build/generate");
    world.upload(&generate, fragment(vec![added("unit")])).expect("it is added");
    assert_eq!(
        world.pipeline.release(ReleaseNumber(1)).map(|r| r.row.digest.clone()),
        digest,
        "P1: the digest covers the plan without additions"
    );
    let second = world.push(&base);
    let plan = world.pipeline.plan(second).expect("its plan");
    assert!(plan.added.is_empty() && plan.nodes.iter().all(|node| node.key != "build/unit"), "a newer release begins with its own file");
}

#[test]
fn a_matrix_from_an_output_stands_for_its_jobs_and_whoever_waits_for_it_waits_for_them() {
    let mut world = World::new();
    let axes =
        vec![MatrixAxis { name: "package".to_owned(), values: AxisValues::From("${{ needs.changed.outputs.packages }}".to_owned()) }];
    let inner = job("test", Purpose::Job, Class::BuildTest);
    let matrix = DeferredMatrix { job: inner, axes, whole: None, include: Vec::new(), exclude: Vec::new(), max_parallel: 1 };
    let mut deferred = job("test", Purpose::Job, Class::BuildTest);
    deferred.adds = Some(Adds::Matrix(Box::new(matrix)));
    let build = stage("build").job("changed").with_job(deferred).job("publish").in_order();
    let release = world.push(&plan(vec![build]));
    let changed = world.lease("#1 build/changed");
    world.report_with(&changed, Outcome::Succeeded, &[("packages", r#"["core","api"]"#)]).expect("the report is taken");
    assert_eq!(world.queued(), ["#1 build/test-core"], "max_parallel is 1\n{}", world.story());
    world.succeed("#1 build/test-core");
    world.succeed("#1 build/test-api");
    world.succeed("#1 build/publish");
    assert_eq!(world.state(release), ReleaseState::Completed, "{}", world.story());
    assert_eq!(world.node_row(release, "build/test").map(|row| row.reason.clone()).as_deref(), Some("it stands for 2 jobs"));
}

#[test]
fn a_matrix_whose_values_cannot_be_read_fails_the_release_and_says_why() {
    let mut world = World::new();
    let axes =
        vec![MatrixAxis { name: "package".to_owned(), values: AxisValues::From("${{ needs.changed.outputs.packages }}".to_owned()) }];
    let inner = Job {
        artifacts_out: vec![ArtifactOut { name: "report".to_owned(), path: "r".to_owned() }],
        ..job("test", Purpose::Job, Class::BuildTest)
    };
    let matrix = DeferredMatrix { job: inner, axes, whole: None, include: Vec::new(), exclude: Vec::new(), max_parallel: 0 };
    let mut deferred = job("test", Purpose::Job, Class::BuildTest);
    deferred.adds = Some(Adds::Matrix(Box::new(matrix)));
    let release = world.push(&plan(vec![stage("build").job("changed").with_job(deferred).in_order()]));
    let changed = world.lease("#1 build/changed");
    world.report_with(&changed, Outcome::Succeeded, &[("packages", "core, api")]).expect("the report is taken");
    assert_eq!(world.state(release), ReleaseState::Failed);
    let reason = world.node_row(release, "build/test").map(|row| row.reason.clone()).unwrap_or_default();
    assert!(reason.starts_with("the matrix of `test` cannot be read: the value is not JSON"), "{reason}");
}

#[test]
fn only_the_runner_that_holds_the_lease_may_add() {
    let mut world = world();
    let unleased = Fences { lease_token: "guessed".parse().expect("a token"), ..world.lease("#1 build/generate") };
    let upload = Input::Upload { fences: unleased, fragment: Box::new(fragment(vec![added("a")])), text: String::new() };
    assert_eq!(world.give(&Actor::Engine, upload), Err(Rejected::StaleLease));
}

#[test]
fn an_addition_after_which_the_next_stage_has_begun_comes_too_late() {
    let mut world = World::new();
    let first = wave("wave-1", &["prod/a", "prod/b"]).edit(|w| {
        w.at_least = Some(1);
        w.verify = true;
    });
    world.push(&plan(vec![stage("prod").wave(first), stage("after").job("tell")]));
    world.succeed("#1 prod/wave-1/prod/a/deploy");
    world.succeed("#1 prod/wave-1/prod/b/deploy");
    let late = world.lease("#1 prod/wave-1/prod/b/verify");
    world.succeed("#1 prod/wave-1/prod/a/verify");
    assert_eq!(world.queued(), ["#1 after/tell"], "one of two is enough");
    let error = world.refused(&late, with_stage("load"));
    assert_eq!(error, SpliceError::TooLate { by: "prod/wave-1/prod/b/verify".to_owned() });
    world.finish(&late);
    world.run();
    assert_eq!(world.state(ReleaseNumber(1)), ReleaseState::Completed, "{}", world.story());
}

#[test]
fn w3_a_target_whose_end_waits_for_an_added_job_that_is_cancelled_is_not_taken_for_ever() {
    let mut world = World::new();
    let plan = plan(vec![stage("prod").rollback(|r| r.on_failure = false).targets(&["prod/a", "prod/b"])]);
    let release = world.push(&plan);
    let (one, other) = (world.lease("#1 prod/prod/a/deploy"), world.lease("#1 prod/prod/b/deploy"));
    let smoke = FragmentJob { key: "prod/smoke".to_owned(), ..added("smoke") };
    world.upload(&one, fragment(vec![smoke])).expect("it is added");
    world.finish(&one);
    assert_eq!(world.queued(), ["#1 prod/smoke"], "the end of prod/a waits for it");
    world.report(&other, failed(1)).expect("the report is taken");
    world.run();
    let open: Vec<_> = world.pipeline.rollouts().filter(|rollout| rollout.ended_at.is_none()).map(|rollout| &rollout.target).collect();
    assert!(open.is_empty(), "{open:?} still belong to the failed release\n{}", world.story());
    assert_ne!(world.state(release), ReleaseState::Moving);
}
