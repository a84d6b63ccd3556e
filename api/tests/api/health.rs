use axum::http::header;

use crate::support::Server;

#[tokio::test(flavor = "multi_thread")]
async fn a_draining_server_is_alive_and_not_ready() {
    let server = Server::start().await;
    let anyone = server.anyone();
    assert_eq!(anyone.get("/healthz").await.status, 200);
    assert_eq!(anyone.get("/readyz").await.status, 200);

    server.state.drain();
    assert_eq!(anyone.get("/healthz").await.status, 200);
    let answer = anyone.get("/readyz").await;
    assert_eq!(answer.headers[header::RETRY_AFTER], "5");
    answer.problem(503, "draining");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_has_an_id_and_headers_that_keep_browsers_safe() {
    let server = Server::start().await;
    for path in ["/", "/healthz", "/api/v1/nothing", "/p/orders"] {
        let answer = server.anyone().get(path).await;
        for name in ["x-request-id", "content-security-policy", "x-content-type-options", "x-frame-options", "referrer-policy"] {
            assert!(answer.headers.contains_key(name), "{path} lacks {name}: {:?}", answer.headers);
        }
        let policy = answer.headers["content-security-policy"].to_str().expect("a text");
        assert!(policy.contains("default-src 'self'") && !policy.contains("unsafe"), "{path}: {policy}");
    }
    let problem = server.anyone().get("/api/v1/nothing").await;
    assert_eq!(problem["instance"].as_str(), problem.headers["x-request-id"].to_str().ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_without_the_ui_gets_a_page_that_says_how_to_build_it() {
    let server = Server::start().await;
    let page = server.anyone().get("/").await;
    assert_eq!(page.status, 200);
    assert!(page.headers[header::CONTENT_TYPE].to_str().expect("a text").starts_with("text/html"));
    assert!(page.text.contains("npm run build") || page.text.contains("<script"), "{}", page.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_count_requests_by_route_and_not_by_address() {
    let (server, admin) = Server::with_admin().await;
    let metrics = api::install_recorder().expect("the only recorder of this process");
    let settings = server.state.settings().clone();
    let state = api::ApiState::with_metrics(std::sync::Arc::clone(server.state.engine()), settings, Some(metrics));
    let admin = admin.on(api::router(state));
    admin.get("/api/v1/pipelines/no-such-name").await.problem(404, "unknown_pipeline");
    let text = admin.get("/metrics").await.text;
    let line = r#"tidegate_http_requests_total{method="GET",route="/api/v1/pipelines/{pipeline}",status="404"}"#;
    assert!(text.contains(line) && !text.contains("no-such-name"), "{text}");
}
