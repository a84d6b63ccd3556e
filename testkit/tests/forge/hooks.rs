//! The door: what is taken, what is refused, and that nothing breaks it.

use std::collections::BTreeMap;

use testkit::forge::recorded;

use crate::support::{Place, SECRET, answer};

/// Every recorded payload, of GitHub and of its Enterprise Servers.
#[tokio::test(flavor = "multi_thread")]
async fn every_recorded_payload_of_github_is_taken() {
    let place = Place::open().await;
    let (mut outcomes, mut refused) = (BTreeMap::<(String, String), usize>::new(), Vec::new());
    let all = recorded();
    assert!(all.len() > 400, "{} payloads", all.len());
    for (number, payload) in all.iter().enumerate() {
        let (status, body) = answer(place.sender.github(&payload.event, &format!("recorded-{number}"), &payload.body).await).await;
        let outcome = body["outcome"].as_str().unwrap_or_default().to_owned();
        if status != 202 || (outcome == "ignored" && body["reason"].as_str().is_none_or(str::is_empty)) {
            refused.push(format!("{}: {status} {body}", payload.name));
        }
        *outcomes.entry((payload.event.clone(), outcome)).or_default() += 1;
    }
    assert_eq!(refused, Vec::<String>::new(), "refused");
    for event in ["push", "release", "installation", "installation_repositories"] {
        assert!(outcomes.contains_key(&(event.to_owned(), "accepted".to_owned())), "{event}: {outcomes:?}");
    }
    for event in ["ping", "check_run", "check_suite", "deployment_status", "issues", "star", "workflow_run"] {
        assert!(outcomes.contains_key(&(event.to_owned(), "ignored".to_owned())), "{event}: {outcomes:?}");
    }
    // They speak of repositories that nobody follows here.
    place.until_quiet().await;
    assert_eq!(place.commits().await.len(), 1, "nothing came of them");
}

/// Cut, spoilt and nested bodies of every event, each rightly signed.
#[tokio::test(flavor = "multi_thread")]
async fn malformed_json_of_every_event_is_refused_and_breaks_nothing() {
    let place = Place::open().await;
    let mut events: BTreeMap<String, Vec<u8>> = recorded().into_iter().map(|payload| (payload.event, payload.body)).collect();
    events.insert("no_such_event".to_owned(), b"{}".to_vec());
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let mut number = 0;
    for (event, body) in &events {
        let spoilt = body.iter().map(|byte| if *byte == b':' { b';' } else { *byte }).collect();
        let mut bad: Vec<Vec<u8>> = vec![Vec::new(), b"{".to_vec(), b"\xff\xfe".to_vec(), b"payload=%7B%7D".to_vec(), spoilt];
        bad.push(body[..body.len() / 2].to_vec());
        bad.retain(|body| serde_json::from_slice::<serde_json::Value>(body).is_err());
        for body in bad {
            number += 1;
            let (status, answer) = answer(place.sender.github(event, &format!("bad-{number}"), &body).await).await;
            assert_eq!(
                (status, answer["code"].as_str()),
                (400, Some("malformed_json")),
                "{event} {:?}",
                String::from_utf8_lossy(&body[..body.len().min(80)])
            );
        }
        // JSON, and of another shape altogether.
        for body in ["null", "[]", "\"text\"", "7", "{\"repository\": 5, \"ref\": {}, \"repositories\": {}}", &deep] {
            number += 1;
            let (status, answer) = answer(place.sender.github(event, &format!("odd-{number}"), body.as_bytes()).await).await;
            assert!(status == 202 || status == 400, "{event} {}: {status} {answer}", &body[..body.len().min(80)]);
        }
    }
    assert!(number > 500, "{number} bodies");
    let (status, _) = answer(place.sender.push(&place.repository.url(), "main").await).await;
    assert_eq!(status, 202, "the server goes on");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_beyond_25_mib_is_refused_before_it_is_read_and_at_the_cap_when_its_length_is_a_secret() {
    let place = Place::open().await;
    let large = vec![b' '; 26 * 1024 * 1024];
    // Announced: the answer comes without the body. The connection may break while the client still sends.
    if let Ok(response) = place.sender.github_request("push", "large-1", &large).send().await {
        let (status, body) = answer(response).await;
        assert_eq!((status, body["code"].as_str()), (413, Some("body_too_large")));
    }
    let chunks = futures::stream::iter((0..26).map(|_| Ok::<_, std::io::Error>(vec![b' '; 1024 * 1024])));
    let request = place.sender.github_request("push", "large-2", b"").body(reqwest::Body::wrap_stream(chunks));
    if let Ok(response) = request.send().await {
        assert_eq!(answer(response).await.0, 413);
    }
    let mut right = format!("{{\"repository\":{{\"clone_url\":\"{}\"}}}}", place.repository.url()).into_bytes();
    right.resize(25 * 1024 * 1024, b' ');
    let (status, body) = answer(place.sender.github("push", "large-3", &right).await).await;
    assert_eq!((status, body["outcome"].as_str()), (202, Some("accepted")), "{body}");
}

#[tokio::test(flavor = "multi_thread")]
async fn forms_are_refused_with_what_to_choose_instead() {
    let place = Place::open().await;
    let request = place.sender.github_request("push", "form", b"payload=%7B%7D");
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    let mut request = request.build().expect("a request");
    let kinds = request.headers_mut();
    kinds.insert("content-type", "application/x-www-form-urlencoded".parse().expect("a header"));
    let (status, body) = answer(reqwest::Client::new().execute(request).await.expect("an answer")).await;
    assert_eq!(status, 415, "{body}");
    assert!(body["detail"].as_str().is_some_and(|detail| detail.contains("application/json")), "{body}");
}

#[tokio::test(flavor = "multi_thread")]
async fn gitea_gitlab_and_other_senders_have_doors_of_the_same_shape() {
    let place = Place::open().await;
    let url = place.repository.url();
    let gitea = format!("{{\"ref\":\"refs/heads/main\",\"repository\":{{\"clone_url\":\"{url}\"}}}}");
    let gitlab = format!("{{\"ref\":\"refs/heads/main\",\"project\":{{\"git_http_url\":\"{url}\"}}}}");
    let news = format!("{{\"repository\":\"{url}\"}}");
    let wrong = place.sender_with("none of the configured secrets");
    for (name, good, bad) in [
        ("gitea", place.sender.gitea("push", gitea.as_bytes()).await, wrong.gitea("push", gitea.as_bytes()).await),
        (
            "gitlab",
            place.sender.gitlab("Push Hook", SECRET, gitlab.as_bytes()).await,
            wrong.gitlab("Push Hook", "no", gitlab.as_bytes()).await,
        ),
        ("gitlab, signed", place.sender.standard("gitlab", gitlab.as_bytes()).await, wrong.standard("gitlab", gitlab.as_bytes()).await),
        ("signed", place.sender.standard("signed", news.as_bytes()).await, wrong.standard("signed", news.as_bytes()).await),
    ] {
        let (status, body) = answer(good).await;
        assert_eq!((status, body["outcome"].as_str()), (202, Some("accepted")), "{name}: {body}");
        let (status, body) = answer(bad).await;
        assert_eq!((status, body["code"].as_str()), (401, Some("wrong_signature")), "{name}: {body}");
    }
    // Each leads to a look at the source.
    for send in ["gitea", "gitlab", "signed"] {
        let commit = place.repository.commit(send);
        let response = match send {
            "gitea" => place.sender.gitea("push", gitea.as_bytes()).await,
            "gitlab" => place.sender.gitlab("Push Hook", SECRET, gitlab.as_bytes()).await,
            _ => place.sender.standard("signed", news.as_bytes()).await,
        };
        assert_eq!(response.status(), 202);
        place.until_released(&commit).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn while_a_secret_is_replaced_both_count_and_then_only_the_new_one() {
    use crate::support::OTHER_SECRET;
    let place = Place::open().await;
    let status = async |place: &Place, secret: &str| answer(place.sender_with(secret).push(&place.repository.url(), "main").await).await.0;
    assert_eq!((status(&place, SECRET).await, status(&place, OTHER_SECRET).await), (202, 401));
    let place = place.with_secrets(&[SECRET, OTHER_SECRET]).await;
    assert_eq!((status(&place, SECRET).await, status(&place, OTHER_SECRET).await), (202, 202));
    let place = place.with_secrets(&[OTHER_SECRET]).await;
    assert_eq!((status(&place, SECRET).await, status(&place, OTHER_SECRET).await), (401, 202));
    let place = place.with_secrets(&[]).await;
    assert_eq!(status(&place, OTHER_SECRET).await, 404, "without a secret there is no door");
}
