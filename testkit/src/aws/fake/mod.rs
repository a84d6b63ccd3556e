//! A scripted AWS for the state machines that no emulator does rightly, after AWS's own documentation and over real HTTP: rollouts
//! of ECS with their circuit breaker, change sets and failed updates of CloudFormation that roll back, deployments of CodeDeploy,
//! updates of Elastic Beanstalk, deployments of AppConfig, commands of Systems Manager. One account, one region.
//!
//! What is deployed says how it behaves: content that holds the word `sick` fails, and `slow` takes its time. Whatever was begun
//! goes on when whoever asked is gone.

mod app_config;
mod beanstalk;
mod cloudformation;
mod code_deploy;
mod commands;
mod ecs;
mod objects;
mod parameters;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};
use tokio_util::task::AbortOnDropHandle;

/// Whoever calls is of this account.
const ACCOUNT: &str = "222222222222";

/// Answers until it is dropped.
#[derive(Debug)]
pub struct Fake {
    url: String,
    known: Arc<Mutex<Known>>,
    _serving: AbortOnDropHandle<()>,
}

/// What is there, by service.
#[derive(Debug, Default)]
struct Known {
    /// By bucket and key.
    objects: BTreeMap<String, Bytes>,
    parameters: BTreeMap<String, String>,
    ecs: ecs::State,
    stacks: cloudformation::State,
    code_deploy: code_deploy::State,
    beanstalk: beanstalk::State,
    app_config: app_config::State,
    commands: commands::State,
    calls: Vec<String>,
}

/// What AWS refuses, with its code.
#[derive(Debug)]
struct Refused(&'static str, String);

type Answer = Result<Value, Refused>;

/// Something that AWS does by itself, and how it will end.
#[derive(Debug, Clone)]
struct Course {
    began: Instant,
    takes: Duration,
    fails: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    UnderWay,
    Succeeded,
    Failed,
}

impl Course {
    /// Of what has this content.
    #[expect(clippy::disallowed_methods, reason = "what AWS does takes real time")]
    fn of(content: &[u8]) -> Self {
        let says = |word: &str| content.windows(word.len()).any(|window| window == word.as_bytes());
        let takes = if says("slow") { Duration::from_millis(800) } else { Duration::from_millis(40) };
        Self { began: Instant::now(), takes, fails: says("sick") }
    }

    #[expect(clippy::disallowed_methods, reason = "what AWS does takes real time")]
    fn progress(&self) -> Progress {
        match (Instant::now().duration_since(self.began) < self.takes, self.fails) {
            (true, _) => Progress::UnderWay,
            (false, false) => Progress::Succeeded,
            (false, true) => Progress::Failed,
        }
    }

    fn is_under_way(&self) -> bool {
        self.progress() == Progress::UnderWay
    }
}

/// What runs, seen by somebody who asks no block: the release that was written down beside it, and whether it is well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    pub release: u64,
    pub is_well: bool,
    pub is_changing: bool,
}

impl Fake {
    /// Listens on a port of its own.
    pub async fn start() -> Self {
        let known = Arc::new(Mutex::new(Known::default()));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let app = Router::new().fallback(handle).with_state(Arc::clone(&known));
        let app = app.layer(axum::extract::DefaultBodyLimit::disable());
        let serving = tokio::spawn(async move { axum::serve(listener, app).await.expect("it serves") });
        Self { url, known, _serving: AbortOnDropHandle::new(serving) }
    }

    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// How often an operation was called.
    #[must_use]
    pub fn count(&self, operation: &str) -> usize {
        self.known().calls.iter().filter(|call| *call == operation).count()
    }

    /// A parameter of Systems Manager that is there already.
    pub fn put_parameter(&self, name: &str, value: &str) {
        self.known().parameters.insert(name.to_owned(), value.to_owned());
    }

    /// An object of S3, by `/bucket/key`.
    #[must_use]
    pub fn object(&self, path: &str) -> Option<Bytes> {
        self.known().objects.get(path).cloned()
    }

    /// What a stack is made of.
    #[must_use]
    pub fn template(&self, name: &str) -> Option<String> {
        self.known().stacks.template(name)
    }

    #[must_use]
    pub fn service(&self) -> Option<Seen> {
        self.known().ecs.seen()
    }

    #[must_use]
    pub fn stack(&self, name: &str) -> Option<Seen> {
        self.known().stacks.seen(name)
    }

    #[must_use]
    pub fn deployment_group(&self) -> Option<Seen> {
        self.known().code_deploy.seen()
    }

    #[must_use]
    pub fn environment(&self) -> Option<Seen> {
        self.known().beanstalk.seen()
    }

    #[must_use]
    pub fn configuration(&self) -> Option<Seen> {
        self.known().app_config.seen()
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn handle(State(known): State<Arc<Mutex<Known>>>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let is_signed = text("authorization").starts_with("AWS4-HMAC-SHA256 Credential=")
        || uri.query().is_some_and(|query| query.contains("X-Amz-Signature="));
    assert!(is_signed, "a call that nobody signed: {method} {uri}");
    if let Some((service, operation)) = text("x-amz-target").rsplit_once('.') {
        known.calls.push(operation.to_owned());
        let asked: Value = serde_json::from_slice(&body).expect("JSON");
        let answer = match service {
            "AmazonEC2ContainerServiceV20141113" => known.ecs.call(operation, &asked),
            "CodeDeploy_20141006" => code_deploy::call(&mut known, operation, &asked),
            "AmazonSSM" => parameters::call(&mut known, operation, &asked),
            other => unknown(other, operation),
        };
        return as_json(answer);
    }
    if text("content-type").starts_with("application/x-www-form-urlencoded") {
        let mut form: BTreeMap<String, String> = url::form_urlencoded::parse(&body).into_owned().collect();
        let action = form.get("Action").cloned().unwrap_or_default();
        known.calls.push(action.clone());
        let answer = match form.get("Version").map(String::as_str) {
            Some("2010-05-15") => {
                read_template(&known, &mut form);
                known.stacks.call(&action, &form)
            }
            Some("2011-06-15") if action == "GetCallerIdentity" => Ok(json!({"Account": ACCOUNT})),
            Some("2010-12-01") => beanstalk::call(&mut known, &action, &form),
            other => unknown(other.unwrap_or_default(), &action),
        };
        return as_xml(&action, answer);
    }
    let path = uri.path().to_owned();
    known.calls.push(format!("{method} {path}"));
    if path.starts_with("/applications") {
        return app_config::call(&mut known, &method, &path, &headers, &body);
    }
    objects::call(&mut known, &method, &path, body)
}

/// CloudFormation reads a long template from S3.
fn read_template(known: &Known, form: &mut BTreeMap<String, String>) {
    let object = form.get("TemplateURL").and_then(|url| known.objects.get(url::Url::parse(url).ok()?.path()));
    if let Some(text) = object.map(|bytes| String::from_utf8_lossy(bytes).into_owned()) {
        form.insert("TemplateBody".to_owned(), text);
    }
}

fn unknown(service: &str, operation: &str) -> Answer {
    Err(Refused("UnknownOperationException", format!("this fake knows no {operation} of {service}")))
}

fn as_json(answer: Answer) -> Response {
    match answer {
        Ok(value) => ([("content-type", "application/x-amz-json-1.1")], value.to_string()).into_response(),
        Err(Refused(code, message)) => (StatusCode::BAD_REQUEST, json!({"__type": code, "message": message}).to_string()).into_response(),
    }
}

fn as_xml(action: &str, answer: Answer) -> Response {
    let (status, body) = match answer {
        Ok(value) => (StatusCode::OK, format!("<{action}Response><{action}Result>{}</{action}Result></{action}Response>", xml(&value))),
        Err(Refused(code, message)) => {
            let message = escaped(&message);
            (
                StatusCode::BAD_REQUEST,
                format!("<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"),
            )
        }
    };
    (status, [("content-type", "text/xml")], body).into_response()
}

fn xml(value: &Value) -> String {
    match value {
        Value::Object(members) => members.iter().map(|(name, value)| format!("<{name}>{}</{name}>", xml(value))).collect(),
        Value::Array(items) => items.iter().map(|item| format!("<member>{}</member>", xml(item))).collect(),
        Value::String(text) => escaped(text),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The number after `release=`, as the blocks write it down.
fn release_in(text: &str) -> Option<u64> {
    text.split("release=").nth(1)?.split(|letter: char| !letter.is_ascii_digit()).next()?.parse().ok()
}
