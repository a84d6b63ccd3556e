use axum::body::Body;
use axum::http::{Method, Request};

use crate::support::Server;

/// Every route that changes something is refused when another site made the browser send it, whatever the role.
#[tokio::test(flavor = "multi_thread")]
async fn no_route_that_changes_something_takes_a_request_of_another_site() {
    let (server, admin) = Server::with_admin().await;
    let cookie = admin.request(Method::GET, "/", Body::empty()).headers()["cookie"].clone();
    let mut tried = 0;
    for route in api::table() {
        let is_account = matches!(route.access, api::auth::Access::AtLeast(_));
        if route.method.is_safe() || !is_account {
            continue;
        }
        for evil in [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("origin", "https://evil.example"),
            ("origin", "null"),
            ("x-none", ""),
        ] {
            let path = crate::authorisation::filled(&route.path);
            let request = Request::builder().method(route.method.clone()).uri(&path).header("cookie", cookie.clone());
            let request =
                request.header("content-type", "application/json").header(evil.0, evil.1).body(Body::from("{}")).expect("a request");
            server.anyone().send(request).await.problem(403, "cross_site");
            tried += 1;
        }
    }
    assert!(tried > 50, "only {tried} requests were tried");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_site_cannot_sign_a_browser_in() {
    let server = Server::start().await;
    let mut request = server.anyone().request(Method::POST, "/api/v1/session", Body::from(r#"{"name":"a","password":"b"}"#));
    request.headers_mut().insert("sec-fetch-site", "cross-site".parse().expect("a header"));
    server.anyone().send(request).await.problem(403, "cross_site");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_site_cannot_read_with_the_browsers_cookie_but_a_link_may_lead_here() {
    let (server, admin) = Server::with_admin().await;
    let mut request = admin.request(Method::GET, "/api/v1/session", Body::empty());
    request.headers_mut().insert("sec-fetch-site", "cross-site".parse().expect("a header"));
    server.anyone().send(request).await.problem(403, "cross_site");
    let mut request = admin.request(Method::GET, "/api/v1/session", Body::empty());
    request.headers_mut().insert("sec-fetch-site", "cross-site".parse().expect("a header"));
    request.headers_mut().insert("sec-fetch-mode", "navigate".parse().expect("a header"));
    server.anyone().send(request).await.expect(200);
}
