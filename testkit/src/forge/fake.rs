use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, Request, Response, StatusCode, Uri};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use engine::ports::SecretValue;
use futures::StreamExt as _;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio_util::task::AbortOnDropHandle;
use url::Url;

use super::app::{self, Ordered};
use super::hooks::{Sender, Sent};
use super::openapi::Description;
use super::people::{self, HandedOut, Person};
use super::{api, git};

/// The App of the tests.
pub const APP_ID: &str = "4711";

/// Stands in for GitHub over real HTTP: an API below `/api/v3`, as an Enterprise Server has it, and bare repositories behind
/// git's own HTTP backend, readable with an installation's token only. It keeps what it was told, and fails as it is told.
#[derive(Debug)]
pub struct FakeForge {
    pub url: Url,
    pub(super) shared: Arc<Shared>,
    _serving: AbortOnDropHandle<()>,
}

#[derive(Debug)]
pub(super) struct Shared {
    pub(super) folder: TempDir,
    /// With a slash at its end.
    pub(super) url: Url,
    pub(super) key: KeyPair,
    pub(super) state: Mutex<ForgeState>,
}

/// What it knows and how it behaves.
#[derive(Debug, Default)]
pub struct ForgeState {
    pub mood: Mood,
    /// The App is installed nowhere any more; its tokens are void.
    pub revoked: bool,
    /// Requests that wait for another mood, and how many did at most.
    pub hanging: usize,
    pub most_hanging: usize,
    /// Leads every request to this other place.
    pub redirect_to: Option<Url>,
    /// Requests of git's.
    pub git_asked: u64,
    /// Seconds that a token is valid, as it says.
    pub token_valid_s: Option<i64>,
    /// Everybody may read every repository.
    pub is_public: bool,
    /// Sends web hooks for what happens here.
    pub sender: Option<Arc<Sender>>,
    pub(super) hooks: Vec<(&'static str, Value)>,
    /// What became of those that were sent by the fake itself, in their order.
    pub deliveries: Vec<Sent>,
    /// The manifest of the App that was made here; null: none was.
    pub app: Value,
    /// What the owner of the repositories grants the App; none: all that it asks for.
    pub granted: Option<Value>,
    pub(super) ordered: Vec<Ordered>,
    /// What was asked or answered against GitHub's description of its API; a forge that is dropped with any fails its test.
    pub violations: Vec<String>,
    /// Every request to the API in its order: method, path without query, status.
    pub asked: Vec<(String, String, u16)>,
    /// By id, in the order of their making.
    pub checks: BTreeMap<u64, Value>,
    pub deployments: BTreeMap<u64, Value>,
    /// Who signs in.
    pub at_browser: Person,
    pub(super) codes: Vec<HandedOut>,
    pub(super) signed_in: BTreeMap<String, Person>,
    /// By number.
    pub pulls: BTreeMap<u64, Value>,
    /// By id, in the order of their making.
    pub comments: BTreeMap<u64, Value>,
    /// Branches with rules.
    pub protected: BTreeSet<String>,
    /// By the address in commits: the person's number.
    pub people: BTreeMap<String, u64>,
    /// By commit, oldest first.
    pub statuses: BTreeMap<String, Vec<Value>>,
    /// By deployment, oldest first.
    pub deployment_statuses: BTreeMap<u64, Vec<Value>>,
    pub(super) tokens: Vec<String>,
    pub(super) next_id: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mood {
    #[default]
    Well,
    /// 503 to everything, git included.
    Down,
    /// The answers of the API come in drops: a piece of 16 bytes after each pause.
    Slow { pause_ms: u64 },
    /// Takes requests and answers none of them until the mood is another.
    Hangs,
    /// The primary limit is used up; it says for how long.
    Limited { reset_s: i64 },
    /// 403 with `retry-after`.
    SecondaryLimit { retry_after_s: u64 },
    /// Accepts the request, does what it asks, and breaks the connection before the answer.
    CutAfter,
    /// 401 to installation tokens, as after a key was rotated.
    ForgetsTokens,
}

impl FakeForge {
    pub async fn start() -> Self {
        Self::start_as("127.0.0.1").await
    }

    /// The same under another name of this machine, so that browsers take it for another site than a server.
    pub async fn start_as(host: &str) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let url: Url = format!("http://{host}:{}", listener.local_addr().expect("an address").port()).parse().expect("a URL");
        let shared = Arc::new(Shared {
            folder: tempfile::tempdir().expect("a temporary folder"),
            url: url.clone(),
            key: KeyPair::generate(KeySize::Rsa2048).expect("a key"),
            state: Mutex::default(),
        });
        let router = Router::new().fallback(answer).with_state(Arc::clone(&shared));
        let serving = tokio::spawn(async move { drop(axum::serve(listener, router).await) });
        Self { url, shared, _serving: AbortOnDropHandle::new(serving) }
    }

    /// An empty bare repository `acme/<name>`; pushes go to its folder, reads through HTTP.
    pub fn repository(&self, name: &str) -> ForgeRepository {
        let folder = self.shared.folder.path().join("acme").join(format!("{name}.git"));
        std::fs::create_dir_all(&folder).expect("a folder");
        let output = std::process::Command::new("git")
            .args(["init", "-q", "--bare", "-b", "main", "."])
            .current_dir(&folder)
            .output()
            .expect("git runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        ForgeRepository { url: self.url.join(&format!("acme/{name}.git")).expect("a URL").to_string(), folder }
    }

    /// The App's private key as GitHub hands it out.
    #[must_use]
    pub fn app_key(&self) -> SecretValue {
        SecretValue::new(self.shared.key_pem())
    }

    /// Looks at what it knows, or changes how it behaves.
    pub fn state(&self) -> MutexGuard<'_, ForgeState> {
        self.shared.state()
    }

    /// A token with which this person speaks to the API, and pushes by git to what is theirs.
    pub fn person_token(&self, person: Person) -> String {
        let token = format!("ghp_{}", person.login);
        self.state().signed_in.insert(token.clone(), person);
        token
    }
}

impl Drop for FakeForge {
    fn drop(&mut self) {
        let violations = std::mem::take(&mut self.state().violations);
        assert!(std::thread::panicking() || violations.is_empty(), "GitHub's API is another: {violations:#?}");
    }
}

/// Where a repository stands.
#[derive(Debug, Clone)]
pub struct ForgeRepository {
    pub url: String,
    pub folder: PathBuf,
}

impl Shared {
    pub(super) fn key_pem(&self) -> String {
        let der = AsDer::<Pkcs8V1Der<'_>>::as_der(&self.key).expect("a key");
        format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", STANDARD.encode(der.as_ref()))
    }

    pub(super) fn state(&self) -> MutexGuard<'_, ForgeState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until it does not hang any more.
    async fn other_mood(&self) {
        {
            let mut state = self.state();
            state.hanging += 1;
            state.most_hanging = state.most_hanging.max(state.hanging);
        }
        while self.state().mood == Mood::Hangs {
            pause(20).await;
        }
        self.state().hanging -= 1;
    }

    /// The claims of a rightly signed token of the App (RS256) that GitHub would take.
    pub(super) fn is_app(&self, token: &str) -> bool {
        let Some((signed, signature)) = token.rsplit_once('.') else { return false };
        let Ok(signature) = URL_SAFE_NO_PAD.decode(signature) else { return false };
        let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, self.key.public_key().as_ref());
        let claims = signed.split_once('.').and_then(|(_, claims)| URL_SAFE_NO_PAD.decode(claims).ok());
        let claims: Value = claims.and_then(|claims| serde_json::from_slice(&claims).ok()).unwrap_or_default();
        let span = claims["exp"].as_i64().unwrap_or(0) - claims["iat"].as_i64().unwrap_or(0);
        public.verify(signed.as_bytes(), &signature).is_ok() && claims["iss"] == APP_ID && (1..=660).contains(&span)
    }
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request<Body>) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 64 * 1024 * 1024).await.unwrap_or_default();
    let (mood, redirect_to) = {
        let mut state = shared.state();
        state.git_asked += u64::from(!parts.uri.path().starts_with("/api/"));
        (state.mood, state.redirect_to.clone())
    };
    if let Some(elsewhere) = redirect_to {
        let place = elsewhere.join(parts.uri.path_and_query().map_or("/", |path| path.as_str())).expect("an address");
        return Response::builder()
            .status(StatusCode::TEMPORARY_REDIRECT)
            .header("location", place.as_str())
            .body(Body::empty())
            .expect("a response");
    }
    if mood == Mood::Well
        && let Some(response) = app::page(&shared, &parts.method, &parts.uri, &body)
            .or_else(|| people::answer(&shared, &parts.method, &parts.uri, &parts.headers, &body))
    {
        send_hooks(&shared);
        return response;
    }
    let is_api = parts.uri.path().starts_with("/api/v3/");
    if mood == Mood::Hangs && is_api {
        shared.other_mood().await;
    }
    let response = match mood {
        Mood::Down => reply(StatusCode::SERVICE_UNAVAILABLE, &json!({"message": "Unicorn!"})),
        Mood::Limited { reset_s } if is_api => {
            let mut response = reply(StatusCode::FORBIDDEN, &json!({"message": "API rate limit exceeded for installation ID 1."}));
            let reset = now_s() + reset_s;
            response.headers_mut().insert("x-ratelimit-remaining", 0.into());
            response.headers_mut().insert("x-ratelimit-reset", reset.into());
            response
        }
        Mood::SecondaryLimit { retry_after_s } if is_api => {
            let mut response = reply(StatusCode::FORBIDDEN, &json!({"message": "You have exceeded a secondary rate limit."}));
            response.headers_mut().insert("retry-after", retry_after_s.into());
            response
        }
        _ if is_api => judged(&shared, &parts.method, &parts.uri, &parts.headers, &body).await,
        _ => git::answer(&shared, &parts.method, &parts.uri, &parts.headers, &body).await,
    };
    send_hooks(&shared);
    if is_api {
        let path = parts.uri.path().trim_start_matches("/api/v3").to_owned();
        shared.state().asked.push((parts.method.to_string(), path, response.status().as_u16()));
    }
    if let Mood::Slow { pause_ms } = mood
        && is_api
    {
        return in_drops(response, pause_ms).await;
    }
    if mood == Mood::CutAfter && is_api && parts.method != Method::GET {
        // Longer than it says, so that the connection ends in the middle.
        return Response::builder()
            .status(response.status())
            .header("content-length", "1000000")
            .body(Body::from("{"))
            .expect("a response");
    }
    response
}

/// What happened is told in its order, and to nobody who would wait for it.
fn send_hooks(shared: &Arc<Shared>) {
    let mut state = shared.state();
    let hooks = std::mem::take(&mut state.hooks);
    let Some(sender) = state.sender.clone().filter(|_| !hooks.is_empty()) else { return };
    let shared = Arc::clone(shared);
    tokio::spawn(async move {
        for (event, body) in hooks {
            let sent = sender.event(event, &body, now_s()).await;
            shared.state().deliveries.push(sent);
        }
    });
}

/// Answers as GitHub's description of its API says, and keeps what was asked or answered against it.
async fn judged(shared: &Shared, method: &Method, uri: &Uri, headers: &HeaderMap, body: &Bytes) -> Response<Body> {
    let path = uri.path().trim_start_matches("/api/v3");
    let query: Vec<(String, String)> = url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
    let asked: Value = serde_json::from_slice(body).unwrap_or_default();
    let Some(operation) = Description::get().operation(method.as_str(), path) else {
        shared.state().violations.push(format!("{method} {path}: GitHub has no such operation"));
        return reply(StatusCode::NOT_FOUND, &json!({"message": "Not Found"}));
    };
    let mut found = operation.judge_request(&query, &asked);
    let (parts, known) = api::answer(shared, method, uri, headers, body).into_parts();
    let known = axum::body::to_bytes(known, usize::MAX).await.unwrap_or_default();
    let status = parts.status.as_u16();
    let whole = match serde_json::from_slice::<Value>(&known) {
        Ok(known) if parts.status.is_success() => {
            let whole = operation.complete(status, known);
            found.extend(operation.judge_answer(status, &whole));
            Bytes::from(whole.to_string())
        }
        Ok(_) | Err(_) => known,
    };
    shared.state().violations.extend(found.into_iter().map(|found| format!("{method} {found}")));
    Response::from_parts(parts, Body::from(whole))
}

pub(super) fn reply(status: StatusCode, body: &Value) -> Response<Body> {
    Response::builder().status(status).header("content-type", "application/json").body(Body::from(body.to_string())).expect("a response")
}

pub(super) fn text<'h>(headers: &'h HeaderMap, name: &str) -> &'h str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

#[expect(clippy::disallowed_methods, reason = "a forge has a clock of its own")]
pub(super) fn now_s() -> i64 {
    let elapsed = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
    i64::try_from(elapsed.as_secs()).expect("before the end of time")
}

const DROP_BYTES: usize = 16;

async fn in_drops(response: Response<Body>, pause_ms: u64) -> Response<Body> {
    let (parts, body) = response.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
    let drops: Vec<Bytes> = (0..body.len()).step_by(DROP_BYTES).map(|at| body.slice(at..body.len().min(at + DROP_BYTES))).collect();
    let drops = futures::stream::iter(drops).then(move |drop| async move {
        pause(pause_ms).await;
        Ok::<_, std::convert::Infallible>(drop)
    });
    Response::from_parts(parts, Body::from_stream(drops))
}

#[expect(clippy::disallowed_methods, reason = "a slow forge is slow in real time")]
async fn pause(ms: u64) {
    tokio::time::sleep(std::time::Duration::from_millis(ms)).await;
}
