use api::auth::Role;
use serde_json::json;

use crate::support::Server;

fn prod() -> serde_json::Value {
    json!({"id": "222222222222", "name": "prod", "labels": {"tier": "prod"}, "regions": {"eu-west-1": {"size": "small"}, "us-east-1": {}}})
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_registered_listed_and_forgotten_and_its_external_id_is_not_listed() {
    let (server, admin) = Server::with_admin().await;
    let added = admin.post("/api/v1/accounts", prod()).await;
    assert_eq!(added.status, 201, "{}", added.text);
    assert_eq!((added["partition"].as_str(), added["roles"][0].as_str()), (Some("aws"), Some("tidegate-deploy")));
    let viewer = server.person(&admin, "vera", Role::Viewer, &[]).await;
    let listed = viewer.get("/api/v1/accounts").await;
    assert_eq!(listed["items"][0]["regions"][0]["name"], "eu-west-1", "{}", listed.text);
    assert_eq!(listed["items"][0]["regions"][0]["health"], json!(null), "nobody has checked it");
    assert!(!listed.text.contains("external_id") && !listed.text.contains("tidegate-0"), "{}", listed.text);
    admin
        .post("/api/v1/accounts", json!({"id": "222222222222", "name": "other", "regions": {"eu-west-1": {}}}))
        .await
        .problem(409, "already_exists");
    admin
        .post("/api/v1/accounts", json!({"id": "333333333333", "name": "prod", "regions": {"eu-west-1": {}}}))
        .await
        .problem(409, "already_exists");
    let words =
        admin.post("/api/v1/accounts", json!({"id": "12", "name": "x", "regions": {"eu-west-1": {}}})).await.problem(422, "invalid");
    assert!(words.contains("twelve digits"), "{words}");
    assert_eq!(admin.delete("/api/v1/accounts/prod").await.status, 204);
    admin.delete("/api/v1/accounts/prod").await.problem(404, "unknown_account");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_an_identity_says_so() {
    let (_server, admin) = Server::with_admin().await;
    assert_eq!(admin.post("/api/v1/accounts", prod()).await.status, 201);
    let words = admin.post("/api/v1/accounts/prod/check", json!({})).await.problem(422, "identity_refused");
    assert!(words.contains("no identity of its own"), "{words}");
    admin.get("/api/v1/accounts/prod/policy").await.problem(422, "identity_refused");
    admin.get("/api/v1/accounts/nothing/policy").await.problem(404, "unknown_account");
}
