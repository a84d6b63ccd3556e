//! CloudWatch's alarms as readings.

use std::sync::Arc;

use adapters::aws::CloudWatch;
use adapters::clock::SystemClock;
use engine::core::input::Reading;
use engine::ports::MonitorReader as _;
use futures::future::join_all;
use pipelines::plan::{Monitor, MonitorKind};
use testkit::aws::{Cli, Fault, Harm, settings};

use super::scene::{Scene, arn};

const ACCOUNT: &str = "222222222222";

fn monitor(name: &str, region: &str) -> Monitor {
    let kind = MonitorKind::External {
        system: "cloudwatch".to_owned(),
        name: name.to_owned(),
        account: Some(ACCOUNT.to_owned()),
        region: Some(region.to_owned()),
    };
    Monitor { kind, interval_ms: 5_000, timeout_ms: 20_000 }
}

fn watch(scene: &Scene) -> CloudWatch {
    CloudWatch::new(settings(scene.front.url()), scene.identity.clone(), scene.registry(), Arc::new(SystemClock::new()))
}

pub(crate) fn put_alarm(cli: &Cli, name: &str) {
    cli.run(&[
        "cloudwatch",
        "put-metric-alarm",
        "--alarm-name",
        name,
        "--metric-name",
        "Errors",
        "--namespace",
        "AWS/Lambda",
        "--period",
        "60",
        "--evaluation-periods",
        "1",
        "--threshold",
        "5",
        "--comparison-operator",
        "GreaterThanThreshold",
        "--statistic",
        "Sum",
    ]);
}

pub(crate) fn set_alarm(cli: &Cli, name: &str, state: &str) {
    cli.run(&["cloudwatch", "set-alarm-state", "--alarm-name", name, "--state-value", state, "--state-reason", "said by the test"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn g9_the_states_of_an_alarm_and_what_cannot_be_read_are_kept_apart() {
    let scene = Scene::new().await;
    scene.account("prod", ACCOUNT, &["eu-west-1"]).await;
    let (cli, watch) = (scene.cli(ACCOUNT, "eu-west-1"), watch(&scene));
    put_alarm(&cli, "errors");
    let read = async || watch.read(&monitor("errors", "eu-west-1")).await;
    assert!(matches!(read().await, Reading::Ok { .. }), "the emulator's alarms start OK");
    set_alarm(&cli, "errors", "ALARM");
    let bad = read().await;
    assert!(matches!(&bad, Reading::Bad { detail, .. } if detail == "ALARM: said by the test"), "{bad:?}");
    set_alarm(&cli, "errors", "INSUFFICIENT_DATA");
    let dark = read().await;
    assert!(matches!(&dark, Reading::NoData { detail } if detail.starts_with("INSUFFICIENT_DATA")), "{dark:?}");
    set_alarm(&cli, "errors", "OK");
    assert!(matches!(read().await, Reading::Ok { .. }), "flapping is told as it is; how long it counts is the core's");

    let elsewhere = watch.read(&monitor("errors", "us-east-1")).await;
    assert!(matches!(&elsewhere, Reading::Unreadable { detail } if detail.contains("there is no alarm")), "{elsewhere:?}");
    cli.run(&["cloudwatch", "delete-alarms", "--alarm-names", "errors"]);
    let deleted = read().await;
    assert!(matches!(&deleted, Reading::Unreadable { detail } if detail.contains("deleted or renamed")), "{deleted:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn ic5_what_is_refused_throttled_or_revoked_is_unreadable_and_says_so() {
    let scene = Scene::new().await;
    scene.account("prod", ACCOUNT, &["eu-west-1"]).await;
    let (cli, watch) = (scene.cli(ACCOUNT, "eu-west-1"), watch(&scene));
    put_alarm(&cli, "errors");
    let read = async || watch.read(&monitor("errors", "eu-west-1")).await;
    for (harm, words) in [
        (Harm::Denied, "may not read alarms"),
        (Harm::Throttled, "too many requests"),
        (Harm::Expired, "credentials are not accepted"),
        (Harm::ClockSkew, "clocks differ"),
    ] {
        let number = scene.front.harm(Fault { service: Some("monitoring".to_owned()), harm, ..Fault::default() });
        let reading = read().await;
        assert!(matches!(&reading, Reading::Unreadable { detail } if detail.contains(words)), "{words}: {reading:?}");
        scene.front.heal(number);
    }
    assert!(matches!(read().await, Reading::Ok { .. }), "readable again");
    let external_id = scene.world.engine.account("prod").await.expect("the account").0.external_id;
    scene.front.revoke(&arn(ACCOUNT));
    assert!(matches!(read().await, Reading::Unreadable { .. }), "its session was ended");
    let reading = read().await;
    assert!(matches!(&reading, Reading::Unreadable { detail } if detail.contains("trust policy")), "{reading:?}");
    scene.front.trust(&arn(ACCOUNT), &external_id);
    assert!(matches!(read().await, Reading::Ok { .. }), "trusted again, it recovers by itself");

    let mut foreign = monitor("errors", "eu-west-1");
    if let MonitorKind::External { account, .. } = &mut foreign.kind {
        *account = Some("999999999999".to_owned());
    }
    let reading = watch.read(&foreign).await;
    assert!(matches!(&reading, Reading::Unreadable { detail } if detail.contains("not registered")), "{reading:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn all_who_ask_at_once_share_calls_of_a_hundred_names() {
    let scene = Scene::new().await;
    scene.account("prod", ACCOUNT, &["eu-west-1", "us-east-1"]).await;
    let (cli, watch) = (scene.cli(ACCOUNT, "eu-west-1"), watch(&scene));
    put_alarm(&cli, "alarm-7");
    set_alarm(&cli, "alarm-7", "ALARM");
    let monitors: Vec<Monitor> = (0..250).map(|number| monitor(&format!("alarm-{number}"), "eu-west-1")).collect();
    // Two pipelines that watch the same alarms ask for nothing more.
    let readings = join_all(monitors.iter().chain(&monitors).map(|monitor| watch.read(monitor))).await;
    assert_eq!(readings.iter().filter(|reading| matches!(reading, Reading::Bad { .. })).count(), 2);
    assert_eq!(readings.iter().filter(|reading| matches!(reading, Reading::Unreadable { .. })).count(), 498);
    let usage = watch.usage();
    assert_eq!((usage.calls, usage.failed), (3, 0), "250 names in calls of 100");
    assert_eq!(scene.front.count("AssumeRole"), 1, "one slice for all of them");
    watch.read(&monitor("alarm-7", "us-east-1")).await;
    assert_eq!(scene.front.count("AssumeRole"), 1, "and for other regions of the account");
}
