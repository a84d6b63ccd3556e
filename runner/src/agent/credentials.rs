//! The loopback endpoint at which a job's own AWS SDK or CLI asks for credentials (A8, R4), and a job for its identity token.
//!
//! It speaks the container-credentials protocol: `GET` with the job's own token in `Authorization`, answered with a key
//! that ends. Nothing that is secret for longer than the job stands in its environment, and nothing at all on disk but
//! that token. Whether there is an answer is decided by the server, under the attempt's fences.

use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use protocol::{Credentials, Fences, IdToken};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::client::{CallError, Client};
use crate::clock::{self, Moment};
use crate::journal::{Assignment, CredentialsAccess};

pub(crate) const PATH: &str = "/v1/credentials";
pub(crate) const ID_TOKEN_PATH: &str = "/v1/id-token";
const MAX_REQUEST_BYTES: usize = 8 * 1024;
const REQUEST_WITHIN: Duration = Duration::from_secs(10);
/// A slice is handed out again until so much of its life is over; the SDKs ask again by themselves.
const FRESH_PERCENT: u64 = 30;

/// Lives as long as its agent. The next agent listens at the same address, so that jobs that run on find it.
#[derive(Debug)]
pub(super) struct Endpoint {
    address: SocketAddr,
    jobs: Arc<Mutex<BTreeMap<[u8; 32], Arc<Job>>>>,
    task: JoinHandle<()>,
}

#[derive(Debug)]
struct Job {
    fences: Fences,
    /// Who asks meanwhile waits for the same answer.
    given: tokio::sync::Mutex<Option<Given>>,
}

#[derive(Debug)]
struct Given {
    credentials: Credentials,
    got: Moment,
}

impl Endpoint {
    /// Listens on loopback, where the jobs that an earlier agent has left running expect it.
    pub(super) async fn start<'a>(client: Client, running: impl Iterator<Item = &'a Assignment>) -> io::Result<Self> {
        let jobs = Arc::new(Mutex::new(BTreeMap::new()));
        let mut wanted = None;
        for assignment in running {
            if let Some(access) = &assignment.credentials {
                wanted = Some(access.address);
                admit(&jobs, access, &assignment.lease.fences);
            }
        }
        let listener = listen(wanted).await?;
        let address = listener.local_addr()?;
        let known = Arc::clone(&jobs);
        let task = tokio::spawn(async move {
            loop {
                match listener.accept().await {
                    Ok((stream, _)) => drop(tokio::spawn(serve(stream, client.clone(), Arc::clone(&known)))),
                    Err(error) => {
                        tracing::warn!(%error, "the credentials endpoint could not take a connection");
                        clock::sleep(Duration::from_secs(1)).await;
                    }
                }
            }
        });
        Ok(Self { address, jobs, task })
    }

    /// The way in for one job.
    pub(super) fn new_access(&self, fences: &Fences) -> CredentialsAccess {
        let token = hex::encode(rand::random::<[u8; 32]>());
        let access = CredentialsAccess { address: self.address, token };
        admit(&self.jobs, &access, fences);
        access
    }

    pub(super) fn dismiss(&self, access: &CredentialsAccess) {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).remove(&key(&access.token));
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn listen(wanted: Option<SocketAddr>) -> io::Result<TcpListener> {
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let Some(wanted) = wanted else { return TcpListener::bind(any).await };
    match TcpListener::bind(wanted).await {
        Ok(listener) => Ok(listener),
        Err(error) => {
            tracing::error!(%error, address = %wanted, "the credentials endpoint of jobs that still run is taken; they get no new credentials");
            TcpListener::bind(any).await
        }
    }
}

fn admit(jobs: &Mutex<BTreeMap<[u8; 32], Arc<Job>>>, access: &CredentialsAccess, fences: &Fences) {
    let job = Job { fences: fences.clone(), given: tokio::sync::Mutex::default() };
    jobs.lock().unwrap_or_else(PoisonError::into_inner).insert(key(&access.token), Arc::new(job));
}

/// Looked up by its digest, so that no comparison tells how much of a guess was right.
fn key(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

async fn serve(mut stream: TcpStream, client: Client, jobs: Arc<Mutex<BTreeMap<[u8; 32], Arc<Job>>>>) {
    let answer = match tokio::time::timeout(REQUEST_WITHIN, read_head(&mut stream)).await {
        Ok(Ok(head)) => answer(&head, &client, &jobs).await,
        Ok(Err(detail)) => Answer::problem(400, "BadRequest", &detail),
        Err(_) => Answer::problem(408, "RequestTimeout", "the request did not come to its end"),
    };
    let head = format!(
        "HTTP/1.1 {} {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n",
        answer.status,
        reason(answer.status),
        answer.body.len()
    );
    let sent = async {
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(answer.body.as_bytes()).await?;
        stream.shutdown().await
    };
    if let Err(error) = sent.await {
        tracing::debug!(%error, "a job left before its answer");
    }
}

/// The request line and the headers; the protocol has no body.
async fn read_head(stream: &mut TcpStream) -> Result<String, String> {
    let mut bytes = Vec::new();
    let mut piece = [0_u8; 1024];
    loop {
        let count = stream.read(&mut piece).await.map_err(|error| error.to_string())?;
        bytes.extend_from_slice(piece.get(..count).unwrap_or_default());
        if bytes.windows(4).any(|window| window == b"\r\n\r\n") {
            return String::from_utf8(bytes).map_err(|_| "the request is not text".to_owned());
        }
        if count == 0 || bytes.len() > MAX_REQUEST_BYTES {
            return Err(format!("expected a request of at most {MAX_REQUEST_BYTES} bytes"));
        }
    }
}

#[derive(Debug)]
struct Answer {
    status: u16,
    body: String,
}

impl Answer {
    /// `code` and `message` are what SDKs show of a refusal.
    fn problem(status: u16, code: &str, message: &str) -> Self {
        Self { status, body: json!({"code": code, "message": message}).to_string() }
    }
}

async fn answer(head: &str, client: &Client, jobs: &Mutex<BTreeMap<[u8; 32], Arc<Job>>>) -> Answer {
    let mut lines = head.split("\r\n");
    let mut request = lines.next().unwrap_or_default().split(' ');
    let (method, path) = (request.next().unwrap_or_default(), request.next().unwrap_or_default());
    if method != "GET" || ![PATH, ID_TOKEN_PATH].contains(&path) {
        return Answer::problem(404, "NotFound", &format!("there are only GET {PATH} and GET {ID_TOKEN_PATH}"));
    }
    let token = lines.filter_map(|line| line.split_once(':')).find(|(name, _)| name.eq_ignore_ascii_case("authorization"));
    let job = token.and_then(|(_, token)| jobs.lock().unwrap_or_else(PoisonError::into_inner).get(&key(token.trim())).cloned());
    let Some(job) = job else {
        return Answer::problem(401, "Unauthorized", "the token is not that of a running job");
    };
    let given = if path == PATH { job.credentials(client).await } else { job.id_token(client).await };
    match given {
        Ok(body) => Answer { status: 200, body },
        Err(CallError::Refused(refusal)) => Answer::problem(403, &refusal.code, &refusal.detail),
        Err(CallError::Rejected { detail, .. }) => Answer::problem(403, "Rejected", &words(&detail)),
        Err(CallError::Unauthorized { detail, .. }) => Answer::problem(403, "Unauthorized", &words(&detail)),
        Err(error) => Answer::problem(503, "Unavailable", &words(&error.to_string())),
    }
}

/// What the server's problem document says to people.
fn words(detail: &str) -> String {
    let document: Option<serde_json::Value> = serde_json::from_str(detail).ok();
    let said = document.as_ref().and_then(|document| document.get("detail")).and_then(|said| said.as_str());
    said.unwrap_or(detail).to_owned()
}

impl Job {
    /// A new one each time: it is exchanged at once.
    async fn id_token(&self, client: &Client) -> Result<String, CallError> {
        let IdToken { token, valid_for_ms } = client.id_token(&self.fences).await?;
        Ok(json!({"value": token, "valid_for_s": valid_for_ms / 1_000}).to_string())
    }

    async fn credentials(&self, client: &Client) -> Result<String, CallError> {
        let mut given = self.given.lock().await;
        let is_fresh = |given: &Given| clock::now().since_ms(given.got) < given.credentials.valid_for_ms * FRESH_PERCENT / 100;
        if !given.as_ref().is_some_and(is_fresh) {
            // Counted from when it was sent: never longer than it really lives (R5).
            let got = clock::now();
            *given = Some(Given { credentials: client.credentials(&self.fences).await?, got });
        }
        let Some(Given { credentials, got }) = given.as_ref() else {
            return Err(CallError::Local(io::Error::other("no credentials")));
        };
        let left = credentials.valid_for_ms.saturating_sub(clock::now().since_ms(*got));
        Ok(json!({
            "AccessKeyId": credentials.access_key_id,
            "SecretAccessKey": credentials.secret_access_key,
            "Token": credentials.session_token,
            "Expiration": clock::wall_time_in(Duration::from_millis(left)),
            "AccountId": credentials.account,
        })
        .to_string())
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        408 => "Request Timeout",
        _ => "Service Unavailable",
    }
}
