use axum::body::Body;
use axum::http::Method;
use serde_json::json;

use crate::support::{PASSWORD, Server};

/// ID2.
#[tokio::test(flavor = "multi_thread")]
async fn id2_the_same_key_has_one_effect_and_another_body_is_refused() {
    let (_server, admin) = Server::with_admin().await;
    let user = |name: &str| json!({"name": name, "password": PASSWORD, "role": "viewer"});
    let first = admin.post_with_key("/api/v1/users", "k-1", user("ada")).await;
    let again = admin.post_with_key("/api/v1/users", "k-1", user("ada")).await;
    assert_eq!(again.headers["idempotency-replayed"], "true");
    assert_eq!(first.json, again.json);
    first.expect(201);
    again.expect(201);
    admin.post_with_key("/api/v1/users", "k-1", user("bob")).await.problem(409, "key_reused");
    let users = admin.get("/api/v1/users").await.expect(200);
    assert_eq!(users["items"].as_array().map(Vec::len), Some(2), "root and ada: {users}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_request_leaves_its_key_free() {
    let (_server, admin) = Server::with_admin().await;
    admin
        .post_with_key("/api/v1/users", "k-1", json!({"name": "ada", "password": "short", "role": "viewer"}))
        .await
        .problem(422, "invalid");
    admin.post_with_key("/api/v1/users", "k-1", json!({"name": "ada", "password": PASSWORD, "role": "viewer"})).await.expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_belongs_to_its_caller_and_cannot_be_used_by_nobody() {
    let (server, admin) = Server::with_admin().await;
    let other = server.person(&admin, "ada", api::auth::Role::Admin, &[]).await;
    let user = |name: &str| json!({"name": name, "password": PASSWORD, "role": "viewer"});
    admin.post_with_key("/api/v1/users", "k-1", user("bob")).await.expect(201);
    other.post_with_key("/api/v1/users", "k-1", user("eve")).await.expect(201);
    server.anyone().post_with_key("/api/v1/users", "k-1", user("bob")).await.problem(401, "not_signed_in");
    let mut request = admin.request(Method::POST, "/api/v1/users", Body::from("{}"));
    request.headers_mut().insert("idempotency-key", "with space".parse().expect("a header"));
    admin.send(request).await.problem(400, "invalid_header");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_not_kept_for_a_repetition() {
    let (_server, admin) = Server::with_admin().await;
    let token = json!({"name": "ci", "role": "viewer"});
    admin.post_with_key("/api/v1/tokens", "k-1", token.clone()).await.expect(201);
    admin.post_with_key("/api/v1/tokens", "k-1", token).await.problem(409, "key_reused");
    let tokens = admin.get("/api/v1/tokens").await.expect(200);
    assert_eq!(tokens["items"].as_array().map(Vec::len), Some(1), "{tokens}");
}
