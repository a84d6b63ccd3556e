use api::auth::{Role, first_start};
use axum::http::header;
use serde_json::json;

use crate::support::{PASSWORD, Server};

const DAY_MS: u64 = 24 * 3_600 * 1_000;

#[tokio::test(flavor = "multi_thread")]
async fn the_first_start_makes_one_admin_once() {
    let server = Server::start().await;
    let (engine, url) = (server.state.engine(), &server.state.settings().public_url);
    let old = first_start(engine, url).await.expect("the store works").expect("a fresh server");
    let link = first_start(engine, url).await.expect("the store works").expect("still fresh");
    assert!(link.url.starts_with("http://127.0.0.1:8080/first-start#tgf_"), "{}", link.url);
    let anyone = server.anyone();
    let body = |token: &str, password: &str| json!({"token": token, "name": "root", "password": password});

    anyone.post("/api/v1/first-start", body(&old.token, PASSWORD)).await.problem(410, "link_used");
    let detail = anyone.post("/api/v1/first-start", body(&link.token, "short")).await.problem(422, "invalid");
    assert!(detail.contains("12 characters"), "{detail}");
    let me = anyone.post("/api/v1/first-start", body(&link.token, PASSWORD)).await;
    assert_eq!((me.status.as_u16(), me["role"].as_str()), (200, Some("admin")), "{}", me.text);
    anyone.post("/api/v1/first-start", body(&link.token, PASSWORD)).await.problem(410, "link_used");
    assert_eq!(first_start(engine, url).await.expect("the store works"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_link_of_the_first_start_lasts_a_day() {
    let server = Server::start().await;
    let link =
        first_start(server.state.engine(), &server.state.settings().public_url).await.expect("the store works").expect("a fresh server");
    server.clock.advance(DAY_MS);
    let body = json!({"token": link.token, "name": "root", "password": PASSWORD});
    server.anyone().post("/api/v1/first-start", body).await.problem(410, "link_used");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_a_cookie_that_scripts_and_other_sites_do_not_get() {
    let (server, _) = Server::with_admin().await;
    let answer = server.anyone().post("/api/v1/session", json!({"name": "root", "password": PASSWORD})).await;
    let set = answer.headers[header::SET_COOKIE].to_str().expect("a text");
    for part in ["tidegate=tgs_", "HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=604800"] {
        assert!(set.contains(part), "{set} lacks {part}");
    }
    assert!(!set.contains("Secure"), "plain HTTP on loopback: {set}");

    let server = Server::with(|mut settings| {
        settings.secure_cookies = true;
        settings
    })
    .await;
    let link =
        first_start(server.state.engine(), &server.state.settings().public_url).await.expect("the store works").expect("a fresh server");
    let answer = server.anyone().post("/api/v1/first-start", json!({"token": link.token, "name": "root", "password": PASSWORD})).await;
    let set = answer.headers[header::SET_COOKIE].to_str().expect("a text");
    assert!(set.starts_with("__Host-tidegate=tgs_") && set.contains("; Secure"), "{set}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_by_signing_out_and_by_time() {
    let (server, admin) = Server::with_admin().await;
    assert_eq!(admin.get("/api/v1/session").await.expect(200)["name"], "root");
    admin.delete("/api/v1/session").await.expect(204);
    admin.get("/api/v1/session").await.problem(401, "not_signed_in");

    let again = server.anyone().post("/api/v1/session", json!({"name": "root", "password": PASSWORD})).await;
    let again = server.cookie(&again.cookie());
    again.get("/api/v1/session").await.expect(200);
    server.clock.advance(7 * DAY_MS);
    again.get("/api/v1/session").await.problem(401, "not_signed_in");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_and_an_unknown_name_are_told_alike_and_limited() {
    let (server, _) = Server::with_admin().await;
    let anyone = server.anyone();
    let wrong = anyone.post("/api/v1/session", json!({"name": "root", "password": "not the password"})).await;
    let unknown = anyone.post("/api/v1/session", json!({"name": "nobody", "password": "not the password"})).await;
    assert_eq!(wrong["detail"], unknown["detail"]);
    wrong.problem(401, "wrong_credentials");
    for _ in 0..4 {
        anyone.post("/api/v1/session", json!({"name": "root", "password": "not the password"})).await.problem(401, "wrong_credentials");
    }
    let limited = anyone.post("/api/v1/session", json!({"name": "root", "password": PASSWORD})).await;
    assert!(limited.headers.contains_key(header::RETRY_AFTER));
    limited.problem(429, "too_many_logins");
    server.clock.advance(15 * 60 * 1_000);
    anyone.post("/api/v1/session", json!({"name": "root", "password": PASSWORD})).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_expires_is_revoked_and_never_shown_again() {
    let (server, admin) = Server::with_admin().await;
    let made = admin.post("/api/v1/tokens", json!({"name": "ci", "role": "developer", "valid_ms": DAY_MS})).await.expect(201);
    let (id, secret) = (made["id"].as_str().expect("an id"), made["secret"].as_str().expect("a secret"));
    assert!(secret.starts_with(&format!("tg_{id}_")), "{secret}");
    let token = server.bearer(secret);
    assert_eq!(token.get("/api/v1/session").await.expect(200)["role"], "developer");
    let listed = admin.get("/api/v1/tokens").await;
    assert!(!listed.text.contains(secret.rsplit('_').next().expect("a part")), "the list shows the secret");
    assert!(listed["items"][0]["last_used_at"].is_i64(), "{}", listed.text);

    token.delete(&format!("/api/v1/tokens/{id}")).await.expect(204);
    token.get("/api/v1/session").await.problem(401, "not_signed_in");
    admin.delete(&format!("/api/v1/tokens/{id}")).await.problem(404, "unknown_token");

    let made = admin.post("/api/v1/tokens", json!({"name": "ci", "role": "viewer", "valid_ms": DAY_MS})).await.expect(201);
    let token = server.bearer(made["secret"].as_str().expect("a secret"));
    token.get("/api/v1/session").await.expect(200);
    server.clock.advance(DAY_MS);
    token.get("/api/v1/session").await.problem(401, "not_signed_in");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gets_more_by_a_token_than_they_have() {
    let (server, admin) = Server::with_admin().await;
    let developer = server.person(&admin, "dev", Role::Developer, &[]).await;
    developer.post("/api/v1/tokens", json!({"name": "x", "role": "admin"})).await.problem(403, "forbidden");
    developer.post("/api/v1/tokens", json!({"name": "x", "role": "viewer", "is_service": true})).await.problem(403, "forbidden");
    let weak = developer.post("/api/v1/tokens", json!({"name": "x", "role": "viewer"})).await.expect(201);
    let weak = server.bearer(weak["secret"].as_str().expect("a secret"));
    weak.post("/api/v1/tokens", json!({"name": "y", "role": "developer"})).await.problem(403, "forbidden");

    let service = admin.post("/api/v1/tokens", json!({"name": "bot", "role": "admin", "is_service": true})).await.expect(201);
    let service = server.bearer(service["secret"].as_str().expect("a secret"));
    assert_eq!(service.get("/api/v1/session").await.expect(200)["kind"], "token");
    service.post("/api/v1/tokens", json!({"name": "z", "role": "viewer"})).await.problem(403, "person_needed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disabled_person_is_out_at_once_with_every_token() {
    let (server, admin) = Server::with_admin().await;
    let dev = server.person(&admin, "dev", Role::Developer, &[]).await;
    let session = server.anyone().post("/api/v1/session", json!({"name": "dev", "password": PASSWORD})).await;
    let session = server.cookie(&session.cookie());
    let id = session.get("/api/v1/session").await.expect(200)["id"].as_str().expect("an id").to_owned();
    admin.patch(&format!("/api/v1/users/{id}"), json!({"disabled": true})).await.expect(200);
    dev.get("/api/v1/session").await.problem(401, "not_signed_in");
    session.get("/api/v1/session").await.problem(401, "not_signed_in");
    server.anyone().post("/api/v1/session", json!({"name": "dev", "password": PASSWORD})).await.problem(401, "wrong_credentials");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_admin_stays() {
    let (_server, admin) = Server::with_admin().await;
    let id = admin.get("/api/v1/session").await.expect(200)["id"].as_str().expect("an id").to_owned();
    admin.patch(&format!("/api/v1/users/{id}"), json!({"role": "viewer"})).await.problem(409, "last_admin");
    admin.patch(&format!("/api/v1/users/{id}"), json!({"disabled": true})).await.problem(409, "last_admin");
    admin.patch("/api/v1/users/nobody", json!({"disabled": true})).await.problem(404, "unknown_user");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_a_role_or_taken_is_refused() {
    let (_server, admin) = Server::with_admin().await;
    let user = |name: &str| json!({"name": name, "password": PASSWORD, "role": "viewer"});
    admin.post("/api/v1/users", user("approver")).await.problem(422, "invalid");
    admin.post("/api/v1/users", user("a b")).await.problem(422, "invalid");
    admin.post("/api/v1/users", user("root")).await.problem(409, "already_exists");
    let groups = json!({"name": "ada", "password": PASSWORD, "role": "viewer", "groups": ["admin"]});
    admin.post("/api/v1/users", groups).await.problem(422, "invalid");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_done_to_accounts_stands_in_the_servers_audit_trail() {
    let (server, admin) = Server::with_admin().await;
    server.person(&admin, "dev", Role::Developer, &[]).await;
    let trail = admin.get("/api/v1/audit/server").await.expect(200);
    let actions: Vec<&str> = trail["items"].as_array().expect("a list").iter().filter_map(|row| row["action"].as_str()).collect();
    assert_eq!(actions, ["token.create", "user.create", "user.create", "first_start.link"]);
    assert_eq!(admin.get("/api/v1/audit/verify").await.expect(200), json!({"is_whole": true, "first_bad": null}));
}
