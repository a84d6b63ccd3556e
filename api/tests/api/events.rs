use axum::http::header;
use serde_json::json;

use crate::pipelines::FILE;
use crate::support::{Client, Frame, Server};

async fn hold(client: &Client, reason: &str) {
    client.post("/api/v1/pipelines/orders/holds", json!({"scope": {"kind": "pipeline"}, "reason": reason})).await.expect(201);
}

fn seqs(frame: &Frame) -> Vec<u64> {
    frame.data.as_array().expect("a list of events").iter().map(|event| event["seq"].as_u64().expect("a number")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happened_is_replayed_in_order_then_synced_then_live() {
    let (server, admin) = Server::with_admin().await;
    server.connect(&admin, FILE).await;
    hold(&admin, "one").await;
    let newest = admin.get("/api/v1/pipelines/orders/progress").await.expect(200)["seq"].as_u64().expect("a number");

    let mut stream = admin.stream("/api/v1/events?since=0&topics=p/orders").await;
    assert_eq!(stream.headers["x-accel-buffering"], "no");
    assert_eq!(stream.headers[header::CONTENT_TYPE], "text/event-stream");
    let mut seen = Vec::new();
    let synced = loop {
        let frame = stream.next().await.expect("a frame");
        match frame.event.as_str() {
            "events" => seen.extend(seqs(&frame)),
            _ => break frame,
        }
    };
    assert_eq!(synced.event, "synced");
    assert!(synced.data["seq"].as_u64() >= Some(newest), "{synced:?} {newest}");
    assert_eq!(seen, (1..=seen.len() as u64).collect::<Vec<_>>());

    hold(&admin, "two").await;
    let live = stream.next().await.expect("a frame");
    let event = &live.data[0];
    assert_eq!((&event["type"], &event["topic"], &event["reason"]), (&json!("hold_placed"), &json!("p/orders"), &json!("two")), "{live:?}");
    assert_eq!(live.id, Some(seqs(&live).pop().expect("an event")));

    let mut again = admin.stream(&format!("/api/v1/events?since={}", live.id.expect("an id") - 1)).await;
    assert_eq!(seqs(&again.next().await.expect("a frame")), [live.id.expect("an id")]);
    assert_eq!(again.next().await.expect("a frame").event, "synced");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_burst_comes_in_few_frames() {
    let (server, admin) = Server::with_admin().await;
    server.connect(&admin, FILE).await;
    let mut stream = admin.stream("/api/v1/events").await;
    assert_eq!(stream.next().await.expect("a frame").event, "synced");
    for n in 0..20 {
        hold(&admin, &format!("hold {n}")).await;
    }
    let (mut frames, mut reasons) = (0, Vec::new());
    while reasons.len() < 20 {
        let frame = stream.next().await.expect("a frame");
        frames += 1;
        let events = frame.data.as_array().expect("events").clone();
        reasons.extend(events.into_iter().filter(|event| event["type"] == "hold_placed").map(|event| event["reason"].clone()));
    }
    assert_eq!(reasons, (0..20).map(|n| json!(format!("hold {n}"))).collect::<Vec<_>>());
    assert!(frames < 20, "{frames} frames for 20 events");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_is_too_far_behind_or_ahead_is_told_to_start_anew() {
    let server = Server::with(|mut settings| {
        settings.replay_events = 3;
        settings
    })
    .await;
    let link = api::auth::first_start(server.state.engine(), &server.state.settings().public_url)
        .await
        .expect("the store works")
        .expect("a fresh server");
    let body = json!({"token": link.token, "name": "root", "password": crate::support::PASSWORD});
    let admin = server.cookie(&server.anyone().post("/api/v1/first-start", body).await.cookie());
    server.connect(&admin, FILE).await;
    for n in 0..5 {
        hold(&admin, &format!("hold {n}")).await;
    }
    for since in [0, 1_000_000] {
        let mut stream = admin.stream(&format!("/api/v1/events?since={since}")).await;
        let reset = stream.next().await.expect("a frame");
        assert_eq!(reset.event, "reset", "since {since}: {reset:?}");
        assert!(reset.data["seq"].as_u64() >= Some(5), "{reset:?}");
        assert_eq!(stream.next().await.expect("a frame").event, "synced");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_topics_asked_for_come() {
    let (server, admin) = Server::with_admin().await;
    server.connect(&admin, FILE).await;
    let mut stream = admin.stream("/api/v1/events?since=0&topics=runners").await;
    let frame = stream.next().await.expect("a frame");
    let kinds: Vec<&str> = frame.data.as_array().expect("events").iter().filter_map(|event| event["type"].as_str()).collect();
    assert!(!kinds.is_empty() && kinds.iter().all(|kind| kind.starts_with("job_")), "{kinds:?}");
    assert!(frame.data.as_array().expect("events").iter().all(|event| event["topic"] == "runners"), "{frame:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quiet_stream_shows_that_it_lives_and_ends_when_the_server_drains() {
    let (server, admin) = Server::with_admin().await;
    let mut stream = admin.stream("/api/v1/events").await;
    assert_eq!(stream.next().await.expect("a frame").event, "synced");
    server.clock.advance(15_000);
    let comment = stream.next_raw().await.expect("a comment");
    assert!(comment.starts_with(": "), "{comment}");
    server.state.drain();
    while let Some(frame) = stream.next_raw().await {
        assert!(frame.starts_with(": "), "{frame}");
    }
}

/// Through a real socket: the head of the answer comes before anything happens, and a graceful stop ends the stream.
#[tokio::test(flavor = "multi_thread")]
async fn a_listener_streams_and_stops_gracefully() {
    use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};

    let (server, admin) = Server::with_admin().await;
    let cookie =
        admin.request(axum::http::Method::GET, "/", axum::body::Body::empty()).headers()["cookie"].to_str().expect("a text").to_owned();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let shutdown = tokio_util::sync::CancellationToken::new();
    let serving = tokio::spawn(api::serve(listener, server.router.clone(), shutdown.clone()));
    let mut socket = BufReader::new(tokio::net::TcpStream::connect(address).await.expect("a connection"));
    let request = format!("GET /api/v1/events HTTP/1.1\r\nhost: {address}\r\ncookie: {cookie}\r\n\r\n");
    socket.write_all(request.as_bytes()).await.expect("sent");
    let reading = async {
        let mut line = String::new();
        while !line.starts_with("event: synced") {
            line.clear();
            assert!(socket.read_line(&mut line).await.expect("a line") > 0, "the stream ended before it was synced");
        }
    };
    tokio::time::timeout(crate::support::PATIENCE, reading).await.expect("synced within 20 s");
    shutdown.cancel();
    server.state.drain();
    tokio::time::timeout(crate::support::PATIENCE, serving).await.expect("stopped within 20 s").expect("no panic").expect("no error");
}
