//! `Idempotency-Key`: the same request twice has one effect and one answer (ID2).

use std::convert::Infallible;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use engine::store::{Answer, Begun, StoredAnswer};
use sha2::{Digest, Sha256};

use crate::auth::{Access, Caller, authorise};
use crate::extract::body_problem;
use crate::problem::{Code, Problem};
use crate::state::ApiState;

static HEADER: HeaderName = HeaderName::from_static("idempotency-key");
static REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// How long an answer is remembered.
const REMEMBERED_MS: u64 = 24 * 3_600 * 1_000;
const MAX_KEY: usize = 200;
const MAX_ANSWER_BYTES: usize = 1024 * 1024;

/// Names the effect of a request: the same for the same caller and key, new for each request without one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EffectKey(pub String);

/// An answer that shows a secret: it must not be kept, so a repetition hears that it came too late.
#[derive(Debug, Clone, Copy)]
pub struct ShownOnce;

impl FromRequestParts<ApiState> for EffectKey {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, Infallible> {
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or_else(|| Self(state.ids().uuid())))
    }
}

/// What a layer knows of its route.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Guard {
    pub(crate) access: Access,
    pub(crate) body_bytes: usize,
}

/// Layer of every route that changes something. The state comes with the request, from the edge.
pub(crate) async fn once(guard: Guard, request: Request, next: Next) -> Response {
    let Some(given) = request.headers().get(&HEADER) else { return next.run(request).await };
    let Some(state) = request.extensions().get::<ApiState>().cloned() else { return next.run(request).await };
    let key = given.to_str().ok().filter(|key| !key.is_empty() && key.len() <= MAX_KEY && key.bytes().all(|byte| byte.is_ascii_graphic()));
    let Some(key) = key.map(str::to_owned) else {
        let detail = format!("idempotency-key must be 1 to {MAX_KEY} printable ASCII characters without spaces");
        return Problem::new(Code::InvalidHeader, detail).into_response();
    };
    match keyed(guard, &state, key, request, next).await {
        Ok(response) => response,
        Err(problem) => problem.into_response(),
    }
}

async fn keyed(guard: Guard, state: &ApiState, key: String, request: Request, next: Next) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let caller = authorise(&parts, state, guard.access).await?;
    let body = to_bytes(body, guard.body_bytes).await.map_err(|error| body_problem(413, &error.to_string()))?;
    let scoped = format!("{}:{key}", caller.key());
    let digest = digest(&parts, &body);
    let store = state.store();
    let now = state.now();
    match store.begin_request(&scoped, &digest, now, now + REMEMBERED_MS).await? {
        Begun::Answered(answer) => return Ok(replay(answer)),
        Begun::OtherRequest => {
            return Err(Problem::new(
                Code::KeyReused,
                "this idempotency key was used before for another address or body; take a new key for a new request",
            ));
        }
        // Unfinished: its server died, or it is under way. The effect has the same key, so it happens once.
        Begun::New | Begun::Unfinished => {}
    }
    let response = run(parts, body, caller, &scoped, next).await;
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, MAX_ANSWER_BYTES)
        .await
        .map_err(|error| Problem::new(Code::Internal, format!("the answer could not be kept: {error}")))?;
    let is_effect = parts.status.is_success();
    if is_effect {
        let kept = if parts.extensions.get::<ShownOnce>().is_some() { too_late() } else { text_of(parts.status, &body) };
        store.finish_request(Answer { key: scoped, status: kept.0.as_u16(), body: kept.1 }).await?;
    } else if parts.status.is_client_error() {
        store.forget_request(&scoped).await?;
    }
    Ok(Response::from_parts(parts, Body::from(body)))
}

async fn run(parts: Parts, body: Bytes, caller: Caller, scoped: &str, next: Next) -> Response {
    let mut request = Request::from_parts(parts, Body::from(body));
    let effect = hex::encode(&Sha256::digest(scoped.as_bytes())[..16]);
    request.extensions_mut().insert(EffectKey(effect));
    tracing::debug!(caller = caller.key(), "request with an idempotency key");
    next.run(request).await
}

fn digest(parts: &Parts, body: &Bytes) -> String {
    let mut hasher = Sha256::new();
    for part in [parts.method.as_str().as_bytes(), parts.uri.path().as_bytes(), parts.uri.query().unwrap_or_default().as_bytes(), body] {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    hex::encode(hasher.finalize())
}

fn text_of(status: StatusCode, body: &Bytes) -> (StatusCode, String) {
    (status, String::from_utf8_lossy(body).into_owned())
}

fn too_late() -> (StatusCode, String) {
    let problem =
        Problem::new(Code::KeyReused, "this was done already; its secret was shown once and is not kept: revoke it and make another");
    (problem.code.status(), serde_json::to_string(&problem).unwrap_or_default())
}

fn replay(answer: StoredAnswer) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    let content_type = if status.is_success() { "application/json" } else { crate::problem::CONTENT_TYPE };
    let mut response = (status, answer.body).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response.headers_mut().insert(REPLAYED.clone(), HeaderValue::from_static("true"));
    response
}
