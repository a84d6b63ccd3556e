use std::collections::BTreeMap;

use bytes::Bytes;
use protocol::{
    Fences, Lease, LeaseAnswer, LeaseRequest, LogAck, MAX_LOG_TIMES, Outcome, Register, Registered, Report, Upload, UploadAnswer, headers,
    paths,
};
use reqwest::RequestBuilder;
use serde::de::DeserializeOwned;
use url::Url;

use super::Result;

/// A runner that speaks the protocol and executes nothing.
#[derive(Debug, Clone)]
pub(super) struct RunnerClient {
    http: reqwest::Client,
    base: String,
    token: String,
}

/// The SHA-256 of nothing: these jobs wrote no log.
const EMPTY_DIGEST: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

impl RunnerClient {
    pub(super) async fn register(url: &Url, one_time_token: &str) -> Result<Self> {
        let base = url.as_str().trim_end_matches('/').to_owned();
        let mut client = Self { http: reqwest::Client::builder().build()?, base, token: one_time_token.to_owned() };
        let register =
            Register { name: "bench".to_owned(), labels: BTreeMap::new(), slots: 1, version: "bench".to_owned(), token_hash: None };
        let registered: Registered = answer(client.post(paths::REGISTER).json(&register)).await?;
        client.token = registered.token;
        Ok(client)
    }

    /// Waits in long polls until there is a job.
    pub(super) async fn lease(&self) -> Result<Lease> {
        for _ in 0..ASKS {
            let request = LeaseRequest { slots: 1, reserved: 0, wait_ms: 20_000, holding: Vec::new(), draining: false };
            let leased: LeaseAnswer = answer(self.post(paths::LEASE).json(&request)).await?;
            if let Some(lease) = leased.leases.into_iter().next() {
                return Ok(lease);
            }
        }
        Err(format!("no job came in {ASKS} long polls").into())
    }

    pub(super) async fn succeed(&self, lease: &Lease) -> Result<()> {
        let report = succeeded(lease.fences.clone());
        let path = paths::for_attempt(paths::COMPLETE, &lease.fences.attempt);
        answer::<serde_json::Value>(self.post(&path).json(&report)).await.map(drop)
    }

    pub(super) async fn upload(&self, lease: &Lease, text: String) -> Result<UploadAnswer> {
        let upload = Upload { fences: lease.fences.clone(), name: "generated.yaml".to_owned(), text };
        answer(self.post(&paths::for_attempt(paths::UPLOAD, &lease.fences.attempt)).json(&upload)).await
    }

    /// With as many times of lines as may come with a piece.
    pub(super) async fn log(&self, lease: &Lease, offset: u64, digest: &str, body: Bytes) -> Result<LogAck> {
        let request = self
            .post(&paths::for_attempt(paths::LOG, &lease.fences.attempt))
            .header(headers::FENCES, serde_json::to_string(&lease.fences)?)
            .header(headers::OFFSET, offset)
            .header(headers::DIGEST, digest)
            .header(headers::GAP, "0")
            .header(headers::TIMES, format!("0:0{}", ",2600:10".repeat(MAX_LOG_TIMES - 1)));
        answer(request.body(body)).await
    }

    fn post(&self, path: &str) -> RequestBuilder {
        self.http.post(format!("{}{path}", self.base)).bearer_auth(&self.token)
    }
}

const ASKS: usize = 3;

/// A good end without outputs, artifacts and log.
pub(super) fn succeeded(fences: Fences) -> Report {
    Report {
        fences,
        outcome: Outcome::Succeeded,
        outputs: BTreeMap::new(),
        summary: String::new(),
        artifacts: Vec::new(),
        steps: Vec::new(),
        log_bytes: 0,
        log_digest: EMPTY_DIGEST.to_owned(),
        log: None,
        log_times: Vec::new(),
    }
}

async fn answer<T: DeserializeOwned>(request: RequestBuilder) -> Result<T> {
    let response = request.send().await?;
    let status = response.status();
    let body = response.bytes().await?;
    if !status.is_success() {
        return Err(format!("{status}: {}", String::from_utf8_lossy(&body)).into());
    }
    Ok(serde_json::from_slice(&body)?)
}
