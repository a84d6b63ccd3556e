use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use adapters::http_monitor::HttpMonitor;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Redirect;
use axum::routing::{get, post};
use engine::core::input::Reading;
use engine::ports::MonitorReader;
use futures::StreamExt;
use pipelines::plan::{Monitor, MonitorKind};

use crate::server::{Gone, Server, client, public_client};
use crate::wait::pause;

/// What differs between tests; the rest is a plain GET that expects any 2xx.
struct Ask {
    method: &'static str,
    headers: BTreeMap<String, String>,
    status: Vec<u16>,
    max_latency_ms: Option<u64>,
    body_contains: Option<&'static str>,
    samples: u32,
    max_failures: u32,
    timeout_ms: u64,
}

const PLAIN: Ask = Ask {
    method: "GET",
    headers: BTreeMap::new(),
    status: Vec::new(),
    max_latency_ms: None,
    body_contains: None,
    samples: 1,
    max_failures: 0,
    timeout_ms: 10_000,
};

async fn read(url: &str, ask: Ask) -> Reading {
    HttpMonitor::new(client()).read(&monitor(url, ask)).await
}

fn monitor(url: &str, ask: Ask) -> Monitor {
    let Ask { method, headers, status, max_latency_ms, body_contains, samples, max_failures, timeout_ms } = ask;
    let kind = MonitorKind::Http {
        url: url.to_owned(),
        method: method.to_owned(),
        headers,
        status,
        max_latency_ms,
        body_contains: body_contains.map(str::to_owned),
        samples,
        max_failures,
    };
    Monitor { kind, interval_ms: 1000, timeout_ms }
}

#[track_caller]
fn assert_ok(reading: &Reading) {
    assert!(matches!(reading, Reading::Ok { .. }), "{reading:?}");
}

#[track_caller]
fn assert_bad(reading: &Reading, words: &str) {
    assert!(matches!(reading, Reading::Bad { detail, .. } if detail.contains(words)), "{reading:?} should say {words:?}");
}

#[track_caller]
fn assert_unreadable(reading: &Reading, words: &str) {
    assert!(matches!(reading, Reading::Unreadable { detail } if detail.contains(words)), "{reading:?} should say {words:?}");
}

#[tokio::test]
async fn status_and_body_are_judged() {
    let router = Router::new()
        .route("/fine", get(async || "all is well"))
        .route("/down", get(async || StatusCode::SERVICE_UNAVAILABLE))
        .route("/moved", get(async || Redirect::to("/fine")))
        .route("/echo", post(async |headers: HeaderMap| headers["x-who"].to_str().unwrap().to_owned()));
    let server = Server::start(router).await;
    let fine = read(&server.url("/fine"), PLAIN).await;
    let Reading::Ok { value: Some(_), detail } = &fine else { panic!("{fine:?}") };
    assert!(detail.starts_with("1 of 1 requests answered as expected, the slowest in "), "{detail}");
    assert_bad(&read(&server.url("/down"), PLAIN).await, "status 503 in ");
    assert_ok(&read(&server.url("/down"), Ask { status: vec![200, 503], ..PLAIN }).await);
    assert_bad(&read(&server.url("/fine"), Ask { status: vec![204], ..PLAIN }).await, "status 200");
    // A redirect is an answer; where it leads is another place.
    assert_bad(&read(&server.url("/moved"), PLAIN).await, "status 303");
    assert_ok(&read(&server.url("/moved"), Ask { status: vec![303], ..PLAIN }).await);
    assert_ok(&read(&server.url("/fine"), Ask { body_contains: Some("is well"), ..PLAIN }).await);
    assert_bad(&read(&server.url("/fine"), Ask { body_contains: Some("is ill"), ..PLAIN }).await, "does not contain \"is ill\"");
    let headers = BTreeMap::from([("X-Who".to_owned(), "ada".to_owned())]);
    assert_ok(&read(&server.url("/echo"), Ask { method: "POST", headers, body_contains: Some("ada"), ..PLAIN }).await);
}

#[tokio::test]
async fn a_slow_answer_is_bad_and_a_hanging_one_is_bad_when_the_time_is_over() {
    let router = Router::new()
        .route("/slow", get(async || pause(Duration::from_millis(30)).await))
        .route("/hangs", get(async || futures::future::pending::<()>().await))
        .route(
            "/drips",
            get(async || {
                Body::from_stream(
                    futures::stream::once(async { Ok::<_, std::io::Error>(Bytes::from("x")) }).chain(futures::stream::pending()),
                )
            }),
        );
    let server = Server::start(router).await;
    assert_bad(&read(&server.url("/slow"), Ask { max_latency_ms: Some(10), ..PLAIN }).await, "longer than 10 ms");
    assert_ok(&read(&server.url("/slow"), Ask { max_latency_ms: Some(9_000), ..PLAIN }).await);
    assert_bad(&read(&server.url("/hangs"), Ask { timeout_ms: 200, ..PLAIN }).await, "no answer within 200 ms");
    assert_bad(&read(&server.url("/drips"), Ask { timeout_ms: 200, ..PLAIN }).await, "no answer within 200 ms");
    // All of many samples share the time.
    let hangs = server.url("/hangs");
    let many = tokio::time::timeout(Duration::from_secs(20), read(&hangs, Ask { samples: 200, timeout_ms: 200, ..PLAIN }));
    assert_bad(&many.await.expect("a reading is bounded by the monitor's timeout"), "200 of 200 requests failed");
}

#[tokio::test]
async fn samples_forgive_as_many_failures_as_the_file_says() {
    let asked = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&asked);
    let every_fourth_fails = get(async move || {
        let failed = counter.fetch_add(1, Ordering::SeqCst).is_multiple_of(4);
        if failed { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::OK }
    });
    let server = Server::start(Router::new().route("/", every_fourth_fails)).await;
    let few = read(&server.url("/"), Ask { samples: 40, max_failures: 9, ..PLAIN }).await;
    assert_bad(&few, "10 of 40 requests failed (at most 9 may): status 500");
    assert_eq!(asked.load(Ordering::SeqCst), 40);
    let enough = read(&server.url("/"), Ask { samples: 40, max_failures: 10, ..PLAIN }).await;
    assert!(matches!(&enough, Reading::Ok { detail, .. } if detail.starts_with("30 of 40 ")), "{enough:?}");
    assert_unreadable(&read(&server.url("/"), Ask { samples: 5_000, ..PLAIN }).await, "too many");
}

#[tokio::test]
async fn a_service_that_is_down_breaks_off_or_talks_nonsense_is_bad() {
    let gone = Gone::new();
    assert_bad(&read(&gone.url(), PLAIN).await, "refused");
    let cut = Server::lying(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this").await;
    assert!(matches!(read(&cut.url("/"), PLAIN).await, Reading::Bad { .. }));
    let silent = Server::lying(b"").await;
    assert!(matches!(read(&silent.url("/"), PLAIN).await, Reading::Bad { .. }));
    let nonsense = Server::lying(b"SSH-2.0-OpenSSH_9.2\r\n\r\n").await;
    assert!(matches!(read(&nonsense.url("/"), PLAIN).await, Reading::Bad { .. }));
}

#[tokio::test]
async fn an_endless_body_is_read_up_to_a_limit() {
    let endless =
        get(async || Body::from_stream(futures::stream::repeat_with(|| Ok::<_, std::io::Error>(Bytes::from_static(&[b'x'; 65536])))));
    let server = Server::start(Router::new().route("/", endless)).await;
    assert_ok(&read(&server.url("/"), PLAIN).await);
    assert_bad(&read(&server.url("/"), Ask { body_contains: Some("y"), ..PLAIN }).await, "does not contain");
}

#[tokio::test]
async fn what_this_server_cannot_or_may_not_ask_is_unreadable() {
    let server = Server::start(Router::new().route("/", get(async || "secret"))).await;
    assert_unreadable(&read("not a url", PLAIN).await, "this is no URL");
    assert_unreadable(&read("file:///etc/passwd", PLAIN).await, "must be http or https");
    assert_unreadable(&read(&server.url("/"), Ask { method: "GE T", ..PLAIN }).await, "no HTTP method");
    let headers = BTreeMap::from([("a b".to_owned(), "c".to_owned())]);
    assert_unreadable(&read(&server.url("/"), Ask { headers, ..PLAIN }).await, "invalid HTTP header");
    assert_unreadable(&read("http://no-such-host.invalid/", PLAIN).await, "cannot be looked up");
    // Refused before anything is sent: these addresses would hang, not answer.
    for url in
        ["http://169.254.169.254/latest/meta-data/", "http://[fd00:ec2::254]/", "http://[::ffff:169.254.169.254]/", "http://0xa9fea9fe/"]
    {
        assert_unreadable(&read(url, PLAIN).await, "never permitted");
    }
    let public = HttpMonitor::new(public_client());
    let port = server.address.port();
    for url in [server.url("/"), format!("http://localhost:{port}/"), format!("http://2130706433:{port}/")] {
        assert_unreadable(&public.read(&monitor(&url, PLAIN)).await, "egress.allow_loopback permits it");
    }
    assert_ok(&read(&format!("http://localhost:{port}/"), PLAIN).await);
}

#[tokio::test]
async fn nobody_knows_a_monitor_of_another_system() {
    let external = MonitorKind::External { system: "cloudwatch".to_owned(), name: "x".to_owned(), account: None, region: None };
    let external = Monitor { kind: external, interval_ms: 1000, timeout_ms: 1000 };
    let reader = HttpMonitor::new(client());
    assert!(!reader.knows(&external));
    assert_unreadable(&reader.read(&external).await, "no http monitor");
    assert!(reader.knows(&monitor("http://a/", PLAIN)));
}
