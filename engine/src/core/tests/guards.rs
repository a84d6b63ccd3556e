//! Guards: what the engine watches by itself takes back what became far worse, and is no evidence of anything else.

use pipelines::plan::{Alarm, CLOUD_GUARD, Monitor, MonitorKind};

use super::plan::{MINUTE, SECOND, after_build, bake, stage, wave};
use super::world::World;
use crate::core::EventKind;
use crate::core::id::ReleaseNumber;
use crate::core::input::Reading;
use crate::core::row::ReleaseState;

const fn n(number: u64) -> ReleaseNumber {
    ReleaseNumber(number)
}

/// As expansion makes it.
fn guard() -> Alarm {
    let kind = MonitorKind::External {
        system: CLOUD_GUARD.to_owned(),
        name: "traffic sum(Shop:Requests)".to_owned(),
        account: Some("222222222222".to_owned()),
        region: Some("us".to_owned()),
    };
    Alarm {
        name: "guard of traffic (prod/us)".to_owned(),
        target: Some("prod/us".to_owned()),
        monitor: Monitor { kind, interval_ms: 30 * SECOND, timeout_ms: 10 * SECOND },
        for_ms: MINUTE,
        aggregate: None,
    }
}

fn plan() -> std::sync::Arc<pipelines::plan::Plan> {
    after_build(vec![stage("prod").wave(wave("", &["prod/us"]).alarm(guard()).bake(bake(10 * MINUTE, &[])))])
}

fn no_data() -> Reading {
    Reading::NoData { detail: "too little to compare with".to_owned() }
}

fn bad() -> Reading {
    Reading::Bad { value: Some(0.0), detail: "traffic fell to zero".to_owned() }
}

#[test]
fn ic5_a_guard_keeps_nobody_out_and_no_bake_waits_for_it() {
    let mut world = World::new();
    world.push(&plan());
    world.succeed_all();
    assert_eq!(world.pipeline.watches().count(), 1, "from the entry on, not before");
    world.succeed("#1 prod/prod/us/deploy");
    world.read(&guard().monitor, no_data());
    world.read(&guard().monitor, Reading::Unreadable { detail: "denied".to_owned() });
    world.read(&guard().monitor, no_data());
    world.pass(11 * MINUTE);
    assert_eq!(world.state(n(1)), ReleaseState::Completed, "{}", world.story());
    assert_eq!(world.count(EventKind::MonitorUnreadable), 0, "it was dark before, and said nothing");
}

#[test]
fn x1_a_guard_takes_a_release_back_that_made_its_target_far_worse() {
    let mut world = World::new();
    world.ship(&plan());
    world.push(&plan());
    world.succeed_all();
    world.succeed("#2 prod/prod/us/deploy");
    world.pass(SECOND);
    world.read(&guard().monitor, bad());
    world.pass(30 * SECOND);
    world.read(&guard().monitor, Reading::Ok { value: Some(9.0), detail: "it was a moment".to_owned() });
    world.pass(SECOND);
    world.read(&guard().monitor, bad());
    world.pass(59 * SECOND);
    world.read(&guard().monitor, bad());
    assert_eq!(world.queued(), [""; 0], "not yet long enough");
    world.pass(SECOND);
    world.read(&guard().monitor, bad());
    world.succeed("#1 prod/prod/us/rollback");
    assert_eq!(world.runs("prod/us"), Some(n(1)));
    let words = &world.events_of(EventKind::AlarmFired)[0].reason;
    assert!(words.contains("guard of traffic") && words.contains("fell to zero"), "{words}");
}
