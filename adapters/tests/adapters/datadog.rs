use adapters::datadog::{Access, Datadog};
use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::get;
use engine::core::input::Reading;
use engine::ports::{MonitorReader, SecretValue};
use pipelines::plan::{DATADOG, Monitor, MonitorKind};

use crate::server::{Gone, Server, client};

fn monitor(number: &str) -> Monitor {
    let kind = MonitorKind::External { system: DATADOG.to_owned(), name: number.to_owned(), account: None, region: None };
    Monitor { kind, interval_ms: 15_000, timeout_ms: 5_000 }
}

fn access(address: &str) -> Access {
    let secret = |text: &str| SecretValue::new(text.to_owned());
    Access { url: address.parse().unwrap(), api_key: secret("api"), application_key: secret("application") }
}

/// Answers as the documentation of `GET /api/v1/monitor/{monitor_id}` says.
async fn datadog() -> Server {
    let answer = async |headers: HeaderMap, axum::extract::Path(number): axum::extract::Path<u32>| {
        if headers["dd-api-key"] != "api" || headers["dd-application-key"] != "application" {
            return (StatusCode::FORBIDDEN, r#"{"errors": ["Forbidden"]}"#.to_owned());
        }
        let state = match number {
            1 => "OK",
            2 => "Alert",
            3 => "Warn",
            4 => "No Data",
            5 => "Sleeping",
            6 => return (StatusCode::TOO_MANY_REQUESTS, String::new()),
            7 => return (StatusCode::OK, "<html>".to_owned()),
            _ => return (StatusCode::NOT_FOUND, r#"{"errors": ["Monitor not found"]}"#.to_owned()),
        };
        (StatusCode::OK, format!(r#"{{"id": {number}, "name": "orders", "overall_state": "{state}"}}"#))
    };
    Server::start(Router::new().route("/api/v1/monitor/{number}", get(answer))).await
}

#[tokio::test]
async fn g9_the_states_of_a_monitor_of_datadog_and_what_cannot_be_read_are_kept_apart() {
    let server = datadog().await;
    let reader = Datadog::new(client(), Some(access(&format!("http://{}", server.address))));
    assert!(reader.knows(&monitor("1")));
    let read = async |number: &str| reader.read(&monitor(number)).await;
    assert!(matches!(read("1").await, Reading::Ok { .. }));
    assert!(matches!(read("3").await, Reading::Ok { detail, .. } if detail == "Warn: orders"));
    assert!(matches!(read("2").await, Reading::Bad { detail, .. } if detail == "Alert: orders"));
    assert!(matches!(read("4").await, Reading::NoData { .. }));
    for (number, words) in [
        ("5", "not known here: Sleeping"),
        ("6", "too many requests"),
        ("7", "cannot be read"),
        ("8", "was it deleted?"),
        ("../user", "no number"),
    ] {
        let reading = read(number).await;
        assert!(matches!(&reading, Reading::Unreadable { detail } if detail.contains(words)), "{number}: {reading:?}");
    }
}

#[tokio::test]
async fn ic5_without_access_or_with_a_wrong_key_nothing_is_read() {
    let server = datadog().await;
    let mut wrong = access(&format!("http://{}", server.address));
    wrong.api_key = SecretValue::new("guessed".to_owned());
    let gone = access(&format!("http://{}", Gone::new().address));
    for (access, words) in [(None, "datadog.api_key"), (Some(wrong), "refuses the server's keys"), (Some(gone), "cannot be asked")] {
        let reading = Datadog::new(client(), access).read(&monitor("1")).await;
        assert!(matches!(&reading, Reading::Unreadable { detail } if detail.contains(words)), "{words}: {reading:?}");
    }
}
