//! Runners join with a one-time token, also when the answer is lost.

use std::collections::BTreeMap;

use engine::Error;
use engine::core::Actor;
use protocol::Register;
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
