//! Runners join with a one-time token, also when the answer is lost.

use std::collections::BTreeMap;

use engine::Error;
use engine::core::Actor;
use protocol::{LeaseRequest, Register, RenewToken};
use sha2::{Digest as _, Sha256};
use testkit::world::World;

fn register(token_hash: Option<String>) -> Register {
    Register { name: "one".to_owned(), labels: BTreeMap::new(), slots: 1, version: "test".to_owned(), token_hash }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_runner_whose_answer_was_lost_joins_again_as_itself_and_nobody_else_does() {
    let world = World::sqlite().await;
    let token = world.engine.issue_runner_token(&Actor::Engine, "default", 60_000).await.expect("a token");
    let own = Some("ab".repeat(32));
    let first = world.engine.register_runner(&token, register(own.clone())).await.expect("joins");
    assert_eq!(first.token, "", "the runner has made its own");
    let again = world.engine.register_runner(&token, register(own)).await.expect("joins again");
    assert_eq!((again.runner, again.pool), (first.runner, first.pool));
    for other in [Some("cd".repeat(32)), None] {
        let refused = world.engine.register_runner(&token, register(other)).await;
        assert!(matches!(refused, Err(Error::BadToken)), "the token is used up: {refused:?}");
    }
    let unused = world.engine.issue_runner_token(&Actor::Engine, "default", 60_000).await.expect("a token");
    let rubbish = world.engine.register_runner(&unused, register(Some("../etc".to_owned()))).await;
    assert!(matches!(rubbish, Err(Error::Invalid { what: "token_hash", .. })), "{rubbish:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_runner_renews_its_token_and_an_old_one_ends() {
    const DAY_MS: u64 = 24 * 60 * 60 * 1000;
    let hash = |token: &str| hex::encode(Sha256::digest(token.as_bytes()));
    let ask = LeaseRequest { slots: 1, reserved: 0, wait_ms: 0, holding: Vec::new(), draining: false };
    let world = World::sqlite().await;
    let join = world.engine.issue_runner_token(&Actor::Engine, "default", 60_000).await.expect("a token");
    let runner = world.engine.register_runner(&join, register(Some(hash("first")))).await.expect("joins").runner;
    assert!(!world.engine.lease(&runner, ask.clone()).await.expect("answered").renew_token);

    // As if more than half of its time were over.
    let world = world.restart_with(|settings| settings.runner_token_ms = 100 * DAY_MS).await;
    assert!(world.engine.lease(&runner, ask.clone()).await.expect("answered").renew_token);
    let renew = async |world: &World, token: &str, next: &str| {
        world.engine.renew_runner_token(&runner, token, RenewToken { token_hash: hash(next) }).await
    };
    renew(&world, "first", "second").await.expect("taken");
    renew(&world, "first", "second").await.expect("its answer may have been lost");
    assert_eq!(world.engine.runner_by_token("first").await.expect("it counts until the next one is used"), runner);
    assert_eq!(world.engine.runner_by_token("second").await.expect("it counts"), runner);
    assert!(matches!(world.engine.runner_by_token("first").await, Err(Error::BadToken)), "its time is over");
    assert!(matches!(renew(&world, "first", "third").await, Err(Error::BadToken)));
    assert!(!world.engine.lease(&runner, ask).await.expect("answered").renew_token);
    let rubbish = world.engine.renew_runner_token(&runner, "second", RenewToken { token_hash: "short".to_owned() }).await;
    assert!(matches!(rubbish, Err(Error::Invalid { what: "token_hash", .. })), "{rubbish:?}");

    let world = world.restart_with(|settings| settings.runner_token_ms = 0).await;
    renew(&world, "second", "third").await.expect("taken");
    assert_eq!(world.engine.runner_by_token("third").await.expect("it counts"), runner);
    assert!(matches!(world.engine.runner_by_token("third").await, Err(Error::TokenExpired(_))), "nobody renewed it in time");
}
