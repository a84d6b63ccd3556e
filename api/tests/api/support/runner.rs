use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::Method;
use protocol::{Fences, Lease, LeaseAnswer, LogAck, Outcome, Report, headers, paths};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::{Client, Server};

/// A runner that does nothing but say how it went.
pub(crate) struct FakeRunner {
    client: Client,
}

impl FakeRunner {
    /// Joins the default pool.
    pub(crate) async fn join(server: &Server, admin: &Client) -> Self {
        let join = admin.post("/api/v1/runners/tokens", json!({"pool": "default"})).await.expect(201);
        let join = server.bearer(join["token"].as_str().expect("a token"));
        let register = json!({"name": "fake", "labels": {}, "slots": 4, "version": "test"});
        let registered = join.post(paths::REGISTER, register).await.expect(200);
        Self { client: server.bearer(registered["token"].as_str().expect("a token")) }
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// The next job, within 20 s.
    pub(crate) async fn lease(&self) -> Lease {
        for _ in 0..20 {
            let request = json!({"slots": 1, "reserved": 0, "wait_ms": 1_000, "holding": [], "draining": false});
            let answer = self.client.post(paths::LEASE, request).await.expect(200);
            let answer: LeaseAnswer = serde_json::from_value(answer).expect("a lease answer");
            if let Some(lease) = answer.leases.into_iter().next() {
                return lease;
            }
        }
        panic!("no job within 20 s");
    }

    /// `times`: as its header says them.
    pub(crate) async fn log(&self, fences: &Fences, offset: u64, text: &str, times: &str) -> LogAck {
        let path = paths::for_attempt(paths::LOG, &fences.attempt);
        let mut request = self.client.request(Method::POST, &path, Body::from(text.to_owned()));
        let fences = serde_json::to_string(fences).expect("JSON");
        let digest = hex::encode(Sha256::digest(text.as_bytes()));
        let times = (headers::TIMES, times.to_owned());
        for (name, value) in [(headers::FENCES, fences), (headers::OFFSET, offset.to_string()), (headers::DIGEST, digest), times] {
            request.headers_mut().insert(name, value.parse().expect("a header"));
        }
        serde_json::from_value(self.client.send(request).await.expect(200)).expect("an acknowledgement")
    }

    pub(crate) async fn complete(&self, fences: &Fences, outcome: Outcome, log: &str) -> super::Answer {
        let report = Report {
            fences: fences.clone(),
            outcome,
            outputs: BTreeMap::new(),
            summary: String::new(),
            artifacts: Vec::new(),
            steps: Vec::new(),
            log_bytes: log.len() as u64,
            log_digest: hex::encode(Sha256::digest(log.as_bytes())),
            log: None,
            log_times: Vec::new(),
        };
        let path = paths::for_attempt(paths::COMPLETE, &fences.attempt);
        self.client.post(&path, serde_json::to_value(report).expect("JSON")).await
    }

    /// Takes the next job and ends it well; answers its key.
    pub(crate) async fn succeed(&self) -> String {
        let lease = self.lease().await;
        self.complete(&lease.fences, Outcome::Succeeded, "").await.expect(200);
        lease.job.key
    }
}
