use api::auth::{Access, Role};
use axum::body::Body;
use axum::http::Method;
use serde_json::json;

use crate::support::{Client, FakeRunner, Server};

/// A path with something in the place of each parameter.
pub(crate) fn filled(path: &str) -> String {
    let number = path.replace("{number}", "1");
    let mut out = String::new();
    let mut rest = number.as_str();
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        out.push('x');
        rest = after.split_once('}').map_or("", |(_, rest)| rest);
    }
    out + rest
}

/// AUTHZ: every route × every role, from the router's own table.
#[tokio::test(flavor = "multi_thread")]
async fn every_route_answers_each_role_as_it_declares() {
    let (server, admin) = Server::with_admin().await;
    let mut callers: Vec<(&str, Option<Role>, Client)> = vec![("nobody", None, server.anyone())];
    for role in Role::ALL {
        callers.push((role.name(), Some(role), server.person(&admin, &format!("a-{role}"), role, &[]).await));
    }
    callers.push((
        "forged",
        None,
        server.bearer("tg_0190b2c40000700080000000deadbeef_00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"),
    ));
    let routes = api::table();
    assert!(routes.len() > 50, "{} routes", routes.len());
    for route in &routes {
        // It would end the very sessions that are tried here.
        let is_sign_in = matches!(route.access, Access::Anyone) && !route.method.is_safe();
        for (name, role, client) in &callers {
            let body = if route.method.is_safe() { Body::empty() } else { Body::from("{}") };
            let answer = client.send(client.request(route.method.clone(), &filled(&route.path), body)).await;
            let refused = ["not_signed_in", "forbidden"].contains(&answer.code());
            let may = match route.access {
                Access::Anyone => true,
                Access::AtLeast(least) => *role >= Some(least),
                Access::Runner => false,
            };
            let said = format!("{} {} as {name}: {} {}", route.method, route.path, answer.status, answer.text);
            if is_sign_in {
                assert_ne!(answer.code(), "forbidden", "{said}");
            } else {
                assert_eq!(refused, !may, "{said}");
            }
            if let (Access::AtLeast(_), Some(_), true) = (route.access, role, refused) {
                assert_eq!(answer.status, 403, "{said}");
            }
            assert!(answer.status.as_u16() < 500, "{said}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_runner_reaches_the_runner_api_and_nothing_else() {
    let (server, admin) = Server::with_admin().await;
    let runner = FakeRunner::join(&server, &admin).await;
    for route in api::table() {
        let body = if route.method.is_safe() { Body::empty() } else { Body::from("{}") };
        let client = runner.client();
        let answer = client.send(client.request(route.method.clone(), &filled(&route.path), body)).await;
        let said = format!("{} {}: {} {}", route.method, route.path, answer.status, answer.text);
        match route.access {
            Access::AtLeast(_) => assert_eq!(answer.status, 401, "{said}"),
            Access::Runner => assert_ne!(answer.status, 401, "{said}"),
            Access::Anyone => {}
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_join_token_joins_once() {
    let (server, admin) = Server::with_admin().await;
    let join = admin.post("/api/v1/runners/tokens", json!({"pool": "default"})).await.expect(201);
    let join = server.bearer(join["token"].as_str().expect("a token"));
    let register = json!({"name": "fake", "labels": {}, "slots": 4, "version": "test"});
    join.post(protocol::paths::REGISTER, register.clone()).await.expect(200);
    join.post(protocol::paths::REGISTER, register).await.problem(401, "not_signed_in");
    let listed = admin.get("/api/v1/runners").await.expect(200);
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_runner_is_refused_at_once() {
    let (server, admin) = Server::with_admin().await;
    let runner = FakeRunner::join(&server, &admin).await;
    let id = admin.get("/api/v1/runners").await.expect(200)["items"][0]["id"].as_str().expect("an id").to_owned();
    admin.json(Method::POST, &format!("/api/v1/runners/{id}/revoke"), &json!(null)).await.expect(204);
    let request = json!({"slots": 1, "reserved": 0, "wait_ms": 0, "holding": [], "draining": false});
    runner.client().post(protocol::paths::LEASE, request).await.problem(401, "not_signed_in");
    admin.json(Method::POST, &format!("/api/v1/runners/{id}/revoke"), &json!(null)).await.problem(404, "unknown_runner");
}
