use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use bytes::Bytes;
use futures::{Stream, TryStreamExt as _};
use protocol::{
    Artifact, ArtifactDigest, Credentials, CredentialsRequest, Fences, Heartbeat, HeartbeatAnswer, IdToken, IdTokenRequest, LeaseAnswer,
    LeaseRequest, LogAck, LogChunk, Refusal, Register, Registered, RenewToken, Report, Upload, UploadAnswer, headers, paths,
};
use reqwest::{RequestBuilder, Response, StatusCode};
use serde::de::DeserializeOwned;
use tokio_util::io::ReaderStream;
use url::Url;

/// Why a call gave no answer to act on. The variants are what a caller does differently.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallError {
    /// 409 or 410 with a [`Refusal`]: definitive, the attempt is no longer ours (IA6).
    #[error("refused ({}): {}", .0.code, .0.detail)]
    Refused(Refusal),
    /// 401 or 403.
    #[error("not authorised ({status}): {detail}")]
    Unauthorized { status: StatusCode, detail: String },
    /// Another 4xx: the same request will hardly succeed, but the next version of the server may take it.
    #[error("rejected ({status}): {detail}")]
    Rejected { status: StatusCode, detail: String },
    /// No connection, no answer in time, 5xx, 408 or 429: later.
    #[error("unavailable: {detail}")]
    Unavailable { detail: String, retry_after: Option<Duration> },
    /// A success whose body is not what the protocol says, as from a captive portal.
    #[error("the answer was not understood: {detail}")]
    Rubbish { detail: String },
    /// The fault lies on this machine.
    #[error("{0}")]
    Local(#[from] std::io::Error),
}

impl CallError {
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Unavailable { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}

/// The server's runner API, one method per path; nothing is retried here.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    base: String,
    /// Shared by all clones: a new token counts for all of them at once.
    token: Arc<RwLock<String>>,
}

/// Answers in JSON are small; only leases carry a whole job.
const MAX_ANSWER_BYTES: usize = 16 * 1024 * 1024;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const CALL_TIMEOUT: Duration = Duration::from_secs(30);
/// Beyond the longest time that the server may need for its cloud.
const CREDENTIALS_TIMEOUT: Duration = Duration::from_secs(40);
/// A transfer may take long, but not stand still.
const STALL_TIMEOUT: Duration = Duration::from_secs(60);

impl Client {
    pub(crate) fn new(server: &Url, token: &str) -> Result<Self, reqwest::Error> {
        let http = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(STALL_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("tidegate-runner/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self { http, base: server.as_str().trim_end_matches('/').to_owned(), token: Arc::new(RwLock::new(token.to_owned())) })
    }

    /// From now on every request carries this token.
    pub(crate) fn use_token(&self, token: &str) {
        token.clone_into(&mut self.token.write().unwrap_or_else(PoisonError::into_inner));
    }

    fn signed(&self, request: RequestBuilder) -> RequestBuilder {
        request.bearer_auth(self.token.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) async fn register(&self, request: &Register) -> Result<Registered, CallError> {
        json(self.post(paths::REGISTER).json(request).timeout(CALL_TIMEOUT)).await
    }

    pub(crate) async fn renew_token(&self, next: &RenewToken) -> Result<(), CallError> {
        checked(self.post(paths::RENEW_TOKEN).json(next).timeout(CALL_TIMEOUT)).await.map(drop)
    }

    pub(crate) async fn lease(&self, request: &LeaseRequest) -> Result<LeaseAnswer, CallError> {
        let timeout = Duration::from_millis(request.wait_ms) + CALL_TIMEOUT;
        json(self.post(paths::LEASE).json(request).timeout(timeout)).await
    }

    pub(crate) async fn heartbeat(&self, request: &Heartbeat, timeout: Duration) -> Result<HeartbeatAnswer, CallError> {
        let path = paths::for_attempt(paths::HEARTBEAT, &request.fences.attempt);
        json(self.post(&path).json(request).timeout(timeout)).await
    }

    pub(crate) async fn credentials(&self, of: &Fences) -> Result<Credentials, CallError> {
        let request = CredentialsRequest { fences: of.clone() };
        let path = paths::for_attempt(paths::CREDENTIALS, &of.attempt);
        json(self.post(&path).json(&request).timeout(CREDENTIALS_TIMEOUT)).await
    }

    pub(crate) async fn id_token(&self, of: &Fences) -> Result<IdToken, CallError> {
        let request = IdTokenRequest { fences: of.clone() };
        let path = paths::for_attempt(paths::ID_TOKEN, &of.attempt);
        json(self.post(&path).json(&request).timeout(CREDENTIALS_TIMEOUT)).await
    }

    pub(crate) async fn log(&self, chunk: &LogChunk, body: Bytes) -> Result<LogAck, CallError> {
        let mut request = self
            .post(&paths::for_attempt(paths::LOG, &chunk.fences.attempt))
            .header(headers::FENCES, fences(&chunk.fences)?)
            .header(headers::OFFSET, chunk.offset)
            .header(headers::DIGEST, &chunk.digest)
            .header(headers::GAP, if chunk.gap { "1" } else { "0" })
            .timeout(CALL_TIMEOUT);
        if !chunk.times.is_empty() {
            request = request.header(headers::TIMES, times(chunk));
        }
        json(request.body(body)).await
    }

    pub(crate) async fn complete(&self, report: &Report) -> Result<(), CallError> {
        let path = paths::for_attempt(paths::COMPLETE, &report.fences.attempt);
        checked(self.post(&path).json(report).timeout(CALL_TIMEOUT)).await.map(drop)
    }

    pub(crate) async fn upload(&self, upload: &Upload) -> Result<UploadAnswer, CallError> {
        let path = paths::for_attempt(paths::UPLOAD, &upload.fences.attempt);
        json(self.post(&path).json(upload).timeout(CALL_TIMEOUT)).await
    }

    /// Sends a file; repeated uploads of the same bytes are harmless.
    pub(crate) async fn artifact_up(&self, of: &Fences, artifact: &Artifact, file: &Path) -> Result<(), CallError> {
        let body = ReaderStream::with_capacity(tokio::fs::File::open(file).await?, 256 * 1024);
        let path = paths::for_attempt(paths::ARTIFACT_UP, &of.attempt).replace("{name}", &path_segment(&artifact.name));
        let request = self
            .signed(self.http.put(format!("{}{path}", self.base)))
            .header(headers::FENCES, fences(of)?)
            .header(headers::DIGEST, artifact.digest.as_str())
            .header(headers::FOLDER, if artifact.is_folder { "1" } else { "0" })
            .header(headers::MODE, format!("{:o}", artifact.mode))
            .header(reqwest::header::CONTENT_TYPE, "application/octet-stream")
            .header(reqwest::header::CONTENT_LENGTH, artifact.size_bytes);
        checked(request.body(reqwest::Body::wrap_stream(body))).await.map(drop)
    }

    pub(crate) async fn artifact_down(
        &self,
        of: &Fences,
        digest: &ArtifactDigest,
    ) -> Result<impl Stream<Item = Result<Bytes, CallError>> + use<>, CallError> {
        let path = paths::for_attempt(paths::ARTIFACT_DOWN, &of.attempt).replace("{digest}", &path_segment(digest.as_str()));
        let request = self.signed(self.http.get(format!("{}{path}", self.base))).header(headers::FENCES, fences(of)?);
        Ok(checked(request).await?.bytes_stream().map_err(unavailable))
    }

    fn post(&self, path: &str) -> RequestBuilder {
        self.signed(self.http.post(format!("{}{path}", self.base)))
    }
}

/// A path segment in which nothing means anything to a router.
fn path_segment(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
        out
    })
}

/// As [`headers::TIMES`] says.
fn times(chunk: &LogChunk) -> String {
    let mut before = protocol::LogTime { byte: chunk.offset, after_ms: 0 };
    let mut text = String::new();
    for time in &chunk.times {
        let separator = if text.is_empty() { "" } else { "," };
        let (bytes, ms) = (time.byte.saturating_sub(before.byte), time.after_ms.saturating_sub(before.after_ms));
        text.push_str(&format!("{separator}{bytes}:{ms}"));
        before = *time;
    }
    text
}

fn fences(of: &Fences) -> Result<String, CallError> {
    serde_json::to_string(of).map_err(|error| CallError::Local(error.into()))
}

async fn json<T: DeserializeOwned>(request: RequestBuilder) -> Result<T, CallError> {
    let body = bounded_body(checked(request).await?).await?;
    serde_json::from_slice(&body).map_err(|error| CallError::Rubbish { detail: format!("{error} in {:?}", excerpt(&body)) })
}

async fn checked(request: RequestBuilder) -> Result<Response, CallError> {
    let response = request.send().await.map_err(unavailable)?;
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let retry_after = response
        .headers()
        .get(reqwest::header::RETRY_AFTER)
        .and_then(|value| value.to_str().ok()?.trim().parse().ok())
        .map(Duration::from_secs);
    let body = bounded_body(response).await.unwrap_or_default();
    let detail = excerpt(&body);
    Err(match status {
        StatusCode::CONFLICT | StatusCode::GONE => match serde_json::from_slice(&body) {
            Ok(refusal) => CallError::Refused(refusal),
            Err(_) => CallError::Rejected { status, detail },
        },
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => CallError::Unauthorized { status, detail },
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => {
            CallError::Unavailable { detail: format!("{status} {detail}"), retry_after }
        }
        _ if status.is_client_error() => CallError::Rejected { status, detail },
        _ => CallError::Unavailable { detail: format!("{status} {detail}"), retry_after },
    })
}

async fn bounded_body(mut response: Response) -> Result<Vec<u8>, CallError> {
    let mut body = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(unavailable)? {
        if body.len() + piece.len() > MAX_ANSWER_BYTES {
            return Err(CallError::Rubbish { detail: format!("an answer beyond {MAX_ANSWER_BYTES} bytes") });
        }
        body.extend_from_slice(&piece);
    }
    Ok(body)
}

fn unavailable(error: reqwest::Error) -> CallError {
    // The outermost text of reqwest says only which URL failed; the cause is at the end of the chain.
    let mut detail = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(inner) = cause {
        detail = format!("{detail}: {inner}");
        cause = inner.source();
    }
    CallError::Unavailable { detail, retry_after: None }
}

fn excerpt(body: &[u8]) -> String {
    String::from_utf8_lossy(body.get(..300).unwrap_or(body)).into_owned()
}
