//! Guards: a target's metrics in CloudWatch against those of before.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use adapters::aws::CloudWatch;
use adapters::clock::SystemClock;
use engine::core::Time;
use engine::core::input::Reading;
use engine::ports::MonitorReader as _;
use pipelines::plan::{CLOUD_GUARD, Monitor, MonitorKind};
use testkit::aws::{Fault, Harm, python, settings};

use super::scene::Scene;

const ACCOUNT: &str = "222222222222";

/// An hour of steady traffic before `since`, and what came in the minutes after it, of each function.
const PUT: &str = r#"
import boto3, datetime, sys
url, account, since = sys.argv[1], sys.argv[2], int(sys.argv[3])
client = boto3.client("cloudwatch", endpoint_url=url, aws_access_key_id="ACCOUNT" + account, aws_secret_access_key="secret", region_name="eu-west-1")
def put(function, metric, minutes, value):
    for at in range(0, len(minutes), 20):
        client.put_metric_data(Namespace="Shop", MetricData=[{"MetricName": metric, "Value": value, "Dimensions": [{"Name": "Function", "Value": function}],
            "Timestamp": datetime.datetime.fromtimestamp(since + minute * 60 + 1, datetime.timezone.utc)} for minute in minutes[at:at + 20]])
before, after = list(range(-120, 0)), list(range(0, 20))
for function in ["dead", "well", "faulty"]: put(function, "Requests", before, 60)
for function in ["well", "faulty"]: put(function, "Requests", after, 60)
put("faulty", "Faults", before[:5], 1)
put("faulty", "Faults", after, 30)
put("well", "Latency", before + after, 100)
put("faulty", "Latency", before, 100)
put("faulty", "Latency", after, 900)
"#;

fn monitor(text: &str) -> Monitor {
    let kind = MonitorKind::External {
        system: CLOUD_GUARD.to_owned(),
        name: text.to_owned(),
        account: Some(ACCOUNT.to_owned()),
        region: Some("eu-west-1".to_owned()),
    };
    Monitor { kind, interval_ms: 30_000, timeout_ms: 20_000 }
}

#[tokio::test(flavor = "multi_thread")]
async fn x1_a_target_is_compared_with_itself_before_it_was_changed() {
    let scene = Scene::new().await;
    scene.account("prod", ACCOUNT, &["eu-west-1"]).await;
    #[expect(clippy::disallowed_methods, reason = "what AWS is told of happened at a real time")]
    let now_s = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
    let since_s = now_s / 60 * 60 - 600;
    python(PUT, &[scene.front.url(), ACCOUNT, &since_s.to_string()]);
    let watch = CloudWatch::new(settings(scene.front.url()), scene.identity.clone(), scene.registry(), Arc::new(SystemClock::new()));
    let since = Time(i64::try_from(since_s * 1_000).expect("a moment"));
    let read = async |text: &str| watch.read_since(&monitor(text), since).await;

    let dead = read("traffic sum(Shop:Requests{Function=dead})").await;
    assert!(
        matches!(&dead, Reading::Bad { detail, .. } if detail.contains("fell to zero") && detail.contains("60 in a usual minute")),
        "{dead:?}"
    );
    let well = read("traffic sum(Shop:Requests{Function=well})").await;
    assert!(matches!(&well, Reading::Ok { value: Some(value), .. } if (*value - 180.0).abs() < 1e-9), "{well:?}");
    let faulty = read("faults sum(Shop:Faults{Function=faulty}) of sum(Shop:Requests{Function=faulty})").await;
    assert!(matches!(&faulty, Reading::Bad { detail, .. } if detail.contains("50.0 %")), "{faulty:?}");
    let fine = read("faults sum(Shop:Faults{Function=well}) of sum(Shop:Requests{Function=well})").await;
    assert!(matches!(&fine, Reading::Ok { .. }), "{fine:?}");
    let slow = read("latency average(Shop:Latency{Function=faulty})").await;
    assert!(matches!(&slow, Reading::Bad { detail, .. } if detail.contains("far slower")), "{slow:?}");
    let quick = read("latency average(Shop:Latency{Function=well})").await;
    assert!(matches!(&quick, Reading::Ok { .. }), "{quick:?}");

    let unused = read("traffic sum(Shop:Requests{Function=unused})").await;
    assert!(
        matches!(&unused, Reading::NoData { detail } if detail.contains("too little to compare with")),
        "neither good nor bad: {unused:?}"
    );
    let early = watch.read(&monitor("traffic sum(Shop:Requests{Function=dead})")).await;
    assert!(matches!(&early, Reading::NoData { detail } if detail.contains("too little time")), "{early:?}");

    let before = scene.front.count("GetMetricData");
    read("traffic sum(Shop:Requests{Function=dead})").await;
    assert_eq!(scene.front.count("GetMetricData") - before, 1, "what was before does not change and is not asked for again");
    scene.front.harm(Fault { service: Some("monitoring".to_owned()), harm: Harm::Denied, ..Fault::default() });
    let denied = read("traffic sum(Shop:Requests{Function=dead})").await;
    assert!(matches!(&denied, Reading::Unreadable { detail } if detail.contains("cloudwatch:GetMetricData")), "{denied:?}");
}
