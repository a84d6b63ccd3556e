use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use adapters::notify::{Slack, Webhook};
use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use engine::core::id::ReleaseNumber;
use engine::core::{Actor, Event, EventKind, Time};
use engine::ports::{Message, Notifier, NotifyError, SecretValue};
use pipelines::plan::NotifyTo;
use serde_json::{Value, json};

use crate::server::{Gone, Server, client, public_client};

type Received = Arc<Mutex<Vec<(HeaderMap, Bytes)>>>;

/// Keeps what it gets, and answers with this status.
async fn receiver(status: StatusCode) -> (Server, Received) {
    let received = Received::default();
    let kept = Arc::clone(&received);
    let route = post(async move |headers: HeaderMap, body: Bytes| {
        kept.lock().unwrap().push((headers, body));
        (status, "invalid_payload")
    });
    (Server::start(Router::new().route("/hook", route)).await, received)
}

pub(crate) fn message() -> Message {
    let event = Event {
        at: Time(1_700_000_000_123),
        kind: EventKind::BakeFailed,
        actor: Actor::Engine,
        reason: "an alarm fired".to_owned(),
        release: Some(ReleaseNumber(412)),
        place: Some("prod/wave-1".to_owned()),
        target: None,
        node: None,
        attempt: None,
        data: BTreeMap::new(),
    };
    Message {
        pipeline: "orders & co".to_owned(),
        event,
        text: "#412 failed its bake <!channel>".to_owned(),
        url: Some("https://tidegate.example/p/1".to_owned()),
        at: Time(1_700_000_000_456),
    }
}

#[tokio::test]
async fn a_web_hook_gets_a_signed_cloud_event() {
    let (server, received) = receiver(StatusCode::ACCEPTED).await;
    let webhook = Webhook::new(client(), Some(SecretValue::new("It's a Secret to Everybody".to_owned())));
    let to = NotifyTo::Webhook(server.url("/hook"));
    assert!(webhook.knows(&to) && !webhook.knows(&NotifyTo::Email("a@b".to_owned())));
    webhook.tell(&to, "key-1", &message()).await.unwrap();
    webhook.tell(&to, "key-1", &message()).await.unwrap();

    let received = received.lock().unwrap();
    let (headers, body) = &received[0];
    assert_eq!(headers["content-type"], "application/cloudevents+json; charset=UTF-8");
    let event: Value = serde_json::from_slice(body).unwrap();
    let attributes: BTreeMap<&str, &Value> =
        event.as_object().unwrap().iter().filter(|(name, _)| *name != "data").map(|(name, value)| (name.as_str(), value)).collect();
    assert_eq!(
        json!(attributes),
        json!({
            "specversion": "1.0", "id": "key-1", "source": "/pipelines/orders%20%26%20co", "type": "dev.tidegate.bake_failed",
            "time": "2023-11-14T22:13:20.456Z", "subject": "#412", "datacontenttype": "application/json",
        })
    );
    assert_eq!(event["data"]["event"]["place"], "prod/wave-1");
    assert_eq!(event["data"]["url"], "https://tidegate.example/p/1");
    assert_eq!(received[1].1, *body, "every try sends the same bytes");

    // Checked with a second implementation: Python's.
    let signed = headers["tidegate-signature"].to_str().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("body");
    std::fs::write(&file, body).unwrap();
    let python = std::process::Command::new("python3")
        .args(["-c", "import hmac,sys;print(hmac.new(b\"It's a Secret to Everybody\",open(sys.argv[1],'rb').read(),'sha256').hexdigest())"])
        .arg(&file)
        .output()
        .unwrap();
    assert_eq!(signed, format!("sha256={}", String::from_utf8(python.stdout).unwrap().trim()));
}

#[tokio::test]
async fn without_a_secret_nothing_is_signed() {
    let (server, received) = receiver(StatusCode::OK).await;
    Webhook::new(client(), None).tell(&NotifyTo::Webhook(server.url("/hook")), "k", &message()).await.unwrap();
    assert!(!received.lock().unwrap()[0].0.contains_key("tidegate-signature"));
}

#[tokio::test]
async fn the_status_tells_whether_to_try_again() {
    for (status, again) in
        [(500, true), (503, true), (429, true), (408, true), (400, false), (403, false), (404, false), (410, false), (301, false)]
    {
        let (server, _) = receiver(StatusCode::from_u16(status).unwrap()).await;
        let error = Webhook::new(client(), None).tell(&NotifyTo::Webhook(server.url("/hook")), "k", &message()).await.unwrap_err();
        match error {
            NotifyError::Later(detail) => assert!(again && detail == format!("status {status}"), "{status}: {detail}"),
            NotifyError::Never(detail) => assert!(!again && detail == format!("status {status}: invalid_payload"), "{status}: {detail}"),
        }
    }
    let nobody = Gone::new();
    let gone = NotifyTo::Webhook(nobody.url());
    assert!(matches!(Webhook::new(client(), None).tell(&gone, "k", &message()).await, Err(NotifyError::Later(_))));
    let forbidden = Webhook::new(public_client(), None).tell(&gone, "k", &message()).await;
    assert!(matches!(&forbidden, Err(NotifyError::Never(detail)) if detail.contains("allow_loopback")), "{forbidden:?}");
    let nonsense = Webhook::new(client(), None).tell(&NotifyTo::Webhook("nowhere".to_owned()), "k", &message()).await;
    assert!(matches!(nonsense, Err(NotifyError::Never(_))), "{nonsense:?}");
}

#[tokio::test]
async fn slack_gets_plain_text_on_the_channels_own_hook() {
    let (server, received) = receiver(StatusCode::OK).await;
    let hooks = BTreeMap::from([("#orders".to_owned(), SecretValue::new(server.url("/hook")))]);
    let slack = Slack::new(client(), hooks);
    slack.tell(&NotifyTo::Slack("orders".to_owned()), "k", &message()).await.unwrap();
    let body: Value = serde_json::from_slice(&received.lock().unwrap()[0].1).unwrap();
    let expected = "*orders &amp; co* #412 failed its bake &lt;!channel&gt; <https://tidegate.example/p/1|open>";
    assert_eq!(body, json!({ "text": expected }), "what a commit says rings no bell");

    let error = slack.tell(&NotifyTo::Slack("#other".to_owned()), "k", &message()).await.unwrap_err();
    assert_eq!(error.to_string(), "refused: the server's configuration has no incoming web hook for the channel #other");
    assert!(!format!("{slack:?}").contains("/hook"), "the address is a secret: {slack:?}");
}

#[tokio::test]
async fn a_hook_that_slack_closed_is_never_tried_again() {
    let (server, _) = receiver(StatusCode::NOT_FOUND).await;
    let hooks = BTreeMap::from([("#orders".to_owned(), SecretValue::new(server.url("/hook")))]);
    let error = Slack::new(client(), hooks).tell(&NotifyTo::Slack("#orders".to_owned()), "k", &message()).await.unwrap_err();
    assert_eq!(error.to_string(), "refused: status 404: invalid_payload");
}
