//! Making a GitHub App from a manifest: a page on this machine leads to GitHub, GitHub leads back with a code, and the code
//! is exchanged once for the App's number, key and secret.
//!
//! <https://docs.github.com/en/apps/sharing-github-apps/registering-a-github-app-from-a-manifest>

use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use engine::ports::SecretValue;
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};
use subtle::ConstantTimeEq as _;
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use url::Url;

use super::api_base;
use crate::egress::{self, Client};

const BODY_BYTES: usize = 1024 * 1024;

/// What the App will be.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Where people see GitHub.
    pub web_url: Url,
    /// Where GitHub reaches this server.
    pub public_url: Url,
    /// None: the App belongs to whoever is signed in at GitHub.
    pub organisation: Option<String>,
    pub name: String,
}

/// An App that GitHub made.
#[derive(Debug, Clone)]
pub struct MadeApp {
    pub id: u64,
    /// Where it is installed.
    pub html_url: String,
    pub key_pem: SecretValue,
    pub webhook_secret: SecretValue,
}

#[derive(Debug, Error)]
pub enum ConnectError {
    #[error("no address of this machine can be listened on: {0}")]
    Listen(#[source] std::io::Error),
    #[error("GitHub did not hand out the App: {0}")]
    Exchange(String),
    #[error("the page was closed before GitHub led back")]
    Closed,
}

/// A page on a loopback address that waits for GitHub to lead back.
#[derive(Debug)]
pub struct Connecting {
    /// To be opened in a browser on this machine.
    pub page: Url,
    web_url: Url,
    client: Client,
    code: oneshot::Receiver<String>,
    _serving: tokio_util::task::AbortOnDropHandle<()>,
}

struct Shared {
    state: String,
    page: String,
    code: Mutex<Option<oneshot::Sender<String>>>,
}

impl Connecting {
    /// `state` is 128 random bits: GitHub hands it back, so that no other page can bring a code of its own.
    ///
    /// # Errors
    /// When nothing can be listened on.
    pub async fn listen(wanted: &Wanted, state: String, client: Client) -> Result<Self, ConnectError> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(ConnectError::Listen)?;
        let address = listener.local_addr().map_err(ConnectError::Listen)?;
        let page = Url::parse(&format!("http://{address}/")).map_err(|error| ConnectError::Listen(std::io::Error::other(error)))?;
        let (send, code) = oneshot::channel();
        let shared = Arc::new(Shared { page: form(wanted, &page, &state), state, code: Mutex::new(Some(send)) });
        let router = Router::new().route("/", get(show)).route("/made", get(made)).with_state(shared);
        let serving = tokio::spawn(async move { drop(axum::serve(listener, router).await) });
        let serving = tokio_util::task::AbortOnDropHandle::new(serving);
        Ok(Self { page, web_url: wanted.web_url.clone(), client, code, _serving: serving })
    }

    /// Waits until GitHub has led back, and exchanges the code.
    ///
    /// # Errors
    /// When GitHub does not take the code, or cannot be asked.
    pub async fn made(self) -> Result<MadeApp, ConnectError> {
        let code = self.code.await.map_err(|_| ConnectError::Closed)?;
        let code: String = url::form_urlencoded::byte_serialize(code.as_bytes()).collect();
        let url = format!("{}/app-manifests/{code}/conversions", api_base(&self.web_url));
        let fail = |error: egress::Failure| ConnectError::Exchange(error.to_string());
        let request = self.client.request(Method::POST, &url).map_err(fail)?.header(header::ACCEPT.as_str(), "application/vnd.github+json");
        let response = request.send().await.map_err(|error| fail(egress::failure(error)))?;
        let status = response.status().as_u16();
        let body = egress::body(response, BODY_BYTES).await.map_err(fail)?;
        let value: Value = serde_json::from_slice(&body).unwrap_or_default();
        if status != 201 {
            return Err(ConnectError::Exchange(format!("it answered {status}: {}", value["message"].as_str().unwrap_or_default())));
        }
        let text =
            |name: &str| value[name].as_str().map(str::to_owned).ok_or_else(|| ConnectError::Exchange(format!("its answer has no {name}")));
        Ok(MadeApp {
            id: value["id"].as_u64().ok_or_else(|| ConnectError::Exchange("its answer has no id".to_owned()))?,
            html_url: text("html_url")?,
            key_pem: SecretValue::new(text("pem")?),
            webhook_secret: SecretValue::new(text("webhook_secret")?),
        })
    }
}

/// The least that reading, checks, statuses and deployments need; docs/github.md lists the same.
fn manifest(wanted: &Wanted, page: &Url) -> Value {
    let at = |path: &str| wanted.public_url.join(path).map_or_else(|_| wanted.public_url.to_string(), |url| url.to_string());
    json!({
        "name": wanted.name,
        "url": wanted.public_url,
        "hook_attributes": {"url": at("/webhooks/github"), "active": true},
        "redirect_url": format!("{page}made"),
        "public": false,
        "default_events": ["check_run", "check_suite", "create", "delete", "pull_request", "push", "release"],
        "default_permissions": {
            "checks": "write",
            "contents": "read",
            "deployments": "write",
            "metadata": "read",
            "pull_requests": "write",
            "statuses": "write",
        },
    })
}

fn form(wanted: &Wanted, page: &Url, state: &str) -> String {
    let mut action = wanted.web_url.clone();
    match &wanted.organisation {
        Some(organisation) => action.set_path(&format!("organizations/{organisation}/settings/apps/new")),
        None => action.set_path("settings/apps/new"),
    }
    action.query_pairs_mut().append_pair("state", state);
    format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Connect Tidegate with GitHub</title>\
         <h1>Connect Tidegate with GitHub</h1><p>GitHub shows what the App may do, and asks for its name. Nothing is installed yet.</p>\
         <form method=\"post\" action=\"{}\"><input type=\"hidden\" name=\"manifest\" value=\"{}\">\
         <button>Make the App at GitHub</button></form></html>",
        escaped(action.as_str()),
        escaped(&manifest(wanted, page).to_string())
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;")
}

async fn show(State(shared): State<Arc<Shared>>) -> Response {
    let policy = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'";
    ([(header::CONTENT_SECURITY_POLICY, policy), (header::CACHE_CONTROL, "no-store")], Html(shared.page.clone())).into_response()
}

#[derive(Deserialize)]
struct Back {
    #[serde(default)]
    code: String,
    #[serde(default)]
    state: String,
}

async fn made(State(shared): State<Arc<Shared>>, Query(back): Query<Back>) -> Response {
    if back.code.is_empty() || !bool::from(back.state.as_bytes().ct_eq(shared.state.as_bytes())) {
        return (StatusCode::FORBIDDEN, "This did not begin on the page that `tidegate github connect` opened. Begin there again.")
            .into_response();
    }
    let waiting = shared.code.lock().unwrap_or_else(PoisonError::into_inner).take();
    match waiting.map(|send| send.send(back.code)) {
        Some(Ok(())) => "The App is made. What follows stands in the terminal; this page can be closed.".into_response(),
        _ => (StatusCode::GONE, "This was done already.").into_response(),
    }
}
