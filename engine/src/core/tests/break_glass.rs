//! Two people take a target from an attempt that may still act (IA4, IF12).

use protocol::{Fences, Outcome};

use super::plan::{MINUTE, after_build, stage};
use super::world::{LEASE_MS, World, person};
use crate::core::id::ReleaseNumber;
use crate::core::input::Verdict;
use crate::core::row::{NodeState, ReleaseState};
use crate::core::{Changes, Input, Rejected, Settings};

/// Contact with the deployment of #1 is lost; its credentials live on.
fn lost() -> (World, Fences) {
    let mut world = World::new();
    world.push(&after_build(vec![stage("prod").targets(&["prod/us"])]));
    world.succeed_all();
    let fences = world.lease("#1 prod/prod/us/deploy");
    let until = world.now + 30 * MINUTE;
    world.give(&super::world::runner_actor(), Input::Issued { fences: fences.clone(), until }).expect("issued");
    world.pass(LEASE_MS);
    assert!(world.target("prod/us").unknown.is_some());
    (world, fences)
}

fn asks(world: &mut World, who: &str, verdict: Verdict) -> Result<Changes, Rejected> {
    world.give(&person(who), Input::BreakGlass { target: "prod/us".into(), verdict, reason: "the site is down".to_owned() })
}

#[test]
fn a4_breaking_the_glass_needs_two_people_who_say_the_same() {
    let (mut world, fences) = lost();
    asks(&mut world, "olga", Verdict::Again).expect("noted");
    assert!(world.target("prod/us").unknown.is_some(), "one person is not enough");
    assert_eq!(asks(&mut world, "olga", Verdict::Again), Err(Rejected::SecondPersonNeeded("u-olga".to_owned())));
    asks(&mut world, "piet", Verdict::Again).expect("two people");
    assert!(world.target("prod/us").unknown.is_none(), "{}", world.story());
    assert_eq!(world.queued(), ["#1 prod/prod/us/deploy"]);
    let late = world.report(&fences, Outcome::Succeeded);
    assert!(late.is_err(), "the old copy's word counts no more: {late:?}");
    world.run();
    assert_eq!(world.state(ReleaseNumber(1)), ReleaseState::Completed);
}

#[test]
fn a4_another_verdict_is_a_new_question() {
    let (mut world, _) = lost();
    asks(&mut world, "olga", Verdict::Again).expect("noted");
    asks(&mut world, "piet", Verdict::Failed).expect("noted");
    assert!(world.target("prod/us").unknown.is_some());
    asks(&mut world, "olga", Verdict::Failed).expect("two people");
    assert_eq!(world.node_state(ReleaseNumber(1), "prod/prod/us/deploy"), Some(NodeState::Failed), "{}", world.story());
}

#[test]
fn a4_the_first_word_gets_old() {
    let (mut world, fences) = lost();
    asks(&mut world, "olga", Verdict::Again).expect("noted");
    let wait = Settings::default().glass_ms;
    world.heartbeat(&fences).expect("heard again");
    world.pass(LEASE_MS);
    assert!(world.target("prod/us").glass.is_none(), "what was asked is over once the runner is heard of");
    asks(&mut world, "olga", Verdict::Again).expect("noted");
    world.now = world.now + wait;
    asks(&mut world, "piet", Verdict::Again).expect("noted anew");
    assert!(world.target("prod/us").unknown.is_some(), "{}", world.story());
}

#[test]
fn a4_only_an_unknown_target_has_glass_and_only_people_break_it() {
    let (mut world, fences) = lost();
    let input = Input::BreakGlass { target: "prod/us".into(), verdict: Verdict::Again, reason: "x".to_owned() };
    assert!(matches!(world.give(&super::world::runner_actor(), input), Err(Rejected::PersonNeeded(_))));
    let input = Input::BreakGlass { target: "prod/us".into(), verdict: Verdict::Again, reason: String::new() };
    assert_eq!(world.give(&person("olga"), input), Err(Rejected::ReasonNeeded));
    world.report(&fences, Outcome::Succeeded).expect("late, and taken");
    assert_eq!(asks(&mut world, "olga", Verdict::Again), Err(Rejected::NotUnknown("prod/us".into())));
}
