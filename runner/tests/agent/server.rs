//! A stateful fake of the server's runner API over real HTTP, with faults.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use protocol::{
    AttemptId, Fences, Generation, Heartbeat, HeartbeatAnswer, Job, Lease, LeaseAnswer, LeaseRequest, LogAck, Refusal, Register,
    Registered, RenewToken, Report, StepReport, Stop, TargetFence, headers,
};
use sha2::{Digest as _, Sha256};
use tokio::runtime::Runtime;

pub(crate) const DEADLINE: Duration = Duration::from_secs(120);

/// What the server knows. Tests read and change it under its lock.
#[derive(Default)]
pub(crate) struct World {
    pub(crate) queue: VecDeque<Job>,
    pub(crate) attempts: BTreeMap<AttemptId, Attempt>,
    pub(crate) blobs: BTreeMap<String, Vec<u8>>,
    pub(crate) registration_tokens: Vec<String>,
    pub(crate) registered: Vec<Register>,
    /// Every runner shall take a new token until the hash of one was offered.
    pub(crate) wants_new_token: bool,
    /// Hashes that were offered, and of the tokens that were used, each once.
    pub(crate) offered: Vec<String>,
    pub(crate) used_tokens: Vec<String>,
    pub(crate) lease_requests: Vec<LeaseRequest>,
    /// Answers that replace the real ones, by the last word of the path, first come first served.
    pub(crate) faults: BTreeMap<&'static str, VecDeque<Fault>>,
    pub(crate) lease_ms: u64,
    pub(crate) heartbeat_ms: u64,
    next_fence: u64,
}

#[derive(Clone, Debug)]
pub(crate) enum Fault {
    Status(u16, &'static str),
    RetryAfter(u16, u64),
    /// The request takes effect, and its answer is lost.
    AnswerLost,
}

pub(crate) struct Attempt {
    lease: Lease,
    pub(crate) fences: Fences,
    pub(crate) log: Vec<u8>,
    pub(crate) artifacts: BTreeMap<String, Upload>,
    pub(crate) reports: Vec<Report>,
    pub(crate) heartbeats: Vec<Heartbeat>,
    pub(crate) steps: BTreeMap<u32, StepReport>,
    pub(crate) stop: Option<Stop>,
    pub(crate) refusal: Option<Refusal>,
    pub(crate) refused_calls: u32,
}

pub(crate) struct Upload {
    pub(crate) bytes: Vec<u8>,
    pub(crate) is_folder: bool,
    pub(crate) mode: String,
}

impl Attempt {
    pub(crate) fn report(&self) -> &Report {
        self.reports.first().expect("reported")
    }

    pub(crate) fn log_text(&self) -> String {
        String::from_utf8_lossy(&self.log).into_owned()
    }
}

#[derive(Clone, Default)]
pub(crate) struct Shared(Arc<(Mutex<World>, Condvar)>);

impl Shared {
    pub(crate) fn lock(&self) -> MutexGuard<'_, World> {
        self.0.0.lock().expect("no test panicked under the lock")
    }

    fn change<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        let value = change(&mut self.lock());
        self.0.1.notify_all();
        value
    }

    /// Waits until `seen` finds something.
    #[track_caller]
    pub(crate) fn wait_for<T>(&self, what: &str, mut seen: impl FnMut(&mut World) -> Option<T>) -> T {
        let mut found = None;
        let (world, timeout) = self
            .0
            .1
            .wait_timeout_while(self.lock(), DEADLINE, |world| {
                found = seen(world);
                found.is_none()
            })
            .expect("lock");
        assert!(!timeout.timed_out(), "waited in vain for {what}; attempts: {:#?}", describe(&world));
        found.expect("not timed out")
    }
}

fn describe(world: &World) -> Vec<String> {
    world.attempts.iter().map(|(id, attempt)| format!("{id}: {:?}, log {:?}", attempt.reports, attempt.log_text())).collect()
}

pub(crate) struct FakeServer {
    pub(crate) world: Shared,
    address: SocketAddr,
    runtime: Option<Runtime>,
}

impl FakeServer {
    pub(crate) fn start() -> Self {
        let world = Shared::default();
        world.change(|world| {
            world.lease_ms = 20_000;
            world.heartbeat_ms = 300;
            world.registration_tokens = vec!["one-time".to_owned()];
        });
        let mut server = Self { world, address: ([127, 0, 0, 1], 0).into(), runtime: None };
        server.come_back();
        server
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Every connection breaks, none is accepted.
    pub(crate) fn go_away(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_timeout(Duration::from_secs(5));
        }
    }

    pub(crate) fn come_back(&mut self) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("runtime");
        let listener = runtime.block_on(tokio::net::TcpListener::bind(self.address)).expect("the port is ours");
        self.address = listener.local_addr().expect("bound");
        let router = router(self.world.clone());
        runtime.spawn(async move { axum::serve(listener, router).await });
        self.runtime = Some(runtime);
    }

    pub(crate) fn queue(&self, job: Job) -> AttemptId {
        let attempt = job.attempt.clone();
        self.world.change(|world| world.queue.push_back(job));
        attempt
    }

    pub(crate) fn fault(&self, word: &'static str, fault: Fault) {
        self.world.change(|world| world.faults.entry(word).or_default().push_back(fault));
    }

    /// Waits for the result of an attempt.
    #[track_caller]
    pub(crate) fn report_of(&self, attempt: &AttemptId) -> Report {
        self.world.wait_for(&format!("the report of {attempt}"), |world| world.attempts.get(attempt)?.reports.first().cloned())
    }

    #[track_caller]
    pub(crate) fn wait_for_log(&self, attempt: &AttemptId, text: &str) {
        self.world.wait_for(&format!("{text:?} in the log"), |world| world.attempts.get(attempt)?.log_text().contains(text).then_some(()));
    }

    pub(crate) fn log_of(&self, attempt: &AttemptId) -> String {
        self.world.lock().attempts[attempt].log_text()
    }

    pub(crate) fn stop(&self, attempt: &AttemptId, grace_ms: u64) {
        self.world.change(|world| {
            world.attempts.get_mut(attempt).expect("leased").stop = Some(Stop { reason: "a person asked".to_owned(), grace_ms });
        });
    }

    pub(crate) fn refuse(&self, attempt: &AttemptId, code: &str) {
        let refusal = Refusal { code: code.to_owned(), detail: "not current".to_owned() };
        self.world.change(|world| world.attempts.get_mut(attempt).expect("leased").refusal = Some(refusal));
    }

    pub(crate) fn store(&self, bytes: &[u8]) -> protocol::ArtifactDigest {
        let digest = hex::encode(Sha256::digest(bytes));
        self.world.change(|world| world.blobs.insert(digest.clone(), bytes.to_vec()));
        digest.parse().expect("a digest")
    }
}

impl Drop for FakeServer {
    fn drop(&mut self) {
        self.go_away();
    }
}

fn router(world: Shared) -> Router {
    Router::new()
        .route("/runner/v1/register", post(register))
        .route("/runner/v1/token", post(renew_token))
        .route("/runner/v1/lease", post(lease))
        .route("/runner/v1/attempts/{attempt}/heartbeat", post(heartbeat))
        .route("/runner/v1/attempts/{attempt}/log", post(log))
        .route("/runner/v1/attempts/{attempt}/artifacts/{name}", put(artifact_up))
        .route("/runner/v1/attempts/{attempt}/inputs/{digest}", get(artifact_down))
        .route("/runner/v1/attempts/{attempt}/complete", post(complete))
        .layer(DefaultBodyLimit::disable())
        .layer(axum::middleware::from_fn_with_state(world.clone(), faults))
        .with_state(world)
}

async fn faults(State(world): State<Shared>, request: axum::extract::Request, next: axum::middleware::Next) -> Response {
    let path = request.uri().path().to_owned();
    let word = if path.contains("/artifacts/") {
        "artifacts"
    } else if path.contains("/inputs/") {
        "inputs"
    } else {
        path.rsplit('/').next().unwrap_or_default()
    };
    let fault = world.lock().faults.get_mut(word).and_then(VecDeque::pop_front);
    match fault {
        None => {}
        Some(Fault::Status(status, body)) => return (StatusCode::from_u16(status).expect("a status"), body).into_response(),
        Some(Fault::RetryAfter(status, seconds)) => {
            return (StatusCode::from_u16(status).expect("a status"), [("retry-after", seconds.to_string())], "later").into_response();
        }
        Some(Fault::AnswerLost) => {
            drop(next.run(request).await);
            // A body that breaks off breaks the connection.
            let broken = futures::stream::iter([Ok(Bytes::from_static(b"{")), Err(std::io::Error::other("cut"))]);
            return ([("content-length", "100")], axum::body::Body::from_stream(broken)).into_response();
        }
    }
    next.run(request).await
}

async fn register(State(world): State<Shared>, headers: HeaderMap, Json(request): Json<Register>) -> Response {
    world.change(|world| {
        let bearer = headers["authorization"].to_str().expect("text").trim_start_matches("Bearer ").to_owned();
        // The one that used the token up may ask again.
        if !world.registered.iter().any(|known| known.token_hash == request.token_hash) {
            let Some(index) = world.registration_tokens.iter().position(|token| *token == bearer) else {
                return (StatusCode::FORBIDDEN, "used or unknown").into_response();
            };
            world.registration_tokens.remove(index);
        }
        world.registered.push(request);
        let runner = "runner-1".parse().expect("an id");
        Json(Registered { runner, pool: "default".to_owned(), token: String::new(), generation: Generation(1) }).into_response()
    })
}

async fn renew_token(State(world): State<Shared>, Json(request): Json<RenewToken>) -> Response {
    world.change(|world| {
        world.wants_new_token = false;
        world.offered.push(request.token_hash);
    });
    Json(serde_json::json!({})).into_response()
}

async fn lease(State(world): State<Shared>, headers: HeaderMap, Json(request): Json<LeaseRequest>) -> Response {
    let bearer = headers["authorization"].to_str().expect("text").trim_start_matches("Bearer ").to_owned();
    let own = hex::encode(Sha256::digest(bearer.as_bytes()));
    let registered = world.lock().registered.last().and_then(|known| known.token_hash.clone());
    if registered.as_ref() != Some(&own) && !world.lock().offered.contains(&own) {
        return (StatusCode::UNAUTHORIZED, "unknown token").into_response();
    }
    world.change(|world| {
        world.lease_requests.push(request.clone());
        if world.used_tokens.last() != Some(&own) {
            world.used_tokens.push(own);
        }
    });
    // What was granted and is not held was lost on the way, and is given again, as the real server does.
    // Short polls keep the fake simple; the runner pauses between quick empty answers by itself.
    let answer = world.change(|world| {
        let is_held = |attempt: &Attempt| attempt.reports.is_empty() && attempt.refusal.is_none();
        let lost = world.attempts.values().filter(|attempt| is_held(attempt) && !request.holding.contains(&attempt.fences.attempt));
        let lost: Vec<_> = lost.map(|attempt| attempt.lease.clone()).collect();
        let stop: Vec<_> = request.holding.iter().filter(|id| !world.attempts.get(id).is_some_and(is_held)).cloned().collect();
        if !lost.is_empty() || !stop.is_empty() {
            return LeaseAnswer { leases: lost, stop, renew_token: world.wants_new_token };
        }
        let (mut leases, mut slots, mut reserved) = (Vec::new(), request.slots, request.reserved);
        for job in std::mem::take(&mut world.queue) {
            let room =
                if slots > 0 { Some(&mut slots) } else { Some(&mut reserved).filter(|left| **left > 0 && job.key.contains("rollback")) };
            match room.filter(|_| !request.draining) {
                Some(room) => {
                    *room -= 1;
                    leases.push(grant(world, job));
                }
                None => world.queue.push_back(job),
            }
        }
        LeaseAnswer { leases, stop: Vec::new(), renew_token: world.wants_new_token }
    });
    Json(answer).into_response()
}

fn grant(world: &mut World, job: Job) -> Lease {
    world.next_fence += 1;
    let fences = Fences {
        generation: Generation(1),
        attempt: job.attempt.clone(),
        lease_token: format!("token-{}", world.next_fence).parse().expect("a token"),
        fence: job.target.is_some().then_some(TargetFence(world.next_fence)),
    };
    let (lease_ms, heartbeat_ms) = (world.lease_ms, world.heartbeat_ms);
    let lease = Lease { fences: fences.clone(), job, lease_ms, heartbeat_ms, takes_log_with_report: true };
    let attempt = Attempt {
        lease: lease.clone(),
        fences: fences.clone(),
        log: Vec::new(),
        artifacts: BTreeMap::new(),
        reports: Vec::new(),
        heartbeats: Vec::new(),
        steps: BTreeMap::new(),
        stop: None,
        refusal: None,
        refused_calls: 0,
    };
    assert!(world.attempts.insert(fences.attempt, attempt).is_none(), "an attempt is leased once");
    lease
}

/// The four fences (R2): what is not current changes nothing.
#[expect(clippy::result_large_err, reason = "the error is the answer itself")]
fn current<'a>(world: &'a mut World, attempt: &str, fences: &Fences) -> Result<&'a mut Attempt, Response> {
    assert_eq!(attempt, fences.attempt.as_str(), "the path and the fences name the same attempt");
    let gone = |code: &str| (StatusCode::GONE, Json(Refusal { code: code.to_owned(), detail: "not current".to_owned() })).into_response();
    let Some(known) = world.attempts.get_mut(&fences.attempt) else { return Err(gone("attempt_unknown")) };
    if let Some(refusal) = &known.refusal {
        known.refused_calls += 1;
        return Err((StatusCode::CONFLICT, Json(refusal.clone())).into_response());
    }
    if known.fences == *fences { Ok(known) } else { Err(gone("stale_lease")) }
}

fn fences_of(headers: &HeaderMap) -> Fences {
    serde_json::from_slice(headers[headers::FENCES].as_bytes()).expect("fences as JSON")
}

async fn heartbeat(State(world): State<Shared>, Path(attempt): Path<String>, Json(beat): Json<Heartbeat>) -> Response {
    world.change(|world| {
        let lease_ms = world.lease_ms;
        let known = match current(world, &attempt, &beat.fences) {
            Ok(known) => known,
            Err(refused) => return refused,
        };
        known.steps.extend(beat.steps.iter().map(|step| (step.index, step.clone())));
        known.heartbeats.push(beat);
        Json(HeartbeatAnswer { lease_ms, stop: known.stop.clone() }).into_response()
    })
}

async fn log(State(world): State<Shared>, Path(attempt): Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    world.change(|world| {
        let known = match current(world, &attempt, &fences_of(&headers)) {
            Ok(known) => known,
            Err(refused) => return refused,
        };
        assert!(body.len() <= protocol::MAX_LOG_CHUNK_BYTES && !body.is_empty(), "{} bytes", body.len());
        assert_eq!(headers[headers::DIGEST].to_str().expect("text"), hex::encode(Sha256::digest(&body)));
        let offset: usize = headers[headers::OFFSET].to_str().expect("text").parse().expect("a number");
        if offset == known.log.len() {
            known.log.extend_from_slice(&body);
        }
        Json(LogAck { stored_bytes: known.log.len() as u64 }).into_response()
    })
}

async fn artifact_up(
    State(world): State<Shared>,
    Path((attempt, name)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    world.change(|world| {
        let known = match current(world, &attempt, &fences_of(&headers)) {
            Ok(known) => known,
            Err(refused) => return refused,
        };
        assert_eq!(headers[headers::DIGEST].to_str().expect("text"), hex::encode(Sha256::digest(&body)));
        let mode = headers[headers::MODE].to_str().expect("text").to_owned();
        known.artifacts.insert(name, Upload { bytes: body.to_vec(), is_folder: headers[headers::FOLDER] == "1", mode });
        StatusCode::NO_CONTENT.into_response()
    })
}

async fn artifact_down(State(world): State<Shared>, Path((attempt, digest)): Path<(String, String)>, headers: HeaderMap) -> Response {
    world.change(|world| {
        if let Err(refused) = current(world, &attempt, &fences_of(&headers)) {
            return refused;
        }
        world.blobs.get(&digest).map_or_else(|| StatusCode::NOT_FOUND.into_response(), |bytes| bytes.clone().into_response())
    })
}

async fn complete(State(world): State<Shared>, Path(attempt): Path<String>, Json(report): Json<Report>) -> Response {
    world.change(|world| {
        let known = match current(world, &attempt, &report.fences) {
            Ok(known) => known,
            Err(refused) => return refused,
        };
        if let Some(log) = &report.log {
            assert!(log.len() <= protocol::MAX_WHOLE_LOG_BYTES, "{} bytes", log.len());
            assert!(known.log.is_empty() || known.log == log.as_bytes(), "some of it was sent already");
            known.log = log.clone().into_bytes();
        }
        if report.outcome != protocol::Outcome::RunnerRestarted {
            assert_eq!(report.log_digest, hex::encode(Sha256::digest(&known.log)), "the log arrives before the result, whole");
        }
        known.reports.push(report);
        Json(serde_json::json!({})).into_response()
    })
}
