//! A server that is a GitHub App: what it reads with its token, and what it shows beside commits.

use std::sync::Arc;
use std::time::Duration;

use adapters::egress::{Client, Egress};
use adapters::github::{AppKey, GitHub, Identity};
use engine::core::id::ReleaseNumber;
use engine::ports::forge::ForgeError;
use engine::ports::{Clock, Forge as _};
use serde_json::Value;
use testkit::clock::MovableClock;
use testkit::forge::{APP_ID, FakeForge, ForgeState, Mood};

use crate::at_forge::AtForge;

fn last_state(statuses: Option<&Vec<Value>>) -> Option<String> {
    statuses.and_then(|all| all.last()).and_then(|last| last["state"].as_str().map(str::to_owned))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_of_a_private_repository_is_shown_as_check_status_and_deployment() {
    let place = AtForge::open().await;
    let commit = place.checkout.git(&["rev-parse", "HEAD"]);
    place.until("a check that is not complete", |state| state.checks.values().find(|check| check["status"] != "completed").map(drop)).await;
    place.deploy(1).await;
    place.until_shown(&commit, "success").await;
    place
        .until("a status and a deployment of success", |state| {
            let deployment = state.deployments.iter().find(|(_, deployment)| deployment["environment"] == "orders/local/a")?;
            let shown = last_state(state.deployment_statuses.get(deployment.0))?;
            (last_state(state.statuses.get(&commit))? == "success" && shown == "success").then_some(())
        })
        .await;
    let state = place.forge.state();
    let check = state.checks.values().next().expect("a check");
    assert_eq!((state.checks.len(), state.deployments.len()), (1, 1), "{:?}", state.asked);
    assert_eq!((check["name"].as_str(), check["external_id"].as_str()), (Some("tidegate/orders"), Some("orders#1")));
    let summary = check["output"]["summary"].as_str().expect("a summary");
    assert!(summary.contains("| prod | – | complete | local/a (runs it) |"), "{summary}");
    let deployment = state.deployments.values().next().expect("a deployment");
    assert_eq!((deployment["production_environment"].as_bool(), deployment["auto_merge"].as_bool()), (Some(true), Some(false)));
    let tokens = state.asked.iter().filter(|(_, path, _)| path.ends_with("/access_tokens")).count();
    assert_eq!(tokens, 1, "one token serves all: {:?}", state.asked);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_whose_target_another_one_took_is_shown_as_inactive() {
    let place = AtForge::open().await;
    place.deploy(1).await;
    let second = place.commit("the second");
    assert_eq!(place.sender.push(&place.at.url, "main").await.status(), 202);
    assert_eq!(place.release_of(&second).await, ReleaseNumber(2));
    place.deploy(2).await;
    place.pass(Duration::from_secs(60)).await;
    place
        .until("the first deployment to be inactive and the second active", |state| {
            let shown: Vec<String> = state.deployments.keys().filter_map(|id| last_state(state.deployment_statuses.get(id))).collect();
            (shown == ["inactive", "success"]).then_some(())
        })
        .await;
}

/// The forge is down for an hour: the release moves on, nothing is lost, what is shown at last is what is true, and each
/// thing is made once. What was pushed meanwhile, without any web hook, is found.
#[tokio::test(flavor = "multi_thread")]
async fn an_hour_without_the_forge_costs_time_and_nothing_else() {
    let place = AtForge::open().await;
    let first = place.checkout.git(&["rev-parse", "HEAD"]);
    place.until("the first check", |state| state.checks.values().next().map(drop)).await;
    place.settled().await;
    place.forge.state().mood = Mood::Down;
    place.deploy(1).await;
    let second = place.commit("pushed while it is down");
    for _ in 0..12 {
        place.pass(Duration::from_secs(5 * 60)).await;
    }
    place.world.until(&place.pipeline, "the source to say that it cannot be read", async || place.source_error().await).await;
    assert_eq!(
        place.forge.state().statuses.get(&first).and_then(|all| all.last()).map(|last| last["state"].clone()),
        Some("pending".into())
    );
    place.forge.state().mood = Mood::Well;
    // Sources are asked again at their interval, and so are messages after their pause.
    place.pass(Duration::from_secs(11 * 60)).await;
    place.until_shown(&first, "success").await;
    place.pass(Duration::from_secs(11 * 60)).await;
    assert_eq!(place.release_of(&second).await, ReleaseNumber(2));
    place.until("a check of the second", |state| state.checks.values().find(|check| check["head_sha"] == *second).map(drop)).await;
    let state = place.forge.state();
    assert_eq!(state.checks.values().filter(|check| check["head_sha"] == *first).count(), 1);
    assert_eq!(state.deployments.len(), 1);
}

/// The answer to the making of a check is lost: it is found again, and not made twice (ID5).
#[tokio::test(flavor = "multi_thread")]
async fn id5_an_answer_that_is_lost_makes_nothing_twice() {
    let place = AtForge::open().await;
    place.until("the first status", |state| state.statuses.values().next().map(drop)).await;
    place.forge.state().mood = Mood::CutAfter;
    let second = place.commit("the second");
    assert_eq!(place.sender.push(&place.at.url, "main").await.status(), 202);
    place.release_of(&second).await;
    place.until("the second check", |state| state.checks.values().find(|check| check["head_sha"] == *second).map(drop)).await;
    place.settled().await;
    place.forge.state().mood = Mood::Well;
    place.pass(Duration::from_secs(120)).await;
    place.until("a status of the second", |state| state.statuses.get(&second).map(drop)).await;
    assert_eq!(place.forge.state().checks.values().filter(|check| check["head_sha"] == *second).count(), 1);
}

/// Answers come in drops: what is shown comes late, and nothing else waits for it.
#[tokio::test(flavor = "multi_thread")]
async fn a_slow_forge_is_waited_for_and_holds_nothing_up() {
    let place = AtForge::open().await;
    let commit = place.checkout.git(&["rev-parse", "HEAD"]);
    place.until("the first check", |state| state.checks.values().next().map(drop)).await;
    place.settled().await;
    place.forge.state().mood = Mood::Slow { pause_ms: 5 };
    place.deploy(1).await;
    place.pass(Duration::from_secs(10)).await;
    place.until_shown(&commit, "success").await;
}

/// Requests are taken and not answered: releases go on, the next push is found by git, and later what is true is shown.
#[tokio::test(flavor = "multi_thread")]
async fn a_forge_that_hangs_holds_no_release_up() {
    let place = AtForge::open().await;
    let first = place.checkout.git(&["rev-parse", "HEAD"]);
    place.until("the first check", |state| state.checks.values().next().map(drop)).await;
    place.settled().await;
    place.forge.state().mood = Mood::Hangs;
    place.deploy(1).await;
    place.forge.state().mood = Mood::Well;
    place.until_shown(&first, "success").await;
}

/// Nothing is answered for longer than a server waits (20 s; here a moment): that is GitHub being away. The request is given up and nobody
/// is asked for a while, releases go on, and afterwards what is true is shown, each thing once.
#[tokio::test(flavor = "multi_thread")]
async fn a_forge_that_hangs_longer_than_it_is_waited_for_counts_as_away() {
    let place = AtForge::impatient(Duration::from_millis(300)).await;
    let first = place.checkout.git(&["rev-parse", "HEAD"]);
    place.until("the first status", |state| state.statuses.values().next().map(drop)).await;
    place.settled().await;
    let answered = |place: &AtForge| place.forge.state().asked.len();
    let before = answered(&place);
    place.forge.state().mood = Mood::Hangs;
    place.deploy(1).await;
    let put_off = async || place.world.engine.store().outbox_waiting().await.expect("the messages").0.gt(&0).then_some(());
    place.world.until(&place.pipeline, "a message to wait", put_off).await;
    // Asked again after each pause, and given up again, for as long as it hangs.
    for _ in 0..3 {
        place.pass(Duration::from_secs(61)).await;
    }
    place.settled().await;
    assert_eq!(answered(&place), before, "it has answered nothing");
    // Git has a way and a patience of its own: the next commit is found all the same.
    let second = place.commit("while it hangs");
    place.world.engine.check_source(&place.pipeline).await.expect("git answers");
    assert_eq!(place.release_of(&second).await, ReleaseNumber(2));
    place.forge.state().mood = Mood::Well;
    place.pass(Duration::from_secs(61)).await;
    place.until_shown(&first, "success").await;
    let state = place.forge.state();
    assert_eq!(state.checks.values().filter(|check| check["head_sha"] == *first).count(), 1, "{:?}", state.asked);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hanging_answer_is_given_up_with_the_reason_and_nobody_asks_again_at_once() {
    let forge = FakeForge::start().await;
    let at = forge.repository("orders");
    let client = Client::new(Egress { allow_loopback: true, allow_private: true }).expect("a client");
    let identity = Identity::App { id: APP_ID.to_owned(), key: AppKey::from_pem(&forge.app_key()).expect("a key") };
    let clock = MovableClock::new();
    let github = GitHub::new(&forge.url, identity, client, Arc::clone(&clock) as Arc<dyn Clock>);
    let github = github.answering_within(Duration::from_millis(300));
    forge.state().mood = Mood::Hangs;
    let asked = async || match github.pull_requests(&at.url, "main").await {
        Err(ForgeError::Later { detail, after_ms: Some(after_ms) }) => (detail, after_ms),
        other => panic!("an answer, or none for good: {other:?}"),
    };
    assert_eq!(asked().await, ("no answer within 0.3 s".to_owned(), 1_000));
    let (detail, after_ms) = asked().await;
    assert!(detail == "not asked: no answer within 0.3 s" && after_ms <= 1_000, "at once: {detail} {after_ms}");
    clock.advance(Duration::from_secs(1));
    assert_eq!(asked().await, ("no answer within 0.3 s".to_owned(), 2_000), "twice as long each time");
    clock.advance(Duration::from_secs(2));
    forge.state().mood = Mood::Well;
    assert_eq!(github.pull_requests(&at.url, "main").await, Ok(Vec::new()));
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_are_kept_and_afterwards_what_is_true_is_shown() {
    for mood in [Mood::Limited { reset_s: 1_800 }, Mood::SecondaryLimit { retry_after_s: 1_800 }] {
        let place = AtForge::open().await;
        let commit = place.checkout.git(&["rev-parse", "HEAD"]);
        place.until("the first check", |state| state.checks.values().next().map(drop)).await;
        place.settled().await;
        place.forge.state().mood = mood;
        place.deploy(1).await;
        place.pass(Duration::from_secs(10)).await;
        let refused = |state: &ForgeState| state.asked.iter().filter(|(_, _, status)| *status == 403).count();
        place.until("a refusal", |state| (refused(state) > 0).then_some(())).await;
        place.pass(Duration::from_secs(1_000)).await;
        place.world.engine.check_source(&place.pipeline).await.expect("git has limits of its own");
        assert_eq!(refused(&place.forge.state()), 1, "{mood:?}: nobody is asked before the time is over");
        place.forge.state().mood = Mood::Well;
        place.pass(Duration::from_secs(900)).await;
        place.until_shown(&commit, "success").await;
    }
}

/// The App is taken away: the source says so in words that help. It comes back with its web hook, and all goes on.
#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_installation_is_said_and_mended_by_a_new_one() {
    let place = AtForge::open().await;
    let first = place.checkout.git(&["rev-parse", "HEAD"]);
    place.until("the first status", |state| state.statuses.values().next().map(drop)).await;
    place.forge.state().revoked = true;
    place.deploy(1).await;
    let second = place.commit("while it is revoked");
    assert_eq!(place.sender.push(&place.at.url, "main").await.status(), 202);
    place.world.until(&place.pipeline, "the source to say that it cannot be read", async || place.source_error().await).await;
    // The token is void now; the next look asks for another and learns why there is none.
    assert_eq!(place.sender.push(&place.at.url, "main").await.status(), 202);
    place
        .world
        .until(&place.pipeline, "the reason", async || {
            place.source_error().await.filter(|error| error.contains("the GitHub App is not installed at acme/orders"))
        })
        .await;
    place.forge.state().revoked = false;
    let body = br#"{"action":"created","repositories":[{"full_name":"acme/orders"}]}"#;
    assert_eq!(place.sender.github("installation", "installed", body).await.status(), 202);
    assert_eq!(place.release_of(&second).await, ReleaseNumber(2));
    // What was given up meanwhile is shown now.
    place.until_shown(&first, "success").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_renewed_before_its_end() {
    let place = AtForge::open().await;
    place.until("the first status", |state| state.statuses.values().next().map(drop)).await;
    let tokens = |state: &ForgeState| state.asked.iter().filter(|(_, path, _)| path.ends_with("/access_tokens")).count();
    assert_eq!(tokens(&place.forge.state()), 1);
    place.pass(Duration::from_secs(52 * 60)).await;
    place.deploy(1).await;
    place.until("another token", |state| (tokens(state) == 2).then_some(())).await;
    let commit = place.checkout.git(&["rev-parse", "HEAD"]);
    place.until_shown(&commit, "success").await;
}

/// A forge that leads elsewhere (taken over, or misconfigured) is not followed: no token of this server leaves for there.
#[tokio::test(flavor = "multi_thread")]
async fn abuse_17_a_redirect_is_not_followed_with_a_token() {
    let place = AtForge::open().await;
    place.until("the first status", |state| state.statuses.values().next().map(drop)).await;
    let elsewhere = FakeForge::start().await;
    place.forge.state().redirect_to = Some(elsewhere.url.clone());
    place.commit("behind a redirect");
    assert_eq!(place.sender.push(&place.at.url, "main").await.status(), 202);
    place.world.until(&place.pipeline, "the source to say that it cannot be read", async || place.source_error().await).await;
    place.deploy(1).await;
    place.pass(Duration::from_secs(11 * 60)).await;
    place.world.engine.check_source(&place.pipeline).await.expect_err("still led elsewhere");
    let state = elsewhere.state();
    assert_eq!((state.git_asked, state.asked.as_slice()), (0, &[][..]), "nothing came there");
}
