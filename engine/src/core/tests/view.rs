//! What people see (S1 to S3), as the views tell it.

use super::plan::{HOUR, after_build, approval, bake, stage, wave};
use super::world::{World, person};
use crate::core::Rejected;
use crate::core::id::ReleaseNumber;
use crate::core::input::HoldScope;
use crate::core::row::GateState;
use crate::core::view::{self, AttentionKind, CommitLine, Known, TargetState, Viewer};

fn viewer(name: &str) -> Viewer {
    let crate::core::Actor::Person { id, groups, .. } = person(name) else { panic!("a person") };
    Viewer { person: Some(id), groups, may_approve: true }
}

/// A line per target: `prod/w1 a: live 2, incoming 3, baking`.
fn fronts(world: &World) -> Vec<String> {
    let progress = view::progress(&world.pipeline, Known::default(), 50, &Viewer::default(), 7, world.now);
    let number = |name: &str, n: Option<u64>| n.map(|n| format!(", {name} {n}")).unwrap_or_default();
    let mut lines = Vec::new();
    for stage in &progress.stages {
        for wave in &stage.waves {
            for target in &wave.targets {
                let state = serde_json::to_value(target.state).expect("a state");
                let (live, incoming, left) =
                    (number("live", target.live), number("incoming", target.incoming), number("left", target.left));
                lines.push(format!(
                    "{}/{} {}: {}{live}{incoming}{left}",
                    stage.name,
                    wave.name,
                    target.name,
                    state.as_str().expect("a text")
                ));
            }
        }
    }
    lines
}

#[test]
fn s1_each_target_tells_up_to_which_change_it_has_them_and_what_comes() {
    let mut world = World::new();
    let plan = after_build(vec![stage("prod").wave(wave("w1", &["a", "b"]).bake(bake(HOUR, &["errors"]))).wave(wave("w2", &["c"]))]);
    world.ship(&plan);
    assert_eq!(fronts(&world), ["prod/w1 a: live, live 1", "prod/w1 b: live, live 1", "prod/w2 c: live, live 1"]);

    world.push(&plan);
    while world.queued().iter().any(|key| key.contains("build")) {
        world.succeed_all();
    }
    assert_eq!(fronts(&world)[0], "prod/w1 a: deploying, live 1, incoming 2");
    world.succeed_all();
    let after = fronts(&world);
    assert_eq!(after[0], "prod/w1 a: baking, live 2", "{after:?}");
    assert_eq!(after[2], "prod/w2 c: live, live 1", "{after:?}");
}

#[test]
fn s1_a_rolled_back_target_shows_what_it_left() {
    let mut world = World::new();
    let plan = after_build(vec![stage("prod").wave(wave("w1", &["a"]).bake(bake(HOUR, &["errors"])))]);
    world.ship(&plan);
    world.push(&plan);
    while fronts(&world)[0] != "prod/w1 a: baking, live 2" {
        assert!(world.succeed_all(), "{:?}\n{}", fronts(&world), world.story());
    }
    world.is_bad("errors");
    for _ in 0..20 {
        world.succeed_all();
        world.pass(1_000);
    }
    assert_eq!(fronts(&world), ["prod/w1 a: rolled_back, live 1, left 2"], "{}", world.story());
}

#[test]
fn s3_a_waiting_release_says_what_for_and_the_commits_that_it_holds_back() {
    let mut world = World::new();
    let free = after_build(vec![stage("prod").targets(&["a"])]);
    world.ship(&free);
    let gated = after_build(vec![stage("prod").gate(approval(&["oncall"], 1)).targets(&["a"])]);
    world.push(&gated);
    world.push(&gated);
    world.run();

    let progress = view::progress(&world.pipeline, Known::default(), 50, &viewer("olga"), 7, world.now);
    let gate = progress.stages.last().and_then(|stage| stage.waves.first()).and_then(|wave| wave.gate.clone()).expect("a gate");
    assert_eq!((gate.kind.as_str(), gate.state, gate.change, gate.held), ("approval", GateState::Closed, Some(3), 2), "{gate:?}");
    assert_eq!((gate.needed, gate.given, gate.can_act), (Some(1), Some(0), true), "{gate:?}");

    let asked = view::approvals(&world.pipeline, &viewer("olga"));
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert_eq!((asked[0].release, asked[0].live, asked[0].newer), (ReleaseNumber(3), Some(1), None));
    let attention = view::attention(&world.pipeline, &viewer("olga"));
    assert_eq!(attention.iter().map(|one| one.kind).collect::<Vec<_>>(), [AttentionKind::Approval], "{attention:?}");
}

#[test]
fn a_viewer_who_cannot_act_is_told_why() {
    let mut world = World::new();
    let mut gate = approval(&["oncall"], 2);
    if let pipelines::plan::GateCondition::Approval(approval) = &mut gate.condition {
        approval.no_self_approval = true;
    }
    let plan = after_build(vec![stage("prod").gate(gate).targets(&["a"])]);
    let number = world.push(&plan);
    world.run();
    let why =
        |world: &World, viewer: &Viewer| view::approvals(&world.pipeline, viewer).first().and_then(|one| one.gate.cannot_because.clone());
    assert_eq!(why(&world, &viewer("ada")).as_deref(), Some("you made or started one of its commits"));
    assert_eq!(why(&world, &Viewer { may_approve: false, ..viewer("olga") }).as_deref(), Some("your role may not approve"));
    assert_eq!(why(&world, &Viewer { groups: Vec::new(), ..viewer("olga") }).as_deref(), Some("only members of oncall may approve"));
    assert_eq!(why(&world, &Viewer { person: None, ..viewer("olga") }).as_deref(), Some("only a person can approve"));
    assert_eq!(why(&world, &viewer("olga")), None);
    world.approve(&person("olga"), number).expect("approved");
    assert_eq!(why(&world, &viewer("olga")).as_deref(), Some("you have approved it"));
}

#[test]
fn l7_a_hold_shows_at_the_targets_that_it_covers() {
    let mut world = World::new();
    let plan = after_build(vec![stage("prod").wave(wave("w1", &["a"])).wave(wave("w2", &["b"]))]);
    world.ship(&plan);
    let hold = world.hold(HoldScope::Target("b".to_owned()));
    let states = |world: &World| view::targets(&world.pipeline, None).into_iter().map(|target| target.front.state).collect::<Vec<_>>();
    assert_eq!(states(&world), [TargetState::Live, TargetState::Held]);
    assert_eq!(view::board(&world.pipeline, &viewer("olga"), 7, world.now).holds.len(), 1);
    world.lift(&hold);
    assert_eq!(states(&world), [TargetState::Live, TargetState::Live]);
}

#[test]
fn s2_a_target_tells_its_history_and_what_its_neighbours_run() {
    let mut world = World::new();
    let plan = after_build(vec![stage("prod").wave(wave("w1", &["a", "b", "c"]))]);
    world.ship(&plan);
    world.ship(&plan);
    let place = crate::core::input::Place::Target { target: "c".to_owned() };
    world.roll_back(place, Some(ReleaseNumber(1))).expect("a rollback");
    world.run();
    let seen = view::targets(&world.pipeline, Some("c"));
    assert_eq!((seen[0].front.release, seen[0].neighbours_run), (Some(ReleaseNumber(1)), Some(ReleaseNumber(2))), "{seen:?}");
    assert_eq!(seen[0].history.iter().map(|rollout| rollout.release.0).collect::<Vec<_>>(), [1, 2, 1]);
}

#[test]
fn compare_takes_a_place_by_what_all_of_its_targets_have() {
    let mut world = World::new();
    let plan = after_build(vec![stage("prod").wave(wave("w1", &["a"])).wave(wave("w2", &["b"]).bake(bake(HOUR, &["errors"])))]);
    world.ship(&plan);
    world.push(&plan);
    while world.runs("a") != Some(ReleaseNumber(2)) {
        assert!(world.succeed_all(), "{}", world.story());
    }
    let fronts = view::compare(&world.pipeline, &[], "prod/w1", "prod").expect("two places");
    assert_eq!((fronts.from.release, fronts.to.release), (Some(ReleaseNumber(2)), Some(ReleaseNumber(1))), "{fronts:?}");
    assert_eq!(view::compare(&world.pipeline, &[], "b", "#2").expect("two places").to.change, Some(2));
    assert_eq!(view::compare(&world.pipeline, &[], "gamma", "prod"), Err(Rejected::UnknownPlace("gamma".to_owned())));
    assert_eq!(view::compare(&world.pipeline, &[], "#9", "prod"), Err(Rejected::UnknownRelease(ReleaseNumber(9))));
}

#[test]
fn changes_are_the_commits_that_are_known_with_the_releases_made_from_them() {
    let mut world = World::new();
    let plan = after_build(vec![stage("prod").targets(&["a"])]);
    world.ship(&plan);
    let release = world.pipeline.release(ReleaseNumber(1)).expect("the release");
    let mut order = release.row.order;
    order.position += 1;
    let commit = CommitLine {
        source: "main".to_owned(),
        id: "skipped".to_owned(),
        order,
        title: "documentation only".to_owned(),
        author: "a".to_owned(),
        at: world.now,
    };
    let progress = view::progress(
        &world.pipeline,
        Known { commits: &[commit], releases: &[], left: &[], before: None },
        1,
        &Viewer::default(),
        7,
        world.now,
    );
    assert_eq!(progress.changes.iter().map(|change| (change.n, change.release)).collect::<Vec<_>>(), [(2, None)]);
}

/// 240 targets and 60 releases: linear, and small on the wire.
#[test]
fn progress_of_many_targets_stays_small() {
    let mut world = World::new();
    let names: Vec<&'static str> = (0..240).map(|n| &*format!("t/{n:03}").leak()).collect();
    let waves = names.chunks(30).zip(["w1", "w2", "w3", "w4", "w5", "w6", "w7", "w8"]);
    let stage = waves.fold(stage("prod"), |stage, (targets, name)| stage.wave(wave(name, targets)));
    let plan = after_build(vec![stage]);
    world.push(&plan);
    let progress = view::progress(&world.pipeline, Known::default(), 50, &Viewer::default(), 7, world.now);
    assert_eq!(progress.stages.iter().flat_map(|stage| &stage.waves).map(|wave| wave.targets.len()).sum::<usize>(), 240);
    let bytes = serde_json::to_vec(&progress).expect("JSON").len();
    assert!(bytes < 30_000, "{bytes} bytes");
}

#[test]
fn s1_a_target_that_came_later_says_with_which_change() {
    let mut world = World::new();
    world.ship(&after_build(vec![stage("prod").wave(wave("w1", &["a"]))]));
    world.ship(&after_build(vec![stage("prod").wave(wave("w1", &["a", "b"]))]));
    world.ship(&after_build(vec![stage("prod").wave(wave("w1", &["a", "b"]))]));
    let progress = view::progress(&world.pipeline, Known::default(), 50, &Viewer::default(), 7, world.now);
    let targets = progress.stages.iter().flat_map(|stage| &stage.waves).flat_map(|wave| &wave.targets);
    let first: Vec<(&str, Option<u64>)> = targets.map(|target| (target.name.as_str(), target.first)).collect();
    assert_eq!(first, [("a", None), ("b", Some(2))]);
}
