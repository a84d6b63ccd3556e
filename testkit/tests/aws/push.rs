//! CloudWatch pushes that an alarm has changed: somebody looks at once, and nobody believes it.

use std::time::{Duration, Instant};

use engine::core::id::ReleaseNumber;
use engine::core::row::ReleaseState;
use serde_json::{Value, json};
use testkit::aws::{ISSUER, PUSH_SECRET};
use testkit::repository::GitRepository;

use super::alarms::{put_alarm, set_alarm};
use super::scene::Scene;

const ACCOUNT: &str = "222222222222";
const TOPIC: &str = "arn:aws:sns:eu-west-1:222222222222:alarms";

const PIPELINE: &str = r#"name: orders
accounts: {two: {id: "222222222222", role: tidegate-deploy}}
stages:
  - name: prod
    alarms: [{cloudwatch: errors}]
    deploy: {uses: shell/run, with: {run: "true"}}
    waves: [{targets: [two/eu-west-1], bake: 1s}]
"#;

/// As SNS sends it: text that is JSON that holds JSON.
fn notification(state: &str) -> Value {
    let alarm = json!({
        "AlarmName": "errors", "AWSAccountId": ACCOUNT, "NewStateValue": state, "Region": "EU (Ireland)",
        "AlarmArn": format!("arn:aws:cloudwatch:eu-west-1:{ACCOUNT}:alarm:errors"),
    });
    json!({"Type": "Notification", "MessageId": "1", "TopicArn": TOPIC, "Message": alarm.to_string(), "SignatureVersion": "2", "Signature": "AA=="})
}

async fn post(server: &str, secret: &str, body: String) -> (u16, Value) {
    let request =
        reqwest::Client::new().post(format!("{server}/webhooks/aws/{secret}")).header("content-type", "text/plain; charset=UTF-8");
    let answer = request.body(body).send().await.expect("an answer");
    (answer.status().as_u16(), answer.json().await.expect("JSON"))
}

#[tokio::test(flavor = "multi_thread")]
async fn x9_a_pushed_alarm_takes_its_release_back_long_before_it_is_read_next_and_a_forged_one_costs_a_reading() {
    let mut scene = Scene::new().await;
    scene.account("two", ACCOUNT, &["eu-west-1"]).await;
    let server = scene.serve().await;
    let cli = scene.cli(ACCOUNT, "eu-west-1");
    put_alarm(&cli, "errors");
    let repository = GitRepository::new();
    repository.write(".tidegate/pipeline.yaml", PIPELINE);
    repository.commit("one");
    let (world, runner) = (&scene.world, scene.world.runner().await);
    let pipeline = world.connect(&repository).await;
    for release in [1, 2] {
        let lease = runner.lease().await;
        runner.succeed(&lease).await;
        assert_eq!(world.ended(&pipeline, ReleaseNumber(release)).await, ReleaseState::Completed);
        repository.write("main.py", &release.to_string());
        if release == 1 {
            repository.commit("two");
        }
    }
    let rests = async || {
        let now = world.engine.clock().now();
        let next = world.engine.store().next_watch_at(now).await.expect("the store").expect("it is watched for as long as it may go back");
        (next.since_ms(now) > 40_000).then_some(())
    };
    world.until(&pipeline, "the alarm to be read once a minute", rests).await;

    let before = scene.front.count("DescribeAlarms");
    let (status, _) = post(&server, "not-the-secret-of-this-server", notification("ALARM").to_string()).await;
    assert_eq!(status, 401);
    assert!(rests().await.is_some(), "who is not proven makes nobody look");
    for _ in 0..20 {
        let (status, answer) = post(&server, PUSH_SECRET, notification("ALARM").to_string()).await;
        assert_eq!((status, answer["outcome"].as_str()), (202, Some("accepted")));
    }
    world.until(&pipeline, "the alarm to have been read, and to be read once a minute again", rests).await;
    let read = scene.front.count("DescribeAlarms") - before;
    assert!((1..=3).contains(&read), "twenty pushes are a reading a second at most: {read}");
    let story = world.story(&pipeline).await;
    assert!(!story.contains("RollbackStarted") && !story.contains("AlarmFired"), "what the push says is not believed:\n{story}");

    set_alarm(&cli, "errors", "ALARM");
    #[expect(clippy::disallowed_methods, reason = "how soon a real reading comes is what this is about")]
    let pushed = Instant::now();
    let event = json!({
        "source": "aws.cloudwatch", "detail-type": "CloudWatch Alarm State Change", "account": ACCOUNT, "region": "eu-west-1",
        "detail": {"alarmName": "errors", "state": {"value": "ALARM"}},
    });
    assert_eq!(post(&server, PUSH_SECRET, event.to_string()).await.0, 202);
    let lease = runner.lease().await;
    let took = pushed.elapsed();
    assert!(lease.job.key.ends_with("/rollback"), "{}", lease.job.key);
    // `bench alarms` holds it to a second; a test shares its machine with others.
    assert!(took < Duration::from_secs(5), "the rollback was leased {took:?} after the push, and polls come once a minute");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_is_confirmed_at_sns_only_and_rubbish_is_refused_in_words() {
    let mut scene = Scene::new().await;
    let server = scene.serve().await;
    let asked = |url: &str| json!({"Type": "SubscriptionConfirmation", "TopicArn": TOPIC, "SubscribeURL": url, "Token": "t"}).to_string();
    let query = "?Action=ConfirmSubscription&TopicArn=t&Token=t";
    let (status, answer) = post(&server, PUSH_SECRET, asked(&format!("https://sns.eu-west-1.amazonaws.com/{query}"))).await;
    assert_eq!((status, answer["outcome"].as_str()), (202, Some("accepted")), "{answer}");
    assert_eq!(scene.front.count("ConfirmSubscription"), 1);
    for url in [format!("{server}/{query}"), format!("https://169.254.169.254/{query}"), format!("{ISSUER}/{query}")] {
        let (status, answer) = post(&server, PUSH_SECRET, asked(&url)).await;
        assert_eq!((status, answer["code"].as_str()), (400, Some("malformed_json")), "{url}: {answer}");
        assert!(answer["detail"].as_str().is_some_and(|detail| detail.contains("SubscribeURL")), "{answer}");
    }
    assert_eq!(scene.front.count("ConfirmSubscription"), 1, "nothing else was asked");
    let (status, answer) = post(&server, PUSH_SECRET, notification("ALARM").to_string()).await;
    assert_eq!((status, answer["outcome"].as_str()), (202, Some("ignored")), "nobody watches it: {answer}");
    for rubbish in ["", "{", "[]", "\u{0}\u{1}", "{\"Type\": 7}x"] {
        assert_eq!(post(&server, PUSH_SECRET, rubbish.to_owned()).await.0, 400, "{rubbish:?}");
    }
    let (status, _) = post(&server, PUSH_SECRET, " ".repeat(1024 * 1024 + 1)).await;
    assert_eq!(status, 413);
}
