//! Users, sessions, tokens, runners, secrets and variables.

use std::collections::{BTreeMap, BTreeSet};

use engine::core::id::PersonId;
use engine::store::{Error, JoinToken, RunnerRow, SecretRow, TokenRow, UserRow, VarRow};

use crate::support::{Database, NOW, after, on_both};

on_both!(
    if11_a_disabled_user_or_a_new_password_ends_every_session,
    if11_a_revoked_or_expired_token_is_not_found,
    a_join_token_lets_one_runner_into_its_pool,
    a_runner_rotates_its_token_and_is_revoked,
    secrets_are_listed_without_their_values,
    variables_are_found_by_scope,
);

fn user(name: &str) -> UserRow {
    UserRow {
        id: PersonId(format!("id-{name}")),
        name: name.to_owned(),
        password_hash: Some("argon2".to_owned()),
        role: "approver".to_owned(),
        groups: BTreeSet::from(["release managers".to_owned()]),
        created_at: NOW,
        disabled_at: None,
    }
}

async fn if11_a_disabled_user_or_a_new_password_ends_every_session(database: &Database) {
    let store = database.open().await;
    assert_eq!(store.count_users().await.unwrap(), 0);
    let ada = user("ada");
    store.add_user(&ada, None).await.unwrap();
    assert!(matches!(store.add_user(&UserRow { id: PersonId("other".to_owned()), ..ada.clone() }, None).await, Err(Error::Exists(_))));
    assert_eq!(store.user_by_name("ada").await.unwrap(), Some(ada.clone()));

    store.open_session("hash-1", &ada.id, NOW, after(100)).await.unwrap();
    assert_eq!(store.session("hash-1", after(99)).await.unwrap().map(|session| session.user), Some(ada.clone()));
    assert_eq!(store.session("hash-1", after(100)).await.unwrap(), None, "it is over");
    let renamed = UserRow { name: "ada l".to_owned(), ..ada.clone() };
    assert!(store.change_user(&renamed, None).await.unwrap());
    assert!(store.session("hash-1", NOW).await.unwrap().is_some());
    let changed = UserRow { password_hash: Some("new".to_owned()), ..renamed };
    assert!(store.change_user(&changed, None).await.unwrap());
    assert_eq!(store.session("hash-1", NOW).await.unwrap(), None);

    store.open_session("hash-2", &ada.id, NOW, after(100)).await.unwrap();
    assert!(store.change_user(&UserRow { disabled_at: Some(NOW), ..changed }, None).await.unwrap());
    assert_eq!(store.session("hash-2", NOW).await.unwrap(), None);
    assert_eq!((store.count_users().await.unwrap(), store.users().await.unwrap().len()), (0, 1));
    assert!(!store.change_user(&user("nobody"), None).await.unwrap());
}

async fn if11_a_revoked_or_expired_token_is_not_found(database: &Database) {
    let store = database.open().await;
    let token = TokenRow {
        id: "t-1".to_owned(),
        name: "ci".to_owned(),
        role: "deployer".to_owned(),
        scope: "shop".to_owned(),
        created_by: "person:local:ada".to_owned(),
        created_at: NOW,
        expires_at: Some(after(100_000)),
        revoked_at: None,
        last_used_at: None,
    };
    store.add_token(&token, "hash", None).await.unwrap();
    assert_eq!(store.token_by_hash("hash", NOW).await.unwrap(), Some(token.clone()));
    assert_eq!(store.token_by_hash("other", NOW).await.unwrap(), None);
    assert_eq!(store.token_by_hash("hash", after(100_000)).await.unwrap(), None);
    store.token_used(&token, after(10)).await.unwrap();
    let used = store.token_by_hash("hash", NOW).await.unwrap().unwrap();
    assert_eq!(used.last_used_at, Some(after(10)));
    store.token_used(&used, after(20)).await.unwrap();
    assert_eq!(store.tokens().await.unwrap()[0].last_used_at, Some(after(10)), "not every request writes");
    assert!(store.revoke_token("t-1", after(30), None).await.unwrap());
    assert!(!store.revoke_token("t-1", after(40), None).await.unwrap());
    assert_eq!(store.token_by_hash("hash", NOW).await.unwrap(), None);
}

fn runner(id: &str) -> RunnerRow {
    RunnerRow {
        id: id.parse().unwrap(),
        name: id.to_owned(),
        pool: String::new(),
        labels: BTreeMap::from([("os".to_owned(), "linux".to_owned())]),
        slots: 4,
        version: "0.1.0".to_owned(),
        token_expires_at: after(60_000),
        registered_at: NOW,
        last_seen_at: NOW,
        draining: false,
        revoked_at: None,
    }
}

fn join_token() -> JoinToken {
    JoinToken {
        pool: "prod".to_owned(),
        created_by: "person:local:ada".to_owned(),
        created_at: NOW,
        expires_at: after(100),
        used_by: None,
        used_at: None,
    }
}

async fn a_join_token_lets_one_runner_into_its_pool(database: &Database) {
    let store = database.open().await;
    store.add_join_token(&join_token(), "join", None).await.unwrap();
    store.add_join_token(&JoinToken { expires_at: NOW, ..join_token() }, "over", None).await.unwrap();
    let tries: Vec<_> = (0..4)
        .map(|number| {
            let store = store.clone();
            tokio::spawn(
                async move { store.register_runner("join", runner(&format!("r-{number}")), &format!("token-{number}")).await.unwrap() },
            )
        })
        .collect();
    let mut joined = Vec::new();
    for attempt in tries {
        joined.extend(attempt.await.unwrap());
    }
    assert_eq!(joined.len(), 1, "a join token is used once: {joined:?}");
    assert_eq!(store.runners().await.unwrap(), joined);
    assert_eq!(joined[0].pool, "prod");
    for refused in ["over", "unknown"] {
        assert_eq!(store.register_runner(refused, runner("r-9"), "token-9").await.unwrap(), None);
    }
    assert!(store.join_tokens().await.unwrap().iter().any(|token| token.used_by.as_deref() == Some(joined[0].id.as_str())));
}

async fn a_runner_rotates_its_token_and_is_revoked(database: &Database) {
    let store = database.open().await;
    store.add_join_token(&join_token(), "join", None).await.unwrap();
    let runner = store.register_runner("join", runner("r-1"), "token-1").await.unwrap().unwrap();
    assert!(store.offer_runner_token(&runner.id, "token-1", "token-2").await.unwrap());
    assert!(store.offer_runner_token(&runner.id, "token-1", "token-2").await.unwrap(), "its answer may have been lost");
    assert!(!store.offer_runner_token(&runner.id, "token-2", "token-3").await.unwrap(), "with its token in force only");
    assert_eq!(store.runner_by_token("token-1").await.unwrap(), Some(runner.clone()), "it counts until the next one is used");
    assert_eq!(store.runner_by_token("token-2").await.unwrap(), None);
    assert_eq!(store.runner_by_next_token("token-2").await.unwrap(), Some(runner.clone()));
    assert!(store.promote_runner_token(&runner.id, "token-2", after(90_000)).await.unwrap());
    assert!(!store.promote_runner_token(&runner.id, "token-2", after(99_000)).await.unwrap(), "once");
    assert_eq!(store.runner_by_token("token-1").await.unwrap(), None);
    assert_eq!(store.runner_by_token("token-2").await.unwrap().map(|runner| runner.token_expires_at), Some(after(90_000)));
    store.runner_seen(&runner, after(9_999)).await.unwrap();
    assert_eq!(store.runner(&runner.id).await.unwrap().unwrap().last_seen_at, NOW, "not every heartbeat writes");
    store.runner_seen(&runner, after(10_001)).await.unwrap();
    assert!(store.set_draining(&runner.id, true, None).await.unwrap());
    let seen = store.runner(&runner.id).await.unwrap().unwrap();
    assert_eq!((seen.last_seen_at, seen.draining), (after(10_001), true));
    assert!(store.revoke_runner(&runner.id, after(20_000), None).await.unwrap());
    assert_eq!(store.runner_by_token("token-2").await.unwrap(), None);
    assert_eq!(store.runners().await.unwrap(), []);
}

async fn secrets_are_listed_without_their_values(database: &Database) {
    let store = database.open().await;
    let row = SecretRow { scope: "shop/prod".to_owned(), name: "TOKEN".to_owned(), updated_by: "ada".to_owned(), updated_at: NOW };
    store.put_secret(&row, "sealed-1").await.unwrap();
    store.put_secret(&SecretRow { updated_at: after(1), ..row.clone() }, "sealed-2").await.unwrap();
    assert_eq!(store.secret("shop/prod", "TOKEN").await.unwrap().as_deref(), Some("sealed-2"));
    assert_eq!(store.secrets().await.unwrap(), [SecretRow { updated_at: after(1), ..row }]);
    assert!(store.remove_secret("shop/prod", "TOKEN").await.unwrap());
    assert_eq!(store.secret("shop/prod", "TOKEN").await.unwrap(), None);
}

async fn variables_are_found_by_scope(database: &Database) {
    let store = database.open().await;
    let var = |scope: &str| VarRow {
        scope: scope.to_owned(),
        name: "REGION".to_owned(),
        value: format!("value of {scope}"),
        updated_by: "ada".to_owned(),
        updated_at: NOW,
    };
    for scope in ["", "shop"] {
        store.put_var(&var(scope)).await.unwrap();
    }
    assert_eq!(store.vars(Some("shop")).await.unwrap(), [var("shop")]);
    assert_eq!(store.vars(None).await.unwrap(), [var(""), var("shop")]);
    assert!(store.remove_var("shop", "REGION").await.unwrap());
    assert!(!store.remove_var("shop", "REGION").await.unwrap());
}
