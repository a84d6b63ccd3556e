//! What happens to every request and answer: an id, the access log, security headers, a last net for panics.

use std::any::Any;

use axum::extract::{MatchedPath, Request, State};
use axum::http::header::HeaderName;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tracing::Instrument as _;

use crate::problem::{Code, Problem};
use crate::state::ApiState;

static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Only our own scripts, styles and addresses; nobody may frame us. Forms lead to this server, and to the one forge at which an App is made.
pub(crate) fn policy(forge: Option<&str>) -> HeaderValue {
    const OURS: &str =
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";
    let wider = forge.and_then(|origin| HeaderValue::from_str(&format!("{OURS} {origin}")).ok());
    wider.unwrap_or(HeaderValue::from_static(OURS))
}

/// The request's id, for whoever wants to write it down.
#[derive(Debug, Clone)]
pub struct RequestId(pub String);

/// The outermost layer.
pub(crate) async fn edge(State(state): State<ApiState>, mut request: Request, next: Next) -> Response {
    let started = state.now();
    let id = state.ids().uuid();
    request.extensions_mut().insert(RequestId(id.clone()));
    request.extensions_mut().insert(state.clone());
    let method = request.method().clone();
    let packs = crate::pack::is_wanted(request.headers());
    // The template, not the address: names and tokens stay out of the metrics.
    let route = request.extensions().get::<MatchedPath>().map_or_else(|| "unmatched".to_owned(), |path| path.as_str().to_owned());
    let span = tracing::info_span!("request", request.id = %id);
    let mut response = next.run(request).instrument(span).await;

    let problem = response.extensions_mut().remove::<Problem>();
    if let Some(mut problem) = problem.clone() {
        problem.instance = Some(id.clone());
        let kept = response.headers().clone();
        response = problem.into_response();
        keep(&kept, response.headers_mut());
    }
    if packs {
        response = crate::pack::pack(response).await;
    }
    secure(&state, response.headers_mut());
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID.clone(), value);
    }

    let duration_ms = state.now().since_ms(started);
    let status = response.status().as_u16();
    let code = problem.as_ref().map_or("", |problem| problem.code.name());
    tracing::info!(request.id = %id, method = %method, route, status, code, duration_ms, "request answered");
    if status >= 500 {
        let detail = problem.map(|problem| problem.detail).unwrap_or_default();
        tracing::warn!(request.id = %id, method = %method, route, status, detail, "request failed");
    }
    let labels = [("method", method.to_string()), ("route", route), ("status", status.to_string())];
    metrics::counter!("tidegate_http_requests_total", &labels).increment(1);
    #[expect(clippy::cast_precision_loss, reason = "a duration of seconds")]
    metrics::histogram!("tidegate_http_request_seconds", &labels[..2]).record(duration_ms as f64 / 1_000.0);
    response
}

/// Headers that inner layers added to a problem (cookies, allowed methods) stay.
fn keep(from: &HeaderMap, to: &mut HeaderMap) {
    for (name, value) in from {
        if *name != header::CONTENT_LENGTH && !to.contains_key(name) {
            to.append(name.clone(), value.clone());
        }
    }
}

fn secure(state: &ApiState, headers: &mut HeaderMap) {
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert_with(|| state.policy().clone());
    let mut default = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    default(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    default(header::X_FRAME_OPTIONS, "DENY");
    default(header::REFERRER_POLICY, "same-origin");
    default(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    default(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    default(header::CACHE_CONTROL, "no-store");
    if state.settings().secure_cookies {
        default(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
}

/// A panic in a handler: counted, logged, answered; the server goes on.
#[expect(clippy::needless_pass_by_value, reason = "the signature that the layer calls")]
pub(crate) fn caught(panic: Box<dyn Any + Send + 'static>) -> Response {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("?");
    tracing::error!(panic = text, "a request's handler panicked");
    metrics::counter!("tidegate_http_panics_total").increment(1);
    Problem::new(Code::Internal, "the request hit a fault of the server; the log has it under this request's id").into_response()
}
