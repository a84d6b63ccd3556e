//! Accounts that are entered with tokens that the server signs: it has no principal at AWS.

use std::sync::Arc;

use adapters::aws::{CloudWatch, Settings};
use adapters::clock::SystemClock;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use engine::Error;
use engine::core::input::Reading;
use engine::ports::MonitorReader as _;
use pipelines::plan::{Monitor, MonitorKind};
use protocol::{CredentialsRequest, IdTokenRequest};
use serde_json::{Value, json};
use testkit::aws::{Federation, ISSUER, Provider};
use testkit::repository::GitRepository;

use super::alarms::{put_alarm, set_alarm};
use super::scene::{Scene, arn, federation};

const ACCOUNT: &str = "222222222222";

const PIPELINE: &str = r#"name: shop
accounts:
  prod: {id: "222222222222", role: tidegate-deploy}
stages:
  - name: prod
    targets: [prod/eu-west-1]
    deploy: {uses: shell/run, with: {run: "true"}, id_token: {audience: sts.amazonaws.com}}
"#;

fn claims(token: &str) -> Value {
    let body = token.split('.').nth(1).expect("three parts");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(body).expect("base64url")).expect("JSON")
}

/// Asks STS as somebody who holds a token; answers its code, or nothing when it is let in.
async fn exchange(scene: &Scene, token: &str) -> Option<String> {
    let role = arn(ACCOUNT);
    let form = [
        ("Action", "AssumeRoleWithWebIdentity"),
        ("Version", "2011-06-15"),
        ("RoleArn", role.as_str()),
        ("RoleSessionName", "somebody"),
        ("WebIdentityToken", token),
    ];
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let request = reqwest::Client::new().post(scene.front.url()).header("content-type", "application/x-www-form-urlencoded");
    let answer = request.body(body).send().await.expect("an answer");
    let text = answer.text().await.expect("the whole answer");
    text.split("<Code>").nth(1).and_then(|rest| rest.split('<').next()).map(str::to_owned)
}

#[tokio::test(flavor = "multi_thread")]
async fn a8_a_server_without_a_principal_enters_an_account_with_its_own_token_for_the_attempt_that_holds_the_lease() {
    let mut scene = Scene::without_principal().await;
    scene.federated_account("prod", ACCOUNT, &["eu-west-1"]).await;
    let engine = Arc::clone(&scene.world.engine);
    let repository = GitRepository::new();
    repository.write(".tidegate/pipeline.yaml", PIPELINE);
    repository.commit("first");
    let pipeline = scene.world.connect(&repository).await;
    let runner = scene.world.runner().await;
    let lease = runner.lease().await;

    let given = engine.credentials(&runner.id, CredentialsRequest { fences: lease.fences.clone() }).await.expect("the lease is current");
    assert!(given.access_key_id.starts_with("ASIA") && given.valid_for_ms > 600_000, "{given:?}");
    let session = scene.front.sessions().pop().expect("a session");
    let fence = lease.fences.fence.expect("a fence").0.to_string();
    assert_eq!(
        (session["DurationSeconds"].as_str(), session["RoleSessionName"].as_str()),
        ("900", format!("tidegate-shop-1-f{fence}").as_str())
    );
    let said = claims(&session["WebIdentityToken"]);
    let of_job = format!("pipeline:{}:stage:prod:target:prod/eu-west-1:trust:branch", pipeline.as_str());
    assert_eq!((said["iss"].as_str(), said["aud"].as_str()), (Some(ISSUER), Some("sts.amazonaws.com")));
    assert_eq!(said["sub"], format!("server:{of_job}"), "IF6, and never what a job says of itself");
    let tags = &said["https://aws.amazon.com/tags"]["principal_tags"];
    assert_eq!((&tags["tidegate:target"], &tags["tidegate:fence"]), (&json!(["prod/eu-west-1"]), &json!([fence])), "{tags}");
    let call = scene.front.calls().into_iter().find(|call| call.action == "AssumeRoleWithWebIdentity").expect("a call");
    assert_eq!((call.access_key.as_str(), scene.front.count("AssumeRole")), ("", 1), "nobody's key signed it, and one slice is enough");

    // The job's own token is for the same audience, but the role is the server's.
    let own = engine.id_token(&runner.id, IdTokenRequest { fences: lease.fences.clone() }).await.expect("it says id_token").token;
    assert_eq!(claims(&own)["sub"], of_job);
    assert_eq!(exchange(&scene, &own).await.as_deref(), Some("AccessDenied"), "a job does not enter past the server");
    let (signed, _) = session["WebIdentityToken"].rsplit_once('.').expect("three parts");
    let (_, foreign) = own.rsplit_once('.').expect("three parts");
    assert_eq!(exchange(&scene, &format!("{signed}.{foreign}")).await.as_deref(), Some("InvalidIdentityToken"), "not signed by the server");
    assert_eq!(exchange(&scene, &session["WebIdentityToken"]).await, None, "the same request with the whole token is let in");
}

#[tokio::test(flavor = "multi_thread")]
async fn alarms_are_read_with_a_token_whose_subject_is_its_own_and_a_session_that_may_only_look() {
    let mut scene = Scene::without_principal().await;
    scene.federated_account("prod", ACCOUNT, &["eu-west-1"]).await;
    let cli = scene.cli(ACCOUNT, "eu-west-1");
    put_alarm(&cli, "errors");
    set_alarm(&cli, "errors", "ALARM");
    let settings = Settings { endpoint: Some(scene.front.url().to_owned()), ..Settings::default() };
    let watch = CloudWatch::new(settings, scene.identity.clone(), scene.registry(), Arc::new(SystemClock::new()));
    let kind = MonitorKind::External {
        system: "cloudwatch".to_owned(),
        name: "errors".to_owned(),
        account: Some(ACCOUNT.to_owned()),
        region: Some("eu-west-1".to_owned()),
    };
    let monitor = Monitor { kind, interval_ms: 5_000, timeout_ms: 20_000 };
    let reading = watch.read(&monitor).await;
    assert!(matches!(&reading, Reading::Bad { .. }), "{reading:?}");
    let session = scene.front.sessions().pop().expect("a session");
    assert_eq!(claims(&session["WebIdentityToken"])["sub"], "server:watch");
    assert!(session["Policy"].contains("cloudwatch:DescribeAlarms") && !session["Policy"].contains("lambda"), "{}", session["Policy"]);
    scene.front.revoke(&arn(ACCOUNT));
    assert!(matches!(watch.read(&monitor).await, Reading::Unreadable { .. }), "its session was ended");
    let reading = watch.read(&monitor).await;
    assert!(matches!(&reading, Reading::Unreadable { detail } if detail.contains("conditions on sub or aud")), "{reading:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_says_what_is_wrong_with_a_provider_and_refuses_a_trust_policy_without_a_subject() {
    let mut scene = Scene::without_principal().await;
    let account = scene.unfederated_account("prod", ACCOUNT, &["eu-west-1", "us-east-1"]).await;
    let engine = Arc::clone(&scene.world.engine);
    let problem = async || {
        let (_, health) = engine.check_account("prod").await.expect("checked");
        (health.regions["us-east-1"].problem.clone().unwrap_or_default(), health.is_open)
    };
    let says = async |words: &str, is_open: bool| {
        let (problem, open) = problem().await;
        assert!(problem.contains(words) && open == is_open, "expected {words:?} and open {is_open}: {problem}, {open}");
    };
    says("account 222222222222 has no identity provider for https://tidegate.example.org", false).await;
    let audiences = |audience: &str| vec![audience.to_owned()];
    scene.front.provider(ACCOUNT, ISSUER, Provider { audiences: audiences("sts.amazonaws.com"), keys_at: None });
    says("must be reachable from the internet over https", false).await;
    let keys_at = scene.serve().await;
    scene.front.provider(ACCOUNT, ISSUER, Provider { audiences: audiences("sigstore"), keys_at: Some(keys_at.clone()) });
    says("does not take tokens for the audience sts.amazonaws.com", false).await;
    scene.front.provider(ACCOUNT, ISSUER, Provider { audiences: audiences("sts.amazonaws.com"), keys_at: Some(keys_at) });
    says("the role does not exist, its trust policy does not name that provider", false).await;

    let right = federation(&account);
    assert_eq!(
        (right.subjects.clone(), right.audience.as_str(), right.allows_tags),
        (vec!["server:*".to_owned()], "sts.amazonaws.com", true)
    );
    let role = arn(ACCOUNT);
    for wrong in [
        Federation { subjects: vec!["pipeline:*".to_owned()], ..right.clone() },
        Federation { audience: "another".to_owned(), ..right.clone() },
        Federation { allows_tags: false, ..right.clone() },
    ] {
        scene.front.federate(&role, wrong);
        says("conditions on sub or aud", false).await;
    }
    for open in [Vec::new(), vec!["*".to_owned()], vec!["server:*".to_owned(), "pipeline:*".to_owned()]] {
        scene.front.federate(&role, Federation { subjects: open, ..right.clone() });
        says("no condition on sub", true).await;
    }
    let repository = GitRepository::new();
    repository.write(".tidegate/pipeline.yaml", PIPELINE);
    repository.commit("first");
    scene.world.connect(&repository).await;
    let runner = scene.world.runner().await;
    let lease = runner.lease().await;
    let ask = async || engine.credentials(&runner.id, CredentialsRequest { fences: lease.fences.clone() }).await;
    let refused = ask().await.expect_err("whoever has a token may enter");
    assert!(matches!(&refused, Error::Invalid { what: "trust policy", detail } if detail.contains("any subject")), "{refused}");

    scene.front.federate(&role, right);
    says("", false).await;
    assert_eq!(problem().await, (String::new(), false));
    ask().await.expect("its trust policy was mended");
}
