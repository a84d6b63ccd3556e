//! The server's side of the runner protocol, as much as a block needs: it hands out the jobs that a test gives it.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use protocol::{
    ArtifactDigest, AttemptId, Fences, Generation, Heartbeat, HeartbeatAnswer, Job, Lease, LeaseAnswer, LeaseRequest, LogAck, Register,
    Registered, Report, Stop, TargetFence, headers, paths,
};
use sha2::{Digest as _, Sha256};
use tokio::sync::Notify;

use super::PATIENCE;

const LEASE_MS: u64 = 30_000;
const HEARTBEAT_MS: u64 = 100;

/// Shared by its handlers and the test.
#[derive(Debug, Clone, Default)]
pub(super) struct Server(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    known: Mutex<Known>,
    reported: Condvar,
    queued: Notify,
}

#[derive(Debug, Default)]
struct Known {
    queue: VecDeque<(Job, TargetFence)>,
    attempts: BTreeMap<AttemptId, Attempt>,
    blobs: BTreeMap<String, Vec<u8>>,
}

#[derive(Debug)]
struct Attempt {
    lease: Lease,
    log: Vec<u8>,
    report: Option<Report>,
    stop: Option<Stop>,
}

impl Server {
    /// Serves on a free port until the runtime ends.
    pub(super) async fn start(&self) -> SocketAddr {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let address = listener.local_addr().expect("bound");
        let router = router(self.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        address
    }

    /// Keeps bytes that jobs can start with.
    pub(super) fn store(&self, bytes: Vec<u8>) -> ArtifactDigest {
        let digest = hex::encode(Sha256::digest(&bytes));
        self.known().blobs.insert(digest.clone(), bytes);
        digest.parse().expect("a digest")
    }

    pub(super) fn queue(&self, job: Job, fence: TargetFence) {
        self.known().queue.push_back((job, fence));
        self.0.queued.notify_one();
    }

    /// Asks the runner to end an attempt (A7).
    pub(super) fn cancel(&self, attempt: &AttemptId) {
        if let Some(attempt) = self.known().attempts.get_mut(attempt) {
            attempt.stop = Some(Stop { reason: "a person asked".to_owned(), grace_ms: attempt.lease.job.grace_ms });
        }
    }

    pub(super) fn is_reported(&self, attempt: &AttemptId) -> bool {
        self.known().attempts.get(attempt).is_some_and(|attempt| attempt.report.is_some())
    }

    /// Waits for an attempt's end; its report and its log.
    #[track_caller]
    pub(super) fn report_of(&self, attempt: &AttemptId) -> (Report, String) {
        let missing = |known: &mut Known| known.attempts.get(attempt).is_none_or(|attempt| attempt.report.is_none());
        let waited = self.0.reported.wait_timeout_while(self.known(), PATIENCE, missing);
        let (known, _) = waited.unwrap_or_else(PoisonError::into_inner);
        let found = known.attempts.get(attempt);
        let log = found.map(|attempt| String::from_utf8_lossy(&attempt.log).into_owned()).unwrap_or_default();
        match found.and_then(|attempt| attempt.report.clone()) {
            Some(report) => (report, log),
            None => panic!("waited {PATIENCE:?} for the report of {attempt}; its log:\n{log}"),
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn grant(&self, request: &LeaseRequest) -> Vec<Lease> {
        let mut known = self.known();
        let room = if request.draining { 0 } else { (request.slots as usize).min(known.queue.len()) };
        let granted: Vec<_> = known.queue.drain(..room).collect();
        let lease = |(job, fence): (Job, TargetFence)| {
            let fences = Fences {
                generation: Generation(1),
                attempt: job.attempt.clone(),
                lease_token: format!("token-{}", job.attempt).parse().expect("a token"),
                fence: Some(fence),
            };
            let lease = Lease { fences, job, lease_ms: LEASE_MS, heartbeat_ms: HEARTBEAT_MS, takes_log_with_report: false };
            let attempt = Attempt { lease: lease.clone(), log: Vec::new(), report: None, stop: None };
            assert!(known.attempts.insert(lease.job.attempt.clone(), attempt).is_none(), "an attempt is leased once");
            lease
        };
        granted.into_iter().map(lease).collect()
    }

    /// Does something to the attempt that these fences are of.
    fn with<T>(&self, fences: &Fences, change: impl FnOnce(&mut Attempt) -> T) -> Result<T, StatusCode> {
        let mut known = self.known();
        let attempt = known.attempts.get_mut(&fences.attempt).filter(|attempt| attempt.lease.fences == *fences);
        attempt.map(change).ok_or(StatusCode::GONE)
    }
}

fn router(server: Server) -> Router {
    Router::new()
        .route(paths::REGISTER, post(register))
        .route(paths::LEASE, post(lease))
        .route(paths::HEARTBEAT, post(heartbeat))
        .route(paths::LOG, post(log))
        .route(paths::ARTIFACT_DOWN, get(artifact_down))
        .route(paths::COMPLETE, post(complete))
        .layer(DefaultBodyLimit::disable())
        .with_state(server)
}

async fn register(Json(_): Json<Register>) -> Json<Registered> {
    let runner = "runner-1".parse().expect("an id");
    Json(Registered { runner, pool: "default".to_owned(), token: "own-token".to_owned(), generation: Generation(1) })
}

async fn lease(State(server): State<Server>, Json(request): Json<LeaseRequest>) -> Json<LeaseAnswer> {
    let mut leases = server.grant(&request);
    if leases.is_empty() {
        drop(tokio::time::timeout(Duration::from_millis(request.wait_ms), server.0.queued.notified()).await);
        leases = server.grant(&request);
    }
    Json(LeaseAnswer { leases, ..LeaseAnswer::default() })
}

async fn heartbeat(State(server): State<Server>, Json(beat): Json<Heartbeat>) -> Result<Json<HeartbeatAnswer>, StatusCode> {
    server.with(&beat.fences, |attempt| Json(HeartbeatAnswer { lease_ms: LEASE_MS, stop: attempt.stop.clone() }))
}

async fn log(State(server): State<Server>, headers: HeaderMap, body: Bytes) -> Result<Json<LogAck>, StatusCode> {
    let offset: usize = headers[headers::OFFSET].to_str().expect("text").parse().expect("a number");
    server.with(&fences_of(&headers), |attempt| {
        if offset == attempt.log.len() {
            attempt.log.extend_from_slice(&body);
        }
        Json(LogAck { stored_bytes: attempt.log.len() as u64 })
    })
}

async fn artifact_down(State(server): State<Server>, Path((_, digest)): Path<(String, String)>) -> Response {
    server.known().blobs.get(&digest).map_or_else(|| StatusCode::NOT_FOUND.into_response(), |bytes| bytes.clone().into_response())
}

async fn complete(State(server): State<Server>, Json(report): Json<Report>) -> Result<Json<serde_json::Value>, StatusCode> {
    let done = server.with(&report.fences.clone(), |attempt| attempt.report = Some(report));
    server.0.reported.notify_all();
    done.map(|()| Json(serde_json::json!({})))
}

fn fences_of(headers: &HeaderMap) -> Fences {
    serde_json::from_slice(headers[headers::FENCES].as_bytes()).expect("fences as JSON")
}
