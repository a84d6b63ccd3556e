//! A person sends something back (X1, X10).

use std::sync::Arc;

use pipelines::plan::Plan;

use super::plan::{after_build, stage, wave};
use super::world::{World, person};
use crate::core::id::ReleaseNumber;
use crate::core::input::Place;
use crate::core::row::ReleaseState;
use crate::core::{EventKind, Input, Rejected};

const fn n(number: u64) -> ReleaseNumber {
    ReleaseNumber(number)
}

fn two_waves() -> Arc<Plan> {
    after_build(vec![stage("prod").wave(wave("wave-1", &["prod/us"])).wave(wave("wave-2", &["prod/eu"]))])
}

fn the_stage() -> Place {
    Place::Stage { stage: "prod".to_owned() }
}

#[test]
fn x1_a_click_sends_the_newest_release_back_to_the_good_one_before() {
    let plan = two_waves();
    let mut world = World::new();
    world.ship(&plan);
    world.ship(&plan);
    world.roll_back(the_stage(), None).expect("taken");
    world.succeed_all();
    world.succeed_all();
    assert_eq!((world.runs("prod/us"), world.runs("prod/eu")), (Some(n(1)), Some(n(1))), "{}", world.story());
    assert_eq!(world.state(n(2)), ReleaseState::Failed);
    assert_eq!(world.holds(), [""; 0], "the stage's own policy decides what comes next");
}

#[test]
fn x10_a_person_may_choose_any_earlier_good_release_and_that_holds_the_lanes() {
    let plan = two_waves();
    let mut world = World::new();
    for _ in 0..3 {
        world.ship(&plan);
    }
    world.roll_back(the_stage(), Some(n(1))).expect("taken");
    world.succeed_all();
    world.succeed_all();
    assert_eq!((world.runs("prod/us"), world.runs("prod/eu")), (Some(n(1)), Some(n(1))), "{}", world.story());
    assert_eq!(world.holds(), ["rolled back to #1 by hand", "rolled back to #1 by hand"]);
    let next = world.push(&plan);
    world.run();
    assert_eq!(world.waits_for(next, "prod/wave-1"), ["hold: held: rolled back to #1 by hand"]);
}

#[test]
fn x10_one_target_goes_back_alone() {
    let plan = two_waves();
    let mut world = World::new();
    world.ship(&plan);
    world.ship(&plan);
    world.roll_back(Place::Target { target: "prod/us".to_owned() }, Some(n(1))).expect("taken");
    world.succeed("#1 prod/wave-1/prod/us/rollback");
    assert_eq!((world.runs("prod/us"), world.runs("prod/eu")), (Some(n(1)), Some(n(2))));
    assert_eq!(world.target("prod/eu").flag.as_deref(), Some("runs release #2, which is quarantined"));
}

#[test]
fn x10_what_cannot_be_gone_back_to_is_refused() {
    let plan = two_waves();
    let mut world = World::new();
    world.ship(&plan);
    assert_eq!(world.roll_back(the_stage(), None), Err(Rejected::NoDestination("prod/eu".into())));
    world.ship(&plan);
    assert_eq!(world.roll_back(the_stage(), Some(n(9))), Err(Rejected::UnknownRelease(n(9))));
    assert_eq!(world.roll_back(Place::Stage { stage: "nowhere".to_owned() }, None), Err(Rejected::UnknownPlace("nowhere".to_owned())));
    world.give(&person("olga"), Input::Quarantine { release: n(1), reason: "bad".to_owned() }).expect("quarantined");
    assert_eq!(world.roll_back(the_stage(), Some(n(1))), Err(Rejected::Quarantined(n(1))));
}

#[test]
fn x10_the_same_key_has_one_effect_and_a_second_rollback_waits_for_the_first() {
    let plan = two_waves();
    let mut world = World::new();
    world.ship(&plan);
    world.ship(&plan);
    let ask = |to| Input::Rollback { key: "click-1".to_owned(), place: the_stage(), to, reason: "errors".to_owned() };
    world.give(&person("olga"), ask(None)).expect("taken");
    assert!(world.give(&person("olga"), ask(None)).expect("the same click").is_empty());
    assert_eq!(world.give(&person("olga"), ask(Some(n(1)))), Err(Rejected::KeyReused));
    assert!(matches!(world.roll_back(the_stage(), None), Err(Rejected::RollbackUnderWay(_))));
    assert_eq!(world.give(&person("olga"), Input::Cancel { release: n(2), reason: "stop".to_owned() }), Err(Rejected::ReleaseEnded(n(2))));
    assert_eq!(world.count(EventKind::RollbackStarted), 1, "wave 2 first");
}
