use pipelines::plan::{Window, WindowRule};

use super::plan::{
    DAY, HOUR, MINUTE, SECOND, after_build, alarm, alarms_gate, approval, bake, check, depends_on, metric, stage, wave, window,
};
use super::world::{START, World, person};
use crate::core::input::{HoldScope, Reading, Revision};
use crate::core::row::{GateState, ReleaseState, WaveState};
use crate::core::{Actor, Effect, EventKind, Input, Rejected, Time};

fn answer(world: &mut World, passed: bool) {
    let release = crate::core::id::ReleaseNumber(1);
    let token = Actor::Token { id: "t".to_owned(), name: "tickets".to_owned() };
    world
        .give(&token, Input::Answer { release, gate: "check".to_owned(), passed, detail: "CHG-1".to_owned() })
        .expect("an answer is taken");
}

/// Open on Tuesdays from 09:00 to 16:00, Athens; the world starts on a Monday.
fn tuesdays() -> Window {
    Window {
        timezone: "Europe/Athens".to_owned(),
        allow: vec![WindowRule::Weekly { days: vec![2], from_minute: 540, to_minute: 960 }],
        deny: Vec::new(),
        deny_calendars: Vec::new(),
    }
}

#[test]
fn g1_every_kind_of_gate_closes_and_opens() {
    let gates =
        stage("prod").gate(depends_on("lib", Some("prod"))).gate(alarms_gate("errors")).gate(metric("latency", 5.0)).gate(check(None));
    let plan = after_build(vec![gates.gate(approval(&[], 1)).targets(&["prod/us"])]);
    let mut world = World::new();
    let release = world.push(&plan);
    world.succeed_all();
    assert_eq!(world.waits_for(release, "prod"), ["depends_on: waits for lib to complete prod", "alarms: alarm errors: not read yet"]);
    let upstream = Input::Upstream {
        pipeline: "lib".to_owned(),
        stage: Some("prod".to_owned()),
        release: crate::core::id::ReleaseNumber(7),
        revisions: Vec::new(),
    };
    world.give(&Actor::Trigger { source: "lib".to_owned() }, upstream).expect("news");
    assert_eq!(world.waits_for(release, "prod"), ["alarms: alarm errors: not read yet"]);
    world.is_ok("errors");
    assert_eq!(world.waits_for(release, "prod"), ["metric: not read yet"]);
    world.read(&alarm("latency").monitor, Reading::Ok { value: Some(7.0), detail: String::new() });
    assert_eq!(world.waits_for(release, "prod"), ["metric: 7 is not at most 5"]);
    world.read(&alarm("latency").monitor, Reading::Ok { value: Some(4.0), detail: String::new() });
    assert_eq!(world.waits_for(release, "prod"), ["check: waits for an answer: is the change ticket open?"]);
    answer(&mut world, false);
    assert_eq!(world.waits_for(release, "prod"), ["check: CHG-1"]);
    answer(&mut world, true);
    assert_eq!(world.waits_for(release, "prod"), ["approval: waits for an approval"]);
    world.approve(&person("olga"), release).expect("approved");
    assert_eq!(world.queued(), ["#1 prod/prod/us/deploy"]);
}

#[test]
fn g2_nobody_is_asked_while_a_cheaper_gate_is_closed() {
    let plan =
        after_build(vec![stage("prod").gate(window(tuesdays())).gate(metric("latency", 5.0)).gate(approval(&[], 1)).targets(&["prod/us"])]);
    let mut world = World::new();
    let release = world.push(&plan);
    world.succeed_all();
    assert_eq!((world.count(EventKind::ApprovalAsked), world.pipeline.watches().count()), (0, 0));
    assert_eq!(world.approve(&person("olga"), release), Err(Rejected::NotWaiting { gate: "approval".to_owned() }));
    world.pass(DAY);
    assert_eq!(
        (world.count(EventKind::ApprovalAsked), world.pipeline.watches().count()),
        (0, 1),
        "the window is open, the metric is read now"
    );
    world.read_all_ok();
    assert_eq!(world.count(EventKind::ApprovalAsked), 1);
    assert!(world.effects.iter().any(|e| matches!(e, Effect::AskApproval { .. })));
}

#[test]
fn g2_a_hold_keeps_people_from_being_asked() {
    let plan = after_build(vec![stage("prod").gate(approval(&[], 1)).targets(&["prod/us"])]);
    let mut world = World::new();
    let hold = world.hold(HoldScope::Stage("prod".to_owned()));
    world.push(&plan);
    world.succeed_all();
    assert_eq!(world.count(EventKind::ApprovalAsked), 0);
    world.lift(&hold);
    assert_eq!(world.count(EventKind::ApprovalAsked), 1);
}

#[test]
fn g3_a_window_that_closed_meanwhile_stops_the_next_wave() {
    let waves = stage("prod").gate(window(tuesdays())).wave(wave("wave-1", &["prod/us"])).wave(wave("wave-2", &["prod/eu"]));
    let plan = after_build(vec![waves]);
    let mut world = World::new();
    world.pass(DAY);
    let release = world.push(&plan);
    world.succeed_all();
    let deploy = world.lease("#1 prod/wave-1/prod/us/deploy");
    for _ in 0..12 {
        world.pass(30 * MINUTE);
        world.heartbeat(&deploy).expect("it is heard again");
    }
    world.report(&deploy, protocol::Outcome::Succeeded).expect("it ends");
    assert_eq!(world.wave_state(release, "prod/wave-2"), Some(WaveState::Waiting), "it is 18:00 in Athens");
    world.pass(6 * DAY + 16 * HOUR);
    assert_eq!(world.queued(), ["#1 prod/wave-2/prod/eu/deploy"], "it is Tuesday again");
}

#[test]
fn g3_alarms_are_asked_again_at_the_instant_of_entry() {
    let plan = after_build(vec![stage("prod").gate(alarms_gate("errors")).gate(approval(&[], 1)).targets(&["prod/us"])]);
    let mut world = World::new();
    let release = world.push(&plan);
    world.succeed_all();
    world.is_ok("errors");
    world.pass(2 * MINUTE);
    world.approve(&person("olga"), release).expect("it was asked");
    let waits = world.waits_for(release, "prod");
    assert!(waits[0].starts_with("alarms: alarm errors: not read since"), "an old reading says nothing: {waits:?}");
    world.is_ok("errors");
    assert_eq!(world.queued(), ["#1 prod/prod/us/deploy"]);
}

#[test]
fn g4_a_closed_gate_makes_the_release_wait_and_says_until_when() {
    let plan = after_build(vec![stage("prod").gate(window(tuesdays())).targets(&["prod/us"])]);
    let mut world = World::new();
    let release = world.push(&plan);
    world.succeed_all();
    assert_eq!(world.state(release), ReleaseState::Moving);
    // Tuesday 09:00 in Athens is 07:00 UTC; the world starts on Monday at 10:00 UTC.
    let opens = START + 21 * HOUR;
    let row = world.pipeline.wave(release, world.wave_ix(release, "prod")).expect("it waits");
    assert_eq!(row.waits_for[0].until, Some(opens));
    assert_eq!(world.pipeline.next_deadline(), Some(opens));
    world.pass(21 * HOUR);
    assert_eq!(world.queued(), ["#1 prod/prod/us/deploy"]);
}

#[test]
fn g5_an_approval_is_asked_once_and_counts_distinct_people_who_made_nothing_of_it() {
    let waves = stage("prod").gate(approval(&["oncall"], 2)).wave(wave("wave-1", &["prod/us"])).wave(wave("wave-2", &["prod/eu"]));
    let plan = after_build(vec![waves]);
    let mut world = World::new();
    let release = world.push(&plan);
    world.succeed_all();
    assert_eq!(world.approve(&person("ada"), release), Err(Rejected::SelfApproval));
    let stranger = Actor::Person { id: "u-eve".into(), name: "eve".to_owned(), groups: Vec::new() };
    assert_eq!(world.approve(&stranger, release), Err(Rejected::NotAnApprover(vec!["oncall".to_owned()])));
    let token = Actor::Token { id: "t".to_owned(), name: "bot".to_owned() };
    assert_eq!(world.approve(&token, release), Err(Rejected::PersonNeeded("token bot".to_owned())));
    world.approve(&person("olga"), release).expect("one");
    assert_eq!(
        world.approve(&person("olga"), release),
        Err(Rejected::AlreadyDecided { gate: "approval".to_owned(), by: "olga".to_owned() })
    );
    assert_eq!(world.waits_for(release, "prod/wave-1"), ["approval: waits for approvals from oncall: 1 of 2"]);
    world.approve(&person("otto"), release).expect("two");
    world.run();
    assert_eq!(world.state(release), ReleaseState::Completed);
    assert_eq!(world.count(EventKind::ApprovalAsked), 1, "once per release and gate, not per wave");
    let row = world.gate_row(release, "approval").expect("the gate");
    assert_eq!(row.approvals.iter().map(|a| a.digest.as_str()).collect::<Vec<_>>(), ["digest-1", "digest-1"]);
}

#[test]
fn g5_an_approval_of_another_digest_does_not_count() {
    let plan = after_build(vec![stage("prod").gate(approval(&[], 1)).targets(&["prod/us"])]);
    let mut world = World::new();
    let release = world.push(&plan);
    world.succeed_all();
    let forged = Input::Approve { release, gate: "approval".to_owned(), digest: "digest-9".to_owned(), reason: String::new() };
    let refused = world.give(&person("olga"), forged);
    assert_eq!(refused, Err(Rejected::DigestMismatch { given: "digest-9".to_owned(), actual: "digest-1".to_owned() }));
}

#[test]
fn g5_an_approval_expires_and_is_asked_again_and_never_passes_by_time() {
    let plan = after_build(vec![stage("prod").gate(approval(&[], 1)).targets(&["prod/us"])]);
    let mut world = World::new();
    let release = world.push(&plan);
    world.succeed_all();
    world.pass(7 * DAY);
    assert_eq!((world.count(EventKind::ApprovalExpired), world.count(EventKind::ApprovalAsked)), (1, 2));
    assert_eq!(world.state(release), ReleaseState::Moving);
    assert_eq!(world.queued(), [""; 0]);
    // An answer gets old too.
    let hold = world.hold(HoldScope::Stage("prod".to_owned()));
    world.approve(&person("olga"), release).expect("it was asked");
    world.pass(7 * DAY);
    world.lift(&hold);
    assert_eq!(world.gate_row(release, "approval").map(|row| row.state), Some(GateState::Closed));
}

#[test]
fn g5_a_rejected_release_waits_for_an_approval_or_a_newer_one() {
    let plan = after_build(vec![stage("prod").gate(approval(&[], 1)).targets(&["prod/us"])]);
    let mut world = World::new();
    let release = world.push(&plan);
    world.succeed_all();
    world.give(&person("olga"), Input::Reject { release, gate: "approval".to_owned(), reason: "not today".to_owned() }).expect("rejected");
    assert_eq!(world.state(release), ReleaseState::Moving);
    assert_eq!(world.waits_for(release, "prod"), ["approval: rejected by olga: not today"]);
    world.approve(&person("otto"), release).expect("somebody else says yes after all");
    assert_eq!(world.queued(), ["#1 prod/prod/us/deploy"]);
}

#[test]
fn g7_the_union_of_windows_is_open_when_no_deny_is_active_and_one_allow_is() {
    let friday = Window { allow: vec![WindowRule::Weekly { days: vec![1], from_minute: 0, to_minute: 1439 }], ..tuesdays() };
    let mut second = window(friday);
    second.name = "mondays".to_owned();
    let plan = after_build(vec![stage("prod").gate(window(tuesdays())).gate(second.clone()).targets(&["prod/us"])]);
    let mut world = World::new();
    world.push(&plan);
    world.succeed_all();
    assert_eq!(world.queued(), ["#1 prod/prod/us/deploy"], "Monday is allowed by the second one");

    let frozen = Window {
        deny: vec![WindowRule::Dates { first: "2026-11-01".to_owned(), last: "2026-11-03".to_owned() }],
        allow: Vec::new(),
        ..tuesdays()
    };
    let plan = after_build(vec![stage("prod").gate(second).gate(window(frozen)).targets(&["prod/us"])]);
    let mut world = World::new();
    let release = world.push(&plan);
    world.succeed_all();
    assert_eq!(world.waits_for(release, "prod").len(), 2, "a deny of any closes all");
}

#[test]
fn g8_an_override_needs_a_person_and_a_reason_and_shows_for_ever() {
    let plan = after_build(vec![stage("prod").gate(window(tuesdays())).targets(&["prod/us"])]);
    let mut world = World::new();
    let release = world.push(&plan);
    world.succeed_all();
    let force = |reason: &str| Input::Override { release, gate: "window".to_owned(), reason: reason.to_owned() };
    assert_eq!(world.give(&person("olga"), force(" ")), Err(Rejected::ReasonNeeded));
    let token = Actor::Token { id: "t".to_owned(), name: "bot".to_owned() };
    assert_eq!(world.give(&token, force("now")), Err(Rejected::PersonNeeded("token bot".to_owned())));
    world.give(&person("olga"), force("mends incident 7")).expect("broken glass");
    world.run();
    assert_eq!(world.state(release), ReleaseState::Completed);
    let shown = &world.pipeline.release(release).expect("it runs").row.overrides;
    assert_eq!((shown[0].gate.as_str(), shown[0].reason.as_str()), ("prod/gate/window", "mends incident 7"));
    assert_eq!(world.count(EventKind::GateOverridden), 1);
}

#[test]
fn g8_the_alarms_of_a_wave_can_be_overridden_and_then_do_not_count_against_the_release() {
    let plan = after_build(vec![stage("prod").wave(wave("", &["prod/us"]).alarm(alarm("errors")))]);
    let mut world = World::new();
    world.ship(&plan);
    world.pass_well(HOUR);
    let fix = world.push(&plan);
    world.succeed_all();
    world.is_bad("errors");
    assert_eq!(world.wave_state(fix, "prod"), Some(WaveState::Waiting), "what fires already keeps it out");
    world
        .give(&person("olga"), Input::Override { release: fix, gate: "alarms".to_owned(), reason: "this mends it".to_owned() })
        .expect("overridden");
    world.pass(MINUTE);
    world.is_bad("errors");
    world.succeed("#2 prod/prod/us/deploy");
    assert_eq!(world.state(fix), ReleaseState::Completed, "the alarm is older than the rollout (IC6)\n{}", world.story());
}

#[test]
fn ic6_a_reading_from_before_a_release_arrived_does_not_let_it_in() {
    let plan = after_build(vec![stage("prod").wave(wave("", &["prod/us"]).alarm(alarm("errors")))]);
    let mut world = World::new();
    world.ship(&plan);
    world.pass_well(HOUR);
    world.is_ok("errors");
    world.pass(SECOND);
    let next = world.push(&plan);
    world.succeed("#2 build/package");
    assert_eq!(world.wave_state(next, "prod"), Some(WaveState::Waiting), "it may have turned bad since\n{}", world.story());
    world.is_bad("errors");
    assert_eq!(world.wave_state(next, "prod"), Some(WaveState::Waiting), "{}", world.story());
    assert_eq!(world.count(EventKind::RollbackStarted), 0, "what was bad before is no fault of the one that waits\n{}", world.story());
    world.pass(SECOND);
    world.is_ok("errors");
    assert_eq!(world.wave_state(next, "prod"), Some(WaveState::Entered), "{}", world.story());
}

#[test]
fn x8_where_nothing_runs_yet_the_alarms_keep_nothing_out_and_count_from_the_deployment_on() {
    let plan = after_build(vec![stage("prod").wave(wave("", &["prod/us"]).alarm(alarm("errors")).bake(bake(MINUTE, &["errors"])))]);
    let mut world = World::new();
    let first = world.push(&plan);
    world.succeed_all();
    world.is_bad("errors");
    assert_eq!(world.wave_state(first, "prod"), Some(WaveState::Entered), "nothing runs there, so nothing is unwell\n{}", world.story());
    world.succeed("#1 prod/prod/us/deploy");
    world.pass(SECOND);
    world.is_bad("errors");
    assert_eq!(world.state(first), ReleaseState::Failed, "now it runs, and it is unwell\n{}", world.story());
    assert_eq!(world.count(EventKind::RollbackImpossible), 1, "{}", world.story());
}

#[test]
fn g9_a_gate_that_cannot_be_read_stays_closed_and_says_so() {
    let plan = after_build(vec![stage("prod").gate(alarms_gate("errors")).targets(&["prod/us"])]);
    let mut world = World::new();
    let release = world.push(&plan);
    world.succeed_all();
    world.is_unreadable("errors");
    assert_eq!(world.gate_row(release, "alarms").map(|row| row.state), Some(GateState::Unreadable));
    assert_eq!(world.waits_for(release, "prod"), ["alarms: alarm errors: cannot be read: no answer"]);
    world.read(&alarm("errors").monitor, Reading::NoData { detail: "no series".to_owned() });
    assert_eq!(world.waits_for(release, "prod"), ["alarms: alarm errors: no data: no series"], "no data is not OK (IC5)");
    world.is_ok("errors");
    assert_eq!(world.queued(), ["#1 prod/prod/us/deploy"]);
}

#[test]
fn a_check_whose_answer_got_old_is_asked_again() {
    let plan = after_build(vec![stage("prod").gate(check(Some(HOUR))).gate(approval(&[], 1)).targets(&["prod/us"])]);
    let mut world = World::new();
    let release = world.push(&plan);
    world.succeed_all();
    answer(&mut world, true);
    world.pass(HOUR);
    assert_eq!(world.waits_for(release, "prod"), ["check: waits for an answer: is the change ticket open?"]);
}

#[test]
fn p5_an_upstream_completion_counts_only_with_the_same_revision_of_a_shared_source() {
    let plan = after_build(vec![stage("prod").gate(depends_on("lib", None)).targets(&["prod/us"])]);
    let mut world = World::new();
    let release = world.push(&plan);
    world.succeed_all();
    let completed = |number: u64, commit: &str| Input::Upstream {
        pipeline: "lib".to_owned(),
        stage: None,
        release: crate::core::id::ReleaseNumber(number),
        revisions: vec![Revision {
            source: "main".to_owned(),
            commit: commit.to_owned(),
            reference: "main".to_owned(),
            title: String::new(),
            author: String::new(),
            committed_at: Time(0),
        }],
    };
    let actor = Actor::Trigger { source: "lib".to_owned() };
    world.give(&actor, completed(1, "another")).expect("news");
    assert_eq!(world.waits_for(release, "prod"), ["depends_on: waits for lib to complete with the same revisions"]);
    world.give(&actor, completed(2, &format!("{:040}", 1))).expect("news");
    assert_eq!(world.queued(), ["#1 prod/prod/us/deploy"]);
}
