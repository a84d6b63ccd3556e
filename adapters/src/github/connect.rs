//! Making a GitHub App without a server: a page on this machine leads to GitHub, GitHub leads back with a code, and the code is
//! exchanged once for the App's number, key and secret.

use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use engine::ports::AppForm;
use serde::Deserialize;
use subtle::ConstantTimeEq as _;
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use url::Url;

use super::manifest::{ExchangeError, MadeApp, Unfit, Wanted, exchange};
use crate::egress::Client;

#[derive(Debug, Error)]
pub enum ConnectError {
    #[error("no address of this machine can be listened on: {0}")]
    Listen(#[source] std::io::Error),
    #[error(transparent)]
    Exchange(#[from] ExchangeError),
    #[error(transparent)]
    Unfit(#[from] Unfit),
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
    /// When nothing can be listened on, or GitHub would not take the names.
    pub async fn listen(wanted: &Wanted, state: String, client: Client) -> Result<Self, ConnectError> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(ConnectError::Listen)?;
        let address = listener.local_addr().map_err(ConnectError::Listen)?;
        let page = Url::parse(&format!("http://{address}/")).map_err(|error| ConnectError::Listen(std::io::Error::other(error)))?;
        let (send, code) = oneshot::channel();
        let form = wanted.form(&format!("{page}made"), None, &state)?;
        let shared = Arc::new(Shared { page: shown(&form), state, code: Mutex::new(Some(send)) });
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
        Ok(exchange(&self.web_url, &code, &self.client).await?)
    }
}

fn shown(form: &AppForm) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Connect Tidegate with GitHub</title>\
         <h1>Connect Tidegate with GitHub</h1><p>GitHub shows what the App may do, and asks for its name. Nothing is installed yet.</p>\
         <form method=\"post\" action=\"{}\"><input type=\"hidden\" name=\"manifest\" value=\"{}\">\
         <button>Make the App at GitHub</button></form></html>",
        escaped(&form.action),
        escaped(&form.manifest)
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
