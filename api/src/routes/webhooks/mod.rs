pub(super) mod alarm;
pub(super) mod take;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use engine::ports::forge::{Delivery, Headers, HookRefused, Meaning};
use engine::store::Received;
use futures::StreamExt as _;

use crate::extract::Json;
use crate::hook_limit::BODY_BYTES;
use crate::problem::{Code, Problem};
use crate::state::ApiState;
use crate::types::{HookOutcome, HookTaken};

/// Caps, reads, proves, writes down, and only then answers 202 (R8). What cannot be proven is never parsed.
async fn take(state: &ApiState, address: &str, forge: &str, request: Request) -> Result<(StatusCode, Json<HookTaken>), Problem> {
    let (parts, body) = request.into_parts();
    let headers = texts(&parts.headers);
    let reader = state.engine().hook_reader(forge).ok_or_else(|| {
        let detail = "this server takes no web hooks of that forge; docs/github.md says how to set them up";
        Problem::new(Code::ForgeNotConfigured, detail)
    })?;
    reader.expects(&headers).map_err(|refused| problem(forge, refused))?;
    state.hook_limit().check(address, state.now())?;
    let announced = announced_bytes(&parts.headers, BODY_BYTES)?;
    let room = state.hook_limit().room(announced.unwrap_or(BODY_BYTES))?;
    let body = read(body, announced.unwrap_or(0), BODY_BYTES).await?;
    let bytes = body.len();
    let delivery = Delivery { headers, body };
    let hook = reader.read(&delivery).map_err(|refused| {
        if matches!(refused, HookRefused::Unproven(_)) {
            state.hook_limit().forged(address, bytes, state.now());
        }
        problem(forge, refused)
    })?;
    let (outcome, reason) = match &hook.meaning {
        Meaning::Ignored(reason) => (HookOutcome::Ignored, Some(reason.clone())),
        Meaning::Hint(hint) => match state.engine().receive_hook(forge, &delivery, &hook, hint).await? {
            Received::New => (HookOutcome::Accepted, None),
            Received::Again => (HookOutcome::Again, None),
        },
    };
    drop(room);
    count(forge, outcome.name());
    tracing::debug!(forge, event = hook.event, delivery = hook.delivery, outcome = outcome.name(), "a web hook was taken");
    Ok((StatusCode::ACCEPTED, Json(HookTaken { outcome, reason })))
}

/// The body of a sender that is proven already.
async fn body(state: &ApiState, request: Request, cap: usize) -> Result<Bytes, Problem> {
    let (parts, body) = request.into_parts();
    let announced = announced_bytes(&parts.headers, cap)?;
    let _room = state.hook_limit().room(announced.unwrap_or(cap))?;
    read(body, announced.unwrap_or(0), cap).await
}

fn texts(headers: &HeaderMap) -> Headers {
    headers.iter().filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))).collect()
}

/// What the sender says that it will send, if it does.
fn announced_bytes(headers: &HeaderMap, cap: usize) -> Result<Option<usize>, Problem> {
    let Some(value) = headers.get(header::CONTENT_LENGTH) else { return Ok(None) };
    let length = value.to_str().ok().and_then(|text| text.parse::<usize>().ok());
    match length {
        Some(length) if length <= cap => Ok(Some(length)),
        Some(_) => Err(too_large(cap)),
        None => Err(Problem::new(Code::InvalidHeader, "content-length is no number")),
    }
}

/// Stops at the cap, whatever was announced.
async fn read(body: Body, expected: usize, cap: usize) -> Result<Bytes, Problem> {
    let mut whole = Vec::with_capacity(expected.min(cap));
    let mut stream = body.into_data_stream();
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|error| Problem::new(Code::InvalidBody, format!("the body could not be read: {error}")))?;
        if whole.len() + chunk.len() > cap {
            return Err(too_large(cap));
        }
        whole.extend_from_slice(&chunk);
    }
    Ok(Bytes::from(whole))
}

fn too_large(cap: usize) -> Problem {
    let detail = format!("such a web hook may have at most {cap} bytes; what it says is found when its sender is asked next");
    Problem::new(Code::BodyTooLarge, detail)
}

fn problem(forge: &str, refused: HookRefused) -> Problem {
    let detail = refused.to_string();
    let code = match refused {
        HookRefused::NotConfigured { .. } => Code::ForgeNotConfigured,
        HookRefused::Unproven(_) => Code::WrongSignature,
        HookRefused::Header(_) => Code::InvalidHeader,
        HookRefused::MediaType(_) => Code::UnsupportedMediaType,
        HookRefused::Malformed(_) => Code::MalformedJson,
    };
    count(forge, code.name());
    Problem::new(code, detail)
}

fn count(forge: &str, outcome: &'static str) {
    metrics::counter!("tidegate_webhooks_total", "forge" => forge.to_owned(), "outcome" => outcome).increment(1);
}
