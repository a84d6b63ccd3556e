use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use engine::core::Time;
use engine::ports::forge::ForgeError;
use engine::ports::{Clock, SecretValue};
use reqwest::header::{self, HeaderMap};
use reqwest::{Method, StatusCode};
use serde_json::Value;
use tokio::sync::Semaphore;

use crate::egress::{self, Client, Failure};

/// Requests under way at once. GitHub asks for few, and counts bursts against its secondary limit.
const AT_ONCE: usize = 6;
const TIMEOUT: Duration = Duration::from_secs(20);
const BODY_BYTES: usize = 8 * 1024 * 1024;
/// Answers that are kept to be asked for only if they changed.
const KEPT: usize = 500;
/// After a failure nothing is asked for so long, twice as long each time.
const FIRST_PAUSE_MS: u64 = 1_000;
const LONGEST_PAUSE_MS: u64 = 60_000;
/// When GitHub says that it is too much, but not until when.
const LIMITED_MS: u64 = 60_000;

/// Speaks with GitHub's REST API as GitHub asks its clients to.
///
/// <https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api>
#[derive(Debug)]
pub(super) struct Http {
    client: Client,
    clock: Arc<dyn Clock>,
    /// Without a slash at the end.
    base: String,
    /// For one answer, its body included.
    timeout: Duration,
    room: Semaphore,
    pause: Mutex<Pause>,
    kept: Mutex<BTreeMap<String, Kept>>,
    /// How far GitHub's clock is ahead of this machine's, as its last answer said.
    ahead_s: AtomicI64,
}

/// Until when nobody is asked, and why.
#[derive(Debug, Default)]
struct Pause {
    until: Option<Time>,
    failures: u32,
    why: String,
}

#[derive(Debug, Clone)]
struct Kept {
    etag: String,
    body: Bytes,
}

/// Something that GitHub said.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) body: Bytes,
}

impl Answer {
    pub(super) fn json(&self) -> Result<Value, ForgeError> {
        serde_json::from_slice(&self.body)
            .map_err(|error| ForgeError::Later { detail: format!("GitHub's answer is no JSON: {error}"), after_ms: None })
    }

    /// What GitHub says of a refusal, for people.
    pub(super) fn message(&self) -> String {
        let value = self.json().unwrap_or_default();
        let message = value["message"].as_str().unwrap_or_default().chars().take(300).collect::<String>();
        format!("GitHub answered {}: {message}", self.status.as_u16())
    }
}

impl Http {
    pub(super) fn new(client: Client, clock: Arc<dyn Clock>, base: String) -> Self {
        Self {
            client,
            clock,
            base,
            timeout: TIMEOUT,
            room: Semaphore::new(AT_ONCE),
            pause: Mutex::default(),
            kept: Mutex::default(),
            ahead_s: AtomicI64::new(0),
        }
    }

    pub(super) fn answering_within(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// The time at GitHub in seconds, as near as its last answer told: only for what GitHub compares with its own clock.
    pub(super) fn their_now_s(&self) -> i64 {
        self.clock.now().0.div_euclid(1_000) + self.ahead_s.load(Ordering::Relaxed)
    }

    pub(super) fn clock(&self) -> &dyn Clock {
        self.clock.as_ref()
    }

    /// One request. Statuses below 500 that are no limit are answers; everything else is to be tried later.
    pub(super) async fn send(&self, method: Method, path: &str, token: &SecretValue, body: Option<&Value>) -> Result<Answer, ForgeError> {
        let _room = self.room.acquire().await.map_err(|_| later("the client is closed"))?;
        self.may_ask()?;
        let outcome = tokio::time::timeout(self.timeout, self.exchange(method, path, token, body)).await;
        match outcome.unwrap_or_else(|_| Err(Failure::There(format!("no answer within {} s", self.timeout.as_secs_f64())))) {
            Ok((answer, headers)) => self.judge(answer, &headers),
            Err(failure) => Err(self.failed(failure.to_string(), None)),
        }
    }

    async fn exchange(
        &self,
        method: Method,
        path: &str,
        token: &SecretValue,
        body: Option<&Value>,
    ) -> Result<(Answer, HeaderMap), Failure> {
        let url = format!("{}{path}", self.base);
        // Another identity may see another answer.
        let key = (method == Method::GET).then(|| format!("{} {url}", fingerprint(token)));
        let kept = key.as_ref().and_then(|key| self.kept().get(key).cloned());
        let mut request = self
            .client
            .request(method, &url)?
            .header(header::ACCEPT, "application/vnd.github+json")
            .header("x-github-api-version", "2022-11-28")
            .header(header::AUTHORIZATION, format!("Bearer {}", token.reveal()));
        if let Some(kept) = &kept {
            request = request.header(header::IF_NONE_MATCH, &kept.etag);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await.map_err(egress::failure)?;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = egress::body(response, BODY_BYTES).await?;
        match (status, key, kept) {
            // Not counted against the limit.
            (StatusCode::NOT_MODIFIED, _, Some(kept)) => return Ok((Answer { status: StatusCode::OK, body: kept.body }, headers)),
            (StatusCode::OK, Some(key), _) => {
                if let Some(etag) = headers.get(header::ETAG).and_then(|etag| etag.to_str().ok()) {
                    let mut all = self.kept();
                    if all.len() >= KEPT {
                        all.clear();
                    }
                    all.insert(key, Kept { etag: etag.to_owned(), body: body.clone() });
                }
            }
            _ => {}
        }
        Ok((Answer { status, body }, headers))
    }

    fn judge(&self, answer: Answer, headers: &HeaderMap) -> Result<Answer, ForgeError> {
        if let Some(theirs) = date_s(headers) {
            self.ahead_s.store(theirs - self.clock.now().0.div_euclid(1_000), Ordering::Relaxed);
        }
        let number = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()?.parse::<i64>().ok());
        let retry_after_ms = number("retry-after").map(|seconds| u64::try_from(seconds).unwrap_or(0) * 1_000);
        let is_spent = number("x-ratelimit-remaining") == Some(0);
        // The reset is a time of GitHub's; what counts here is how far it lies from GitHub's own now (IG1).
        let reset_ms = number("x-ratelimit-reset").zip(date_s(headers)).map(|(reset, now)| u64::try_from(reset - now).unwrap_or(0) * 1_000);
        let limited = matches!(answer.status, StatusCode::FORBIDDEN | StatusCode::TOO_MANY_REQUESTS)
            && (is_spent
                || retry_after_ms.is_some()
                || answer.status == StatusCode::TOO_MANY_REQUESTS
                || answer.message().contains("rate limit"));
        if limited {
            let wait_ms = retry_after_ms.or(reset_ms.filter(|_| is_spent)).unwrap_or(LIMITED_MS).max(FIRST_PAUSE_MS);
            return Err(self.failed(answer.message(), Some(wait_ms)));
        }
        if answer.status.is_server_error() {
            return Err(self.failed(answer.message(), retry_after_ms));
        }
        let mut pause = self.pause.lock().unwrap_or_else(PoisonError::into_inner);
        *pause = Pause::default();
        // The next one would be refused: wait now instead.
        if is_spent && let Some(reset_ms) = reset_ms {
            pause.until = Some(self.clock.now() + reset_ms);
            "GitHub's hourly limit is used up".clone_into(&mut pause.why);
        }
        Ok(answer)
    }

    fn may_ask(&self) -> Result<(), ForgeError> {
        let pause = self.pause.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.now();
        match pause.until {
            Some(until) if until > now => {
                Err(ForgeError::Later { detail: format!("not asked: {}", pause.why), after_ms: Some(until.since_ms(now)) })
            }
            _ => Ok(()),
        }
    }

    /// From now on nobody is asked for a while, so that one failure is not many.
    fn failed(&self, why: String, wait_ms: Option<u64>) -> ForgeError {
        let mut pause = self.pause.lock().unwrap_or_else(PoisonError::into_inner);
        let backoff_ms = (FIRST_PAUSE_MS << pause.failures.min(10)).min(LONGEST_PAUSE_MS);
        let after_ms = wait_ms.unwrap_or(backoff_ms);
        let until = self.clock.now() + after_ms;
        // Requests that were under way together fail together, and are one failure.
        if pause.until.is_none_or(|at| at <= self.clock.now()) {
            pause.failures += 1;
        }
        pause.until = pause.until.max(Some(until));
        pause.why.clone_from(&why);
        ForgeError::Later { detail: why, after_ms: Some(after_ms) }
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) fn later(detail: impl Into<String>) -> ForgeError {
    ForgeError::Later { detail: detail.into(), after_ms: None }
}

/// Tells tokens apart without keeping them.
fn fingerprint(token: &SecretValue) -> String {
    use sha2::Digest as _;
    hex::encode(&sha2::Sha256::digest(token.reveal().as_bytes())[..8])
}

/// The answer's `date`, in seconds (RFC 9110, 6.6.1).
pub(super) fn date_s(headers: &HeaderMap) -> Option<i64> {
    let text = headers.get(header::DATE)?.to_str().ok()?;
    chrono::DateTime::parse_from_rfc2822(text).ok().map(|at| at.timestamp())
}
