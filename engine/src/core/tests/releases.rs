use pipelines::plan::{Class, NodeKind, Preview};

use super::plan::{after_build, stage};
use super::world::{World, admission, person};
use crate::core::id::SourceOrder;
use crate::core::input::{Admission, Retry};
use crate::core::row::ReleaseState;
use crate::core::{Actor, EventKind, Input, Rejected, Trust};

fn trigger() -> Actor {
    Actor::Trigger { source: "main".to_owned() }
}

#[test]
fn p1_what_a_release_is_made_of_never_changes() {
    let plan = after_build(vec![stage("prod").targets(&["prod/us"])]);
    let mut world = World::new();
    let release = world.push(&plan);
    let before = world.pipeline.release(release).expect("it is there").row.clone();
    world.run();
    let after = &world.pipeline.release(release).expect("prod/us runs it").row;
    assert_eq!(
        (&before.digest, &before.revisions, &before.inputs, before.order),
        (&after.digest, &after.revisions, &after.inputs, after.order)
    );
    assert!(std::sync::Arc::ptr_eq(world.pipeline.plan(release).expect("its plan"), &plan));
}

#[test]
fn p1_the_same_key_admits_once_and_other_content_under_it_is_refused() {
    let plan = after_build(vec![stage("prod").targets(&["prod/us"])]);
    let mut world = World::new();
    let first = world.give(&trigger(), Input::Admit(Box::new(admission(&plan, 1, "delivery-1")))).expect("admitted");
    assert!(!first.is_empty());
    let again = world.give(&trigger(), Input::Admit(Box::new(admission(&plan, 1, "delivery-1")))).expect("the same once more");
    assert!(again.is_empty());
    let other = world.give(&trigger(), Input::Admit(Box::new(admission(&plan, 2, "delivery-1"))));
    assert_eq!(other, Err(Rejected::KeyReused));
    assert_eq!(world.pipeline.releases().count(), 1);
}

#[test]
fn p2_a_retry_of_a_later_stage_builds_nothing_again() {
    let plan = after_build(vec![stage("prod").rollback(|r| r.on_failure = false).targets(&["prod/us"])]);
    let mut world = World::new();
    let release = world.push(&plan);
    world.succeed("#1 build/package");
    world.fail("#1 prod/prod/us/deploy");
    world.give(&person("olga"), Input::Retry { release, what: Retry::FailedJobs }).expect("it may be retried");
    world.run();
    assert_eq!(world.state(release), ReleaseState::Completed, "{}", world.story());
    let builds = world.events_of(EventKind::JobQueued).iter().filter(|e| e.node.as_deref() == Some("build/package")).count();
    assert_eq!(builds, 1);
}

#[test]
fn p3_a_release_in_flight_finishes_on_its_own_plan() {
    let old = after_build(vec![stage("prod").targets(&["prod/us"])]);
    let new = after_build(vec![stage("staging").targets(&["staging/us"]), stage("prod").targets(&["prod/us"])]);
    let mut world = World::new();
    let first = world.push(&old);
    world.succeed("#1 build/package");
    let second = world.push(&new);
    world.run();
    assert_eq!((world.state(first), world.state(second)), (ReleaseState::Completed, ReleaseState::Completed), "{}", world.story());
    let of_first: Vec<_> =
        world.events_of(EventKind::ReleaseEntered).iter().filter(|e| e.release == Some(first)).filter_map(|e| e.place.clone()).collect();
    assert_eq!(of_first, ["build", "prod"]);
}

#[test]
fn p4_a_commit_that_arrives_late_is_older_all_the_same() {
    let plan = after_build(vec![stage("prod").targets(&["prod/us"])]);
    let mut world = World::new();
    let newer = world.push_at(&plan, 20);
    let late = world.push_at(&plan, 10);
    assert_eq!(world.state(late), ReleaseState::Outdated, "{}", world.story());
    world.run();
    assert_eq!(world.runs("prod/us"), Some(newer));
}

#[test]
fn p4_a_rewritten_history_is_newer_than_what_it_replaced() {
    let plan = after_build(vec![stage("prod").targets(&["prod/us"])]);
    let mut world = World::new();
    world.push_at(&plan, 20);
    world.run();
    let mut forced = admission(&plan, 3, "forced");
    forced.order = SourceOrder { epoch: 1, position: 3 };
    world.give(&trigger(), Input::Admit(Box::new(forced))).expect("admitted");
    world.run();
    assert_eq!(world.runs("prod/us").map(|r| r.0), Some(2), "{}", world.story());
}

#[test]
fn a_plan_that_cannot_be_followed_is_refused_with_its_flaw() {
    let mut plan = (*after_build(vec![stage("prod").targets(&["prod/us"])])).clone();
    plan.nodes[1].needs = vec![pipelines::plan::NodeIx(99)];
    let mut world = World::new();
    let refused = world.give(&trigger(), Input::Admit(Box::new(admission(&std::sync::Arc::new(plan), 1, "k"))));
    assert_eq!(refused, Err(Rejected::InvalidPlan("node \"build/enter\" needs node 99, which does not stand before it".to_owned())));
}

#[test]
fn d6_what_comes_from_a_fork_gets_no_secret_no_identity_and_no_deployment() {
    let admit = |plan: &std::sync::Arc<pipelines::plan::Plan>, trust| {
        let mut world = World::new();
        let admission = Admission { trust, ..admission(plan, 1, "k") };
        world.give(&trigger(), Input::Admit(Box::new(admission))).map(drop)
    };
    let checks = std::sync::Arc::new(pipelines::plan::Plan::clone(&after_build(vec![stage("lint")])));
    let jobs = |change: fn(&mut pipelines::plan::Job)| {
        let mut plan = pipelines::plan::Plan::clone(&checks);
        plan.nodes.iter_mut().for_each(|node| {
            if let NodeKind::Job(job) = &mut node.kind {
                change(job)
            }
        });
        std::sync::Arc::new(plan)
    };
    let deploys = after_build(vec![stage("beta").targets(&["local/a"])]);
    for (plan, why) in [
        (jobs(|job| job.secrets = vec!["TOKEN".to_owned()]), "names the secret TOKEN"),
        (jobs(|job| job.account = Some("beta".to_owned())), "no identity"),
        (jobs(|job| job.class = Class::Target), "no identity"),
        (deploys.clone(), "it would deploy to local/a"),
    ] {
        let refused = admit(&plan, Trust::Fork).unwrap_err();
        assert!(matches!(&refused, Rejected::Untrusted(text) if text.contains(why)), "{refused}");
        assert_eq!(admit(&plan, Trust::Branch), Ok(()));
    }
    assert_eq!(admit(&checks, Trust::Fork), Ok(()));
    assert!(matches!(admit(&deploys, Trust::PullRequest), Err(Rejected::Untrusted(_))), "a pull request deploys to its preview only");
    let mut preview = pipelines::plan::Plan::clone(&deploys);
    preview.preview = Some(Preview { number: 7, target: "local/a".to_owned(), address: None, removal: None });
    assert_eq!(admit(&std::sync::Arc::new(preview.clone()), Trust::PullRequest), Ok(()));
    assert!(matches!(admit(&std::sync::Arc::new(preview), Trust::Fork), Err(Rejected::Untrusted(_))));
}

#[test]
fn ib8_the_definition_of_a_production_stage_comes_from_the_followed_branch_only() {
    let mut plan = pipelines::plan::Plan::clone(&after_build(vec![stage("prod")]));
    plan.stages.iter_mut().for_each(|stage| stage.production = true);
    let plan = std::sync::Arc::new(plan);
    for (trust, is_taken) in [(Trust::Branch, true), (Trust::PullRequest, false), (Trust::Fork, false)] {
        let admission = Admission { trust, ..admission(&plan, 1, "k") };
        let answer = World::new().give(&trigger(), Input::Admit(Box::new(admission)));
        assert_eq!(answer.is_ok(), is_taken, "{trust:?}: {:?}", answer.err());
    }
}
