use axum::body::Body;
use axum::http::{Method, header};
use serde_json::json;

use crate::authorisation::filled;
use crate::support::Server;

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_wrong_request_has_its_own_code() {
    let (_server, admin) = Server::with_admin().await;
    admin.get("/api/v1/nothing").await.problem(404, "unknown_route");
    admin.get("/runner/v2/lease").await.problem(404, "unknown_route");
    admin.post("/somewhere", json!({})).await.problem(404, "unknown_route");
    let wrong = admin.delete("/api/v1/pipelines").await;
    assert!(wrong.headers[header::ALLOW].to_str().expect("a text").contains("POST"), "{:?}", wrong.headers);
    wrong.problem(405, "method_not_allowed");
    admin.get("/api/v1/pipelines?limit=many").await.problem(400, "invalid_query");
    admin.get("/api/v1/pipelines?limits=3").await.problem(400, "invalid_query");
    admin.get("/api/v1/pipelines/orders/releases/first").await.problem(400, "invalid_path");
    admin.get("/api/v1/pipelines/orders").await.problem(404, "unknown_pipeline");
    admin.get("/api/v1/attempts/a%20b").await.problem(400, "invalid_path");
    admin.get("/api/v1/attempts/none").await.problem(404, "unknown_attempt");
    admin.get("/api/v1/artifacts/beef").await.problem(404, "unknown_artifact");
    admin.get("/api/v1/audit?release=3").await.problem(400, "invalid_query");
    admin.get("/api/v1/audit?cursor=x").await.problem(400, "invalid_query");
    admin.get("/api/v1/events?topics=weather").await.problem(400, "invalid_query");

    let send = |content_type: &'static str, body: &str| {
        let mut request = admin.request(Method::POST, "/api/v1/users", Body::from(body.to_owned()));
        request.headers_mut().insert(header::CONTENT_TYPE, content_type.parse().expect("a header"));
        admin.send(request)
    };
    send("text/plain", "{}").await.problem(415, "unsupported_media_type");
    send("application/json", "{").await.problem(400, "malformed_json");
    let detail = send("application/json", r#"{"name": "ada", "passwrd": "x"}"#).await.problem(422, "invalid_body");
    assert!(detail.contains("passwrd") && detail.contains("password"), "{detail}");
    let huge = format!(r#"{{"name": "{}"}}"#, "x".repeat(300 * 1024));
    send("application/json", &huge).await.problem(413, "body_too_large");
}

/// BAD: whatever is sent to whichever route, the answer is no 5xx and every error is a problem.
#[tokio::test(flavor = "multi_thread")]
async fn no_rubbish_makes_a_route_fail() {
    let (_server, admin) = Server::with_admin().await;
    let deep = "[".repeat(50_000);
    let wide = format!("{{{}}}", (0..5_000).map(|n| format!("\"k{n}\":{n}")).collect::<Vec<_>>().join(","));
    let bodies: Vec<Vec<u8>> = vec![
        b"".to_vec(),
        b"{".to_vec(),
        b"null".to_vec(),
        b"[]".to_vec(),
        b"\"text\"".to_vec(),
        b"1e999".to_vec(),
        b"{\"reason\": 5}".to_vec(),
        b"{\"reason\": \"\\ud800\"}".to_vec(),
        b"{\"gate\": \"\\u0000\", \"digest\": \"\", \"reason\": \"\"}".to_vec(),
        vec![0xff, 0xfe, 0x00, 0x80],
        deep.into_bytes(),
        wide.into_bytes(),
    ];
    let fillings = ["x", "%00", "..%2f..%2fetc%2fpasswd", "-1", "18446744073709551616", "%F0%9F%92%A9", "%ff", &"y".repeat(3_000)];
    let mut sent = 0;
    for route in api::table() {
        let ends_the_session = route.path == "/api/v1/session" && route.method == Method::DELETE;
        let waits = route.path == protocol::paths::LEASE;
        if ends_the_session || waits {
            continue;
        }
        for filling in fillings {
            let path = fill(&route.path, filling);
            for body in &bodies {
                let answer = admin.send(admin.request(route.method.clone(), &path, Body::from(body.clone()))).await;
                sent += 1;
                let said = format!(
                    "{} {path} with {:?}: {} {}",
                    route.method,
                    String::from_utf8_lossy(&body[..body.len().min(40)]),
                    answer.status,
                    answer.text
                );
                assert!(answer.status.as_u16() < 500, "{said}");
                if answer.status.is_client_error() {
                    assert_eq!(answer.headers[header::CONTENT_TYPE], "application/problem+json", "{said}");
                    assert!(!answer["detail"].as_str().unwrap_or_default().is_empty(), "{said}");
                }
                if route.method.is_safe() || !route.path.contains('{') {
                    break;
                }
            }
            if !route.path.contains('{') {
                break;
            }
        }
        for body in &bodies {
            let answer = admin.send(admin.request(route.method.clone(), &filled(&route.path), Body::from(body.clone()))).await;
            sent += 1;
            assert!(answer.status.as_u16() < 500, "{} {}: {} {}", route.method, route.path, answer.status, answer.text);
        }
    }
    assert!(sent > 1_000, "only {sent} requests were sent");
}

/// A path with `filling` in the place of each parameter.
fn fill(path: &str, filling: &str) -> String {
    let parts = path.split('/').map(|part| if part.starts_with('{') { filling } else { part });
    parts.collect::<Vec<_>>().join("/")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_code_is_explained_at_its_type() {
    let (_server, admin) = Server::with_admin().await;
    let problem = admin.get("/api/v1/nothing").await;
    let explained = admin.get(problem["type"].as_str().expect("a type")).await;
    assert!(explained.text.starts_with("unknown_route\n"), "{}", explained.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pipeline_file_is_judged_without_being_connected() {
    let (_server, admin) = Server::with_admin().await;
    let good = "name: hello\nstages:\n  - name: build\n    jobs:\n      - steps: [{run: make}]\n";
    let valid = admin.post("/api/v1/validate", json!({"text": good})).await.expect(200);
    assert_eq!(valid["is_valid"], true, "{valid}");
    let wrong = admin.post("/api/v1/validate", json!({"text": "name: hello\nstagse: []\n"})).await.expect(200);
    assert_eq!(wrong["is_valid"], false);
    assert!(wrong["diagnostics"].as_array().is_some_and(|found| !found.is_empty()), "{wrong}");

    let planned = admin.post("/api/v1/plan", json!({"text": good})).await.expect(200);
    assert!(planned["text"].as_str().is_some_and(|text| text.contains("build")), "{planned}");
    assert_eq!(planned["plan"]["pipeline"], "hello");
    let problem = admin.post("/api/v1/plan", json!({"text": "name: hello\nstagse: []\n"})).await;
    assert!(problem["diagnostics"].as_array().is_some_and(|found| !found.is_empty()), "{}", problem.text);
    problem.problem(422, "invalid_pipeline_file");
}
