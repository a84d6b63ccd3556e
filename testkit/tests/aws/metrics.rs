//! Metrics of CloudWatch as readings.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use adapters::aws::CloudWatch;
use adapters::clock::SystemClock;
use engine::core::input::Reading;
use engine::ports::MonitorReader as _;
use futures::future::join_all;
use pipelines::plan::{CLOUD_METRIC, Monitor, MonitorKind};
use testkit::aws::{Cli, Fault, Harm, settings};

use super::scene::Scene;

const ACCOUNT: &str = "222222222222";

fn monitor(metric: &str) -> Monitor {
    let kind = MonitorKind::External {
        system: CLOUD_METRIC.to_owned(),
        name: metric.to_owned(),
        account: Some(ACCOUNT.to_owned()),
        region: Some("eu-west-1".to_owned()),
    };
    Monitor { kind, interval_ms: 5_000, timeout_ms: 20_000 }
}

/// `minutes` before the minute that runs now.
pub(crate) fn put(cli: &Cli, minutes: u64, value: &str) {
    #[expect(clippy::disallowed_methods, reason = "what AWS is told of happened at a real time")]
    let now_s = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
    let at = (now_s - now_s % 60 - minutes * 60 + 1).to_string();
    cli.run(&[
        "cloudwatch",
        "put-metric-data",
        "--namespace",
        "Shop",
        "--metric-name",
        "Errors",
        "--dimensions",
        "Page=cart",
        "--timestamp",
        &at,
        "--value",
        value,
    ]);
}

#[tokio::test(flavor = "multi_thread")]
async fn b1_a_metric_is_read_by_its_newest_whole_period_and_no_data_is_told() {
    let scene = Scene::new().await;
    scene.account("prod", ACCOUNT, &["eu-west-1"]).await;
    let cli = scene.cli(ACCOUNT, "eu-west-1");
    let watch = CloudWatch::new(settings(scene.front.url()), scene.identity.clone(), scene.registry(), Arc::new(SystemClock::new()));
    let read = async |metric: &str| watch.read(&monitor(metric)).await;

    let dark = read("sum(Shop:Errors{Page=cart}) > 5").await;
    assert!(matches!(&dark, Reading::NoData { .. }), "nobody has sent anything: {dark:?}");
    // Sent with delay, as most metrics are: two minutes ago it was bad.
    put(&cli, 2, "9");
    let late = read("sum(Shop:Errors{Page=cart}) > 5").await;
    assert!(matches!(&late, Reading::Bad { value: Some(value), .. } if (*value - 9.0).abs() < 1e-9), "{late:?}");
    put(&cli, 1, "2");
    put(&cli, 0, "100");
    let newest = read("sum(Shop:Errors{Page=cart}) > 5").await;
    assert!(
        matches!(&newest, Reading::Ok { value: Some(value), .. } if (*value - 2.0).abs() < 1e-9),
        "a minute that runs is not whole: {newest:?}"
    );
    let plain = read("maximum(Shop:Errors{Page=cart}[1m])").await;
    assert!(matches!(plain, Reading::Ok { value: Some(_), .. }), "without a bound, for gates that have one: {plain:?}");
    let elsewhere = read("sum(Shop:Errors{Page=home}) > 5").await;
    assert!(matches!(elsewhere, Reading::NoData { .. }), "{elsewhere:?}");
    let wrong = read("median(Shop:Errors)").await;
    assert!(matches!(&wrong, Reading::Unreadable { detail } if detail.contains("p99")), "{wrong:?}");

    let before = watch.usage();
    let many: Vec<Monitor> = (0..40).map(|number| monitor(&format!("sum(Shop:Errors{{Page=p{number}}}) > 5"))).collect();
    join_all(many.iter().chain(&many).map(|monitor| watch.read(monitor))).await;
    let after = watch.usage();
    assert_eq!((after.calls - before.calls, after.metrics - before.metrics), (1, 40), "one call for all who ask at once");
    assert!(after.dollars() > before.dollars(), "each metric is billed");

    scene.front.harm(Fault { service: Some("monitoring".to_owned()), harm: Harm::Denied, ..Fault::default() });
    let denied = read("sum(Shop:Errors{Page=cart}) > 5").await;
    assert!(matches!(&denied, Reading::Unreadable { detail } if detail.contains("cloudwatch:GetMetricData")), "{denied:?}");
}
