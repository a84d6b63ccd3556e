//! What is loaded behaves as what was saved (IE10), and bad rows are errors (R11). `world` compares the two
//! after every input of every test.

use super::plan::{after_build, stage};
use super::world::World;
use crate::core::row::NodeState;
use crate::core::{LoadError, Pipeline};

fn under_way() -> World {
    let plan = after_build(vec![stage("prod").targets(&["prod/us"])]);
    let mut world = World::new();
    world.ship(&plan);
    world.push(&plan);
    world.succeed_all();
    world.lease("#2 prod/prod/us/deploy");
    world
}

fn load_error(world: &World, spoil: impl FnOnce(&mut crate::core::Loaded)) -> LoadError {
    let mut loaded = world.loaded();
    spoil(&mut loaded);
    Pipeline::load(loaded, *world.pipeline.settings()).expect_err("the rows do not fit together")
}

#[test]
fn r11_rows_that_do_not_fit_together_are_an_error_that_says_which() {
    let world = under_way();
    let text = |spoil: fn(&mut crate::core::Loaded)| load_error(&world, spoil).to_string();
    assert_eq!(text(|l| l.attempts.clear()), "target prod/us names attempt p-1.2.8.1, whose row is missing");
    assert_eq!(text(|l| l.nodes[0].node.0 = 999), "a node of release #1 stands at node 999, and its plan has none there");
    assert_eq!(text(|l| l.waves[0].wave.wave = 9), "release #1 stands at stage 0, wave 9, and its plan has none there");
    assert_eq!(text(|l| l.pipeline.next_release = 2), "release #2 is not below the pipeline's next number");
    assert_eq!(text(|l| l.releases.clear()), "a wave belongs to release #1, whose row is missing");
}

#[test]
fn ie10_a_restart_changes_nothing_and_every_lease_stays_valid() {
    let mut world = under_way();
    let lease = world.pipeline.attempts().find(|a| a.state == crate::core::row::AttemptState::Leased).expect("a lease").clone();
    world.restart();
    let fences = protocol::Fences {
        generation: protocol::Generation(1),
        attempt: lease.id.clone(),
        lease_token: lease.token.clone().expect("a token"),
        fence: lease.fence,
    };
    world.heartbeat(&fences).expect("it is current");
    world.report(&fences, protocol::Outcome::Succeeded).expect("it is current");
    assert_eq!(world.node_state(lease.release, "prod/prod/us/deploy"), Some(NodeState::Succeeded));
}

#[test]
fn releases_that_no_rule_can_ask_for_leave_the_memory() {
    let plan = after_build(vec![stage("prod").targets(&["prod/us"])]);
    let mut world = World::new();
    for _ in 0..30 {
        world.ship(&plan);
    }
    assert_eq!(world.pipeline.releases().count(), 20, "those that prod/us may go back to");
    let broken = super::plan::plan(vec![stage("build").job("package")]);
    for number in 31..=90 {
        world.push(&broken);
        world.fail(&format!("#{number} build/package"));
    }
    assert_eq!(world.pipeline.releases().count(), 70, "and the newest fifty that failed");
}
