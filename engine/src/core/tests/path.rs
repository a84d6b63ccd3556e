//! The path of a release when all is well.

use super::plan::{MINUTE, after_build, alarm, approval, bake, stage, wave};
use super::world::{World, person};
use crate::core::EventKind;
use crate::core::row::{ReleaseState, WaveState};

#[test]
fn a_release_goes_through_build_beta_and_waves() {
    let plan = after_build(vec![
        stage("beta").wave(wave("", &["beta/us"]).bake(bake(10 * MINUTE, &["errors"]))),
        stage("prod")
            .wave(wave("wave-1", &["prod/us"]).alarm(alarm("errors")))
            .wave(wave("wave-2", &["prod/eu", "prod/ap"]).bake(bake(10 * MINUTE, &["errors"]))),
    ]);
    let mut world = World::new();
    let release = world.push(&plan);
    assert_eq!(world.queued(), ["#1 build/package"]);
    world.succeed("#1 build/package");
    assert_eq!(world.queued(), ["#1 beta/beta/us/deploy"]);
    world.succeed("#1 beta/beta/us/deploy");
    assert_eq!(world.runs("beta/us"), Some(release));
    world.pass_well(9 * MINUTE);
    assert_eq!(world.wave_state(release, "prod/wave-1"), None);
    world.pass_well(MINUTE);
    assert_eq!(world.queued(), ["#1 prod/wave-1/prod/us/deploy"]);
    world.run();
    assert_eq!(world.state(release), ReleaseState::Completed, "{}", world.story());
    assert_eq!((world.runs("prod/us"), world.runs("prod/eu"), world.runs("prod/ap")), (Some(release), Some(release), Some(release)));
    assert_eq!(world.count(EventKind::ReleaseCompleted), 1);
    assert_eq!(world.count(EventKind::StageCompleted), 3);
}

#[test]
fn a_release_waits_for_people_and_then_goes_on() {
    let plan = after_build(vec![stage("prod").gate(approval(&["oncall"], 1)).targets(&["prod/us"])]);
    let mut world = World::new();
    let release = world.push(&plan);
    world.run();
    assert_eq!(world.waits_for(release, "prod"), ["approval: waits for an approval from oncall"]);
    assert_eq!(world.wave_state(release, "prod"), Some(WaveState::Waiting));
    world.approve(&person("olga"), release).expect("olga may approve");
    world.run();
    assert_eq!(world.state(release), ReleaseState::Completed, "{}", world.story());
}
