//! A server of one test's own, and how tests speak with it.

mod answer;
mod ports;
mod runner;

use std::sync::Arc;

use api::auth::{Role, first_start};
use api::{ApiSettings, ApiState};
use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, header};
use engine::Engine;
use engine::store::Store;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio_util::sync::{CancellationToken, DropGuard};
use tower::ServiceExt as _;

pub(crate) use answer::{Answer, Frame, PATIENCE};
pub(crate) use ports::{Repository, TestClock};
pub(crate) use runner::FakeRunner;

pub(crate) const PASSWORD: &str = "correct horse battery";

/// A server. Its engine's tasks run until it is dropped.
pub(crate) struct Server {
    pub(crate) router: Router,
    pub(crate) state: ApiState,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) repository: Arc<Repository>,
    _running: DropGuard,
    _folder: TempDir,
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::with(|settings| settings).await
    }

    pub(crate) async fn with(change: impl FnOnce(ApiSettings) -> ApiSettings) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let url = format!("sqlite:{}", folder.path().join("tidegate.db").display());
        let store = Store::open(&engine::store::Settings::new(url, "test")).await.expect("a fresh database");
        let clock = Arc::new(TestClock::default());
        let repository = Arc::new(Repository::default());
        let ports = ports::ports(Arc::clone(&clock), Arc::clone(&repository));
        let settings = engine::Settings::new("test".to_owned(), "http://127.0.0.1:8080".to_owned(), folder.path().join("spool"));
        let engine = Engine::open(settings, store, ports).await.expect("an engine");
        let shutdown = CancellationToken::new();
        tokio::spawn({
            let (engine, shutdown) = (Arc::clone(&engine), shutdown.clone());
            async move { engine.run(shutdown).await }
        });
        let public_url = url::Url::parse("http://127.0.0.1:8080").expect("a URL");
        let state = ApiState::new(engine, change(ApiSettings::new(public_url)));
        Self { router: api::router(state.clone()), state, clock, repository, _running: shutdown.drop_guard(), _folder: folder }
    }

    /// A server with its first admin, and that admin.
    pub(crate) async fn with_admin() -> (Self, Client) {
        let server = Self::start().await;
        let link = first_start(server.state.engine(), &server.state.settings().public_url)
            .await
            .expect("the store works")
            .expect("a fresh server");
        let answer = server.anyone().post("/api/v1/first-start", json!({"token": link.token, "name": "root", "password": PASSWORD})).await;
        let cookie = answer.cookie();
        let admin = Client { cookie: Some(cookie), ..server.anyone() };
        (server, admin)
    }

    /// Nobody.
    pub(crate) fn anyone(&self) -> Client {
        Client { router: self.router.clone(), bearer: None, cookie: None }
    }

    /// A browser with a session.
    pub(crate) fn cookie(&self, cookie: &str) -> Client {
        Client { cookie: Some(cookie.to_owned()), ..self.anyone() }
    }

    /// Somebody with a token.
    pub(crate) fn bearer(&self, token: &str) -> Client {
        Client { bearer: Some(token.to_owned()), ..self.anyone() }
    }

    /// A new person of that role and groups, with a personal token.
    pub(crate) async fn person(&self, admin: &Client, name: &str, role: Role, groups: &[&str]) -> Client {
        let user = json!({"name": name, "password": PASSWORD, "role": role, "groups": groups});
        admin.post("/api/v1/users", user).await.expect(201);
        let signed_in = self.anyone().post("/api/v1/session", json!({"name": name, "password": PASSWORD})).await;
        let session = Client { cookie: Some(signed_in.cookie()), ..self.anyone() };
        let token = session.post("/api/v1/tokens", json!({"name": "test", "role": role})).await.expect(201);
        self.bearer(token["secret"].as_str().expect("a secret"))
    }

    /// Connects the test's repository as pipeline `orders`.
    pub(crate) async fn connect(&self, admin: &Client, file: &str) {
        self.repository.write(file);
        self.repository.commit("the first");
        let connection = json!({"name": "orders", "repository": "https://git.example/orders", "branch": "main", "poll_ms": 3_600_000});
        admin.post("/api/v1/pipelines", connection).await.expect(201);
    }

    /// A commit that the source is asked for at once.
    pub(crate) async fn push(&self, admin: &Client, title: &str) -> String {
        let commit = self.repository.commit(title);
        admin.post("/api/v1/pipelines/orders/check", Value::Null).await.expect(200);
        commit
    }
}

/// Somebody who asks.
#[derive(Clone)]
pub(crate) struct Client {
    router: Router,
    bearer: Option<String>,
    cookie: Option<String>,
}

impl Client {
    /// The same caller at another router of the same server.
    pub(crate) fn on(&self, router: Router) -> Self {
        Self { router, ..self.clone() }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path, Body::empty())).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path, Body::empty())).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.json(Method::POST, path, &body).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Answer {
        self.json(Method::PATCH, path, &body).await
    }

    pub(crate) async fn post_with_key(&self, path: &str, key: &str, body: Value) -> Answer {
        let mut request = self.request(Method::POST, path, Body::from(body.to_string()));
        request.headers_mut().insert("idempotency-key", key.parse().expect("a header"));
        self.send(request).await
    }

    pub(crate) async fn json(&self, method: Method, path: &str, body: &Value) -> Answer {
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        self.send(self.request(method, path, body)).await
    }

    /// With credentials and, for a browser's session, what a browser says of itself.
    pub(crate) fn request(&self, method: Method, path: &str, body: Body) -> Request<Body> {
        let mut request = Request::builder().method(method).uri(path).header(header::CONTENT_TYPE, "application/json");
        if let Some(token) = &self.bearer {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        if let Some(cookie) = &self.cookie {
            request = request.header(header::COOKIE, cookie).header("sec-fetch-site", "same-origin");
        }
        request.body(body).expect("a request")
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let line = format!("{} {}", request.method(), request.uri());
        let response = self.router.clone().oneshot(request).await.expect("the router never fails");
        Answer::read(line, response).await
    }

    /// An answer that does not end.
    pub(crate) async fn stream(&self, path: &str) -> answer::Frames {
        let response = self.router.clone().oneshot(self.request(Method::GET, path, Body::empty())).await.expect("the router never fails");
        assert_eq!(response.status(), 200, "{path}");
        answer::Frames::new(response)
    }
}
