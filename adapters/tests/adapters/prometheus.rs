use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use adapters::prometheus::Prometheus;
use axum::Router;
use axum::http::StatusCode;
use axum::routing::{get, post};
use engine::core::input::Reading;
use engine::ports::MonitorReader;
use pipelines::plan::{Comparison, Monitor, MonitorKind};

use crate::server::{Gone, Server, client, public_client};
use crate::wait;

const PROGRAM: &str = "/usr/bin/prometheus";

/// What the scraped target says.
const METRICS: &str = "\
tidegate_errors_ratio{region=\"eu\"} 0.25
tidegate_errors_ratio{region=\"us\"} 0.01
tidegate_undefined NaN
tidegate_endless +Inf
";

/// A real Prometheus that scrapes the test's own target.
struct Running {
    process: Child,
    url: String,
    _target: Server,
    _folder: tempfile::TempDir,
}

impl Running {
    async fn start() -> Self {
        assert!(Path::new(PROGRAM).exists(), "{PROGRAM} is missing: run `scripts/install prometheus`");
        let target = Server::start(Router::new().route("/metrics", get(async || METRICS))).await;
        let folder = tempfile::tempdir().unwrap();
        let config = format!(
            "global: {{scrape_interval: 100ms, scrape_timeout: 100ms}}\nscrape_configs:\n  - job_name: target\n    static_configs: [{{targets: ['{}']}}]\n",
            target.address
        );
        std::fs::write(folder.path().join("prometheus.yml"), config).unwrap();
        // Free at this moment; Prometheus cannot be handed a socket.
        let address = Gone::new().address;
        let log = std::fs::File::create(folder.path().join("prometheus.log")).unwrap();
        let process = Command::new(PROGRAM)
            .arg(format!("--config.file={}", folder.path().join("prometheus.yml").display()))
            .arg(format!("--storage.tsdb.path={}", folder.path().join("data").display()))
            .arg(format!("--web.listen-address={address}"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        let running = Self { process, url: format!("http://{address}"), _target: target, _folder: folder };
        wait::until("Prometheus to have scraped its target", async || {
            let reading = running.ask("tidegate_endless", Comparison::Above, 0.0).await;
            matches!(reading, Reading::Bad { .. }).then_some(())
        })
        .await;
        running
    }

    async fn ask(&self, query: &str, comparison: Comparison, threshold: f64) -> Reading {
        ask(&self.url, query, comparison, threshold).await
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

async fn ask(server: &str, query: &str, comparison: Comparison, threshold: f64) -> Reading {
    Prometheus::new(client()).read(&monitor(server, query, comparison, threshold)).await
}

fn monitor(server: &str, query: &str, comparison: Comparison, threshold: f64) -> Monitor {
    let kind = MonitorKind::Prometheus { server: server.to_owned(), query: query.to_owned(), comparison, threshold };
    Monitor { kind, interval_ms: 1000, timeout_ms: 10_000 }
}

#[tokio::test]
async fn a_real_prometheus_is_read() {
    let prometheus = Running::start().await;
    let port = prometheus._target.address;

    let bad = prometheus.ask("tidegate_errors_ratio", Comparison::Above, 0.2).await;
    let detail = format!("tidegate_errors_ratio{{instance=\"{port}\",job=\"target\",region=\"eu\"}} is 0.25, above 0.2");
    assert_eq!(bad, Reading::Bad { value: Some(0.25), detail });

    let both = prometheus.ask("sum by (region) (tidegate_errors_ratio)", Comparison::AtMost, 0.25).await;
    let Reading::Bad { value: Some(worst), detail } = &both else { panic!("{both:?}") };
    assert!((worst - 0.01).abs() < 1e-9, "the deepest in the bad: {both:?}");
    assert!(detail.contains("{region=\"eu\"} is 0.25, at most 0.25") && detail.contains("{region=\"us\"} is 0.01"), "{detail}");

    let ok = prometheus.ask("tidegate_errors_ratio", Comparison::Above, 0.5).await;
    assert_eq!(ok, Reading::Ok { value: Some(0.25), detail: "none of 2 series is above 0.5; the nearest is 0.25".to_owned() });
    let scalar = prometheus.ask("1 + 1", Comparison::Equal, 2.0).await;
    assert_eq!(scalar, Reading::Bad { value: Some(2.0), detail: "the query is 2, equal to 2".to_owned() });

    let none = prometheus.ask("no_such_metric", Comparison::Above, 0.0).await;
    assert_eq!(none, Reading::NoData { detail: "the query answers no series".to_owned() });
    let undefined = prometheus.ask("tidegate_undefined", Comparison::Above, 0.0).await;
    assert!(matches!(&undefined, Reading::NoData { detail } if detail.contains("is NaN")), "{undefined:?}");
    let division = prometheus.ask("vector(0) / vector(0)", Comparison::Below, 0.0).await;
    assert!(matches!(&division, Reading::NoData { .. }), "{division:?}");
    let endless = prometheus.ask("tidegate_endless", Comparison::AtLeast, 1e300).await;
    assert!(matches!(&endless, Reading::Bad { value: Some(value), .. } if value.is_infinite()), "{endless:?}");

    let wrong = prometheus.ask("sum(", Comparison::Above, 0.0).await;
    assert!(
        matches!(&wrong, Reading::Unreadable { detail } if detail.contains("(bad_data)") && detail.contains("parse error")),
        "{wrong:?}"
    );
    let range = prometheus.ask("tidegate_errors_ratio[1m]", Comparison::Above, 0.0).await;
    assert!(matches!(&range, Reading::Unreadable { detail } if detail.contains("answers a range")), "{range:?}");
    let text = prometheus.ask("'words'", Comparison::Above, 0.0).await;
    assert!(matches!(&text, Reading::Unreadable { detail } if detail.contains("answers a string")), "{text:?}");
}

#[tokio::test]
async fn a_prometheus_that_is_ill_is_unreadable_and_never_ok() {
    let series = r#"{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"5"]}]}"#;
    let cases: &[(u16, String, &str)] = &[
        (503, "busy".to_owned(), "status 503"),
        (302, String::new(), "status 302"),
        (200, "<html>".to_owned(), "cannot be read"),
        (200, String::new(), "cannot be read"),
        (200, r#"{"status":"success"}"#.to_owned(), "cannot be read"),
        (200, r#"{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"five"]}]}}"#.to_owned(), "no number"),
        (
            200,
            r#"{"status":"success","data":{"resultType":"vector","result":[{"metric":{"__name__":"h"},"histogram":[1,{}]}]}}"#.to_owned(),
            "histogram",
        ),
        (422, r#"{"status":"error","errorType":"execution","error":"too many samples"}"#.to_owned(), "(execution): too many samples"),
        (200, format!("{series},\"warnings\":[\"one store is away\"]}}"), "answered in part: one store is away"),
        (200, "x".repeat(9 * 1024 * 1024), "longer than"),
    ];
    for (status, body, words) in cases {
        let (status, answer) = (StatusCode::from_u16(*status).unwrap(), body.clone());
        let server = Server::start(Router::new().route("/prefix/api/v1/query", post(async move || (status, answer)))).await;
        let reading = ask(&server.url("/prefix/"), "q", Comparison::Above, 10.0).await;
        assert!(matches!(&reading, Reading::Unreadable { detail } if detail.contains(words)), "{reading:?} should say {words:?}");
    }

    // Bad is bad, also in part.
    let partial = format!("{series},\"warnings\":[\"one store is away\"]}}");
    let server = Server::start(Router::new().route("/api/v1/query", post(async move || partial))).await;
    let reading = ask(&server.url(""), "q", Comparison::Above, 1.0).await;
    assert_eq!(reading, Reading::Bad { value: Some(5.0), detail: "the query is 5, above 1".to_owned() });
}

#[tokio::test]
async fn a_prometheus_that_is_silent_gone_or_forbidden_is_unreadable() {
    let server = Server::start(Router::new().route("/api/v1/query", post(async || futures::future::pending::<()>().await))).await;
    let mut slow = monitor(&server.url(""), "q", Comparison::Above, 1.0);
    slow.timeout_ms = 200;
    let reading = tokio::time::timeout(Duration::from_secs(20), Prometheus::new(client()).read(&slow)).await.unwrap();
    assert_eq!(reading, Reading::Unreadable { detail: "Prometheus did not answer within 200 ms".to_owned() });
    let nobody = Gone::new();
    let gone = ask(&nobody.url(), "q", Comparison::Above, 1.0).await;
    assert!(matches!(&gone, Reading::Unreadable { detail } if detail.contains("refused")), "{gone:?}");
    let cut = Server::lying(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"status\"").await;
    let cut = ask(&cut.url(""), "q", Comparison::Above, 1.0).await;
    assert!(matches!(&cut, Reading::Unreadable { .. }), "{cut:?}");
    let forbidden = Prometheus::new(public_client()).read(&slow).await;
    assert!(matches!(&forbidden, Reading::Unreadable { detail } if detail.contains("allow_loopback")), "{forbidden:?}");
}
