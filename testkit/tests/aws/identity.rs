//! Slices of credentials: who gets one, for what, and what each refusal says.

use std::sync::Arc;
use std::time::Duration;

use engine::Error;
use engine::core::{Actor, Input};
use engine::ports::{Entry, Identity as _, IdentityError, Partition, RoleRequest};
use protocol::{CredentialsRequest, Fences, TargetFence};
use testkit::aws::{Fault, Harm};
use testkit::repository::GitRepository;

use super::scene::{ROLE, Scene, arn};

fn role(account: &str, region: &str, external_id: &str) -> RoleRequest {
    RoleRequest {
        account: account.to_owned(),
        role: ROLE.to_owned(),
        region: region.to_owned(),
        partition: Partition::Aws,
        entry: Entry::Principal { external_id: external_id.to_owned() },
        session_name: "tidegate-test".to_owned(),
        tags: vec![("tidegate:fence".to_owned(), "7".to_owned())],
        session_policy: None,
        duration_ms: 900_000,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_is_assumed_in_its_region_and_each_refusal_is_told_apart() {
    let scene = Scene::new().await;
    let account = scene.account("prod", "222222222222", &["eu-west-1"]).await;
    let wanted = role("222222222222", "eu-west-1", &account.external_id);
    let slice = scene.identity.assume(&wanted).await.expect("it trusts the server");
    assert!(slice.access_key_id.starts_with("ASIA"), "{}", slice.access_key_id);
    let call = scene.front.calls().into_iter().find(|call| call.action == "AssumeRole").expect("a call");
    assert_eq!(call.region, "eu-west-1", "the region's own endpoint is asked");

    let wrong = scene.identity.assume(&role("222222222222", "eu-west-1", "another")).await.expect_err("another external id");
    assert!(matches!(&wrong, IdentityError::Denied { .. }), "{wrong}");
    let words = wrong.to_string();
    assert!(words.contains(&arn("222222222222")) && words.contains("trust policy") && words.contains("accounts policy"), "{words}");

    let passing = Fault { service: Some("sts".to_owned()), times: Some(2), ..Fault::default() };
    scene.front.harm(passing);
    scene.identity.assume(&wanted).await.expect("throttled twice, then granted");

    for (harm, is_expected) in [
        (Harm::ClockSkew, (|error| matches!(error, IdentityError::ClockSkew { .. })) as fn(&IdentityError) -> bool),
        (Harm::ChainLimit, |error| matches!(error, IdentityError::ChainLimit { .. })),
        (Harm::RegionDisabled, |error| matches!(error, IdentityError::RegionDisabled { .. })),
        (Harm::Expired, |error| matches!(error, IdentityError::NoPrincipal { .. })),
        (Harm::Throttled, |error| matches!(error, IdentityError::Throttled { .. }) && error.may_pass()),
    ] {
        let number = scene.front.harm(Fault { service: Some("sts".to_owned()), harm: harm.clone(), ..Fault::default() });
        let before = scene.front.count("AssumeRole");
        let started = tokio::time::timeout(Duration::from_secs(28), scene.identity.assume(&wanted)).await;
        let error = started.expect("bounded").expect_err("harmed");
        assert!(is_expected(&error), "{harm:?}: {error:?}");
        let tries = scene.front.count("AssumeRole") - before;
        assert!(tries <= 5, "{harm:?} was tried {tries} times");
        scene.front.heal(number);
    }
    assert_eq!(scene.identity.principal(Partition::Aws).await.expect("its own"), "arn:aws:sts::123456789012:user/moto");
}

const PIPELINE: &str = r#"name: shop
accounts:
  prod: {id: "222222222222", role: tidegate-deploy}
  other: {id: "333333333333", role: tidegate-deploy}
stages:
  - name: prod
    targets: [prod/eu-west-1, other/eu-west-1]
    deploy: {uses: shell/run, with: {run: "true"}}
"#;

#[tokio::test(flavor = "multi_thread")]
async fn a8_credentials_follow_the_lease_and_a_stale_fence_gets_nothing() {
    let scene = Scene::new().await;
    scene.account("prod", "222222222222", &["eu-west-1"]).await;
    let engine = Arc::clone(&scene.world.engine);
    let repository = GitRepository::new();
    repository.write(".tidegate/pipeline.yaml", PIPELINE);
    repository.commit("first");
    let pipeline = scene.world.connect(&repository).await;
    let runner = scene.world.runner().await;
    let (mut prod, mut other) = (runner.lease().await, runner.lease().await);
    if prod.job.target.as_deref() != Some("prod/eu-west-1") {
        std::mem::swap(&mut prod, &mut other);
    }
    let identity = prod.job.identity.clone().expect("the job of an account has an identity");
    assert_eq!((identity.account.as_str(), identity.region.as_str()), ("222222222222", "eu-west-1"));
    let ask = async |fences: &Fences| engine.credentials(&runner.id, CredentialsRequest { fences: fences.clone() }).await;

    let given = ask(&prod.fences).await.expect("the lease is current");
    assert!(given.valid_for_ms > 600_000 && given.valid_for_ms <= 900_000, "{}", given.valid_for_ms);
    let shown = format!("{given:?}");
    assert!(!shown.contains(&given.secret_access_key) && !shown.contains(&given.session_token), "{shown}");
    let again = ask(&prod.fences).await.expect("the same slice");
    assert_eq!((again.access_key_id, scene.front.count("AssumeRole")), (given.access_key_id.clone(), 1), "one call for both");
    let session = scene.front.sessions().pop().expect("a session");
    let fence = prod.fences.fence.expect("a fence").0;
    assert_eq!(session["RoleSessionName"], format!("tidegate-shop-1-f{fence}"));
    let tags: Vec<(&str, &str)> = (1..=6)
        .map(|at| (session[&format!("Tags.member.{at}.Key")].as_str(), session[&format!("Tags.member.{at}.Value")].as_str()))
        .collect();
    let (attempt, fence) = (prod.fences.attempt.to_string(), fence.to_string());
    let expected = [
        ("tidegate:pipeline", "shop"),
        ("tidegate:stage", "prod"),
        ("tidegate:target", "prod/eu-west-1"),
        ("tidegate:release", "1"),
        ("tidegate:attempt", attempt.as_str()),
        ("tidegate:fence", fence.as_str()),
    ];
    assert_eq!(tags, expected);

    let stale = Fences { lease_token: "forged".parse().expect("a token"), ..prod.fences.clone() };
    assert!(matches!(ask(&stale).await, Err(Error::Refused(_))), "another lease token");
    let old = Fences { fence: Some(TargetFence(0)), ..prod.fences.clone() };
    assert!(matches!(ask(&old).await, Err(Error::Refused(_))), "an older fence");
    let unknown = ask(&other.fences).await.expect_err("not registered");
    assert!(matches!(&unknown, Error::UnknownAccount(id) if id == "333333333333"), "{unknown}");

    let release = engine::core::id::ReleaseNumber(1);
    let cancel = Input::Cancel { release, reason: "wrong branch".to_owned() };
    engine.input(&pipeline, Actor::Engine, cancel).await.expect("cancelled");
    let stopped = ask(&prod.fences).await.expect_err("to stop");
    assert!(matches!(&stopped, Error::Refused(_)), "{stopped}");
    let known = engine.store().attempt(&prod.fences.attempt).await.expect("the store").expect("the attempt");
    assert!(known.attempt.credentials_until.is_some(), "the end of what was issued is kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_says_per_region_what_is_wrong_and_refuses_a_role_that_asks_for_no_external_id() {
    let scene = Scene::new().await;
    let account = scene.untrusting_account("prod", "222222222222", &["eu-west-1", "us-east-1"]).await;
    let engine = &scene.world.engine;
    let (_, health) = engine.check_account("prod").await.expect("checked");
    for region in ["eu-west-1", "us-east-1"] {
        let problem = health.regions[region].problem.clone().expect("nobody applied the policy");
        assert!(problem.contains("trust policy"), "{problem}");
    }
    scene.front.trust(&arn("222222222222"), &account.external_id);
    let off = Fault { region: Some("us-east-1".to_owned()), harm: Harm::RegionDisabled, ..Fault::default() };
    let number = scene.front.harm(off);
    let (_, health) = engine.check_account("222222222222").await.expect("checked");
    assert_eq!((health.regions["eu-west-1"].problem.as_deref(), health.is_open), (None, false));
    let problem = health.regions["us-east-1"].problem.clone().expect("switched off");
    assert!(problem.contains("us-east-1 is not enabled"), "{problem}");
    scene.front.heal(number);
    scene.front.trust(&arn("222222222222"), "");
    let (_, health) = engine.check_account("prod").await.expect("checked");
    assert!(health.is_open, "whoever asks may enter");
    let problem = health.regions["eu-west-1"].problem.clone().expect("it is open");
    assert!(problem.contains("sts:ExternalId"), "{problem}");
}
