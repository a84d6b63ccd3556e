//! Identity tokens: who gets one, what it says, and that anybody can verify it.

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use engine::Error;
use protocol::{IdTokenRequest, Outcome, TargetFence};
use serde_json::Value;
use testkit::forge::Served;
use testkit::repository::GitRepository;
use testkit::world::World;

const PIPELINE: &str = r"name: shop
stages:
  - name: build
    jobs: [{name: plain, steps: [make]}]
  - name: prod
    targets: [local/a]
    deploy: {uses: shell/run, id_token: {audience: sts.amazonaws.com}, with: {run: ./deploy.sh}}
";

/// What a relying party reads at the issuer.
async fn keys_at(issuer: &Served) -> Vec<Value> {
    let read = async |path: &str| -> Value {
        let answer = reqwest::get(issuer.url.join(path).expect("an address")).await.expect("an answer");
        assert_eq!((answer.status().as_u16(), answer.headers()["cache-control"].to_str().unwrap()), (200, "public, max-age=300"), "{path}");
        answer.json().await.expect("JSON")
    };
    let discovered = read("/.well-known/openid-configuration").await;
    assert_eq!(discovered["issuer"], "http://localhost");
    assert_eq!(discovered["jwks_uri"], "http://localhost/.well-known/jwks.json");
    assert_eq!(discovered["id_token_signing_alg_values_supported"], serde_json::json!(["RS256"]));
    read("/.well-known/jwks.json").await["keys"].as_array().expect("a list").clone()
}

/// The claims of a token that one of these keys has signed.
fn verified(token: &str, keys: &[Value]) -> Value {
    let bytes = |text: &str| URL_SAFE_NO_PAD.decode(text).expect("base64url");
    let (signed, signature) = token.rsplit_once('.').expect("three parts");
    let (head, claims) = signed.split_once('.').expect("three parts");
    let head: Value = serde_json::from_slice(&bytes(head)).expect("JSON");
    assert_eq!((head["alg"].as_str(), head["typ"].as_str()), (Some("RS256"), Some("JWT")));
    let key = keys.iter().find(|key| key["kid"] == head["kid"]).expect("the key of the token is published");
    let number = |name: &str| bytes(key[name].as_str().expect("a number"));
    let key = RsaPublicKeyComponents { n: number("n"), e: number("e") };
    key.verify(&RSA_PKCS1_2048_8192_SHA256, signed.as_bytes(), &bytes(signature)).expect("the signature is right");
    serde_json::from_slice(&bytes(claims)).expect("JSON")
}

#[tokio::test(flavor = "multi_thread")]
async fn a8_an_identity_token_follows_the_lease_says_what_the_job_is_and_can_be_verified_after_a_restart() {
    let world = World::sqlite().await;
    let repository = GitRepository::new();
    repository.write(".tidegate/pipeline.yaml", PIPELINE);
    let commit = repository.commit("first");
    let pipeline = world.connect(&repository).await;
    let (runner, other) = (world.runner().await, world.runner().await);
    let ask = async |world: &World, runner: &protocol::RunnerId, fences: &protocol::Fences| {
        world.engine.id_token(runner, IdTokenRequest { fences: fences.clone() }).await
    };

    let plain = runner.lease().await;
    assert!(!plain.job.id_token);
    let refused = ask(&world, &runner.id, &plain.fences).await;
    assert!(matches!(&refused, Err(Error::Refused(why)) if why.code == "no_id_token" && why.detail.contains("build/plain")), "{refused:?}");
    runner.succeed(&plain).await;

    let lease = runner.lease().await;
    assert!(lease.job.id_token);
    assert!(matches!(ask(&world, &other.id, &lease.fences).await, Err(Error::NotYours)));
    let mut stale = lease.fences.clone();
    stale.fence = stale.fence.map(|TargetFence(fence)| TargetFence(fence + 1));
    assert!(matches!(ask(&world, &runner.id, &stale).await, Err(Error::Refused(_))));

    let given = ask(&world, &runner.id, &lease.fences).await.expect("it may show itself");
    assert_eq!(given.valid_for_ms, 600_000);
    let claims = verified(&given.token, &keys_at(&Served::of(&world).await).await);
    let number = |name: &str| claims[name].as_i64().expect("a number");
    assert_eq!(number("exp") - number("iat"), 600);
    assert!(number("nbf") <= number("iat"));
    let said = |name: &str| claims[name].as_str().unwrap_or_default().to_owned();
    assert_eq!((said("iss"), said("aud")), ("http://localhost".to_owned(), "sts.amazonaws.com".to_owned()));
    assert_eq!(said("sub"), format!("pipeline:{pipeline}:stage:prod:target:local/a:trust:branch"));
    assert_eq!((said("pipeline"), said("stage"), said("target")), ("shop".to_owned(), "prod".to_owned(), "local/a".to_owned()));
    assert_eq!((said("commit"), claims["release"].as_u64(), said("ref")), (commit, Some(1), "main".to_owned()));
    let row = world.engine.store().attempt(&lease.fences.attempt).await.expect("the store").expect("the attempt").attempt;
    assert!(
        row.credentials_until.is_some(),
        "what the token is exchanged for may outlive the attempt, and the engine keeps how long (IA4)"
    );

    // The next process has a key of its own; what the last one signed can still be verified.
    let world = world.restart().await;
    let again = ask(&world, &runner.id, &lease.fences).await.expect("the lease lives");
    let keys = keys_at(&Served::of(&world).await).await;
    assert_eq!(keys.len(), 2);
    let (first, second) = (verified(&given.token, &keys), verified(&again.token, &keys));
    assert_eq!(first["sub"], second["sub"]);
    assert_ne!(first["jti"], second["jti"]);
    let published = serde_json::to_string(&keys).expect("JSON");
    assert!(["\"d\"", "\"p\"", "\"q\"", "\"dp\""].iter().all(|private| !published.contains(private)), "{published}");

    let runner = world.known_runner(&runner);
    runner.report(&lease, Outcome::Succeeded).await.expect("it ends");
    assert!(matches!(ask(&world, &runner.id, &lease.fences).await, Err(Error::Refused(_))), "the attempt has ended");
}
