//! The agent: asks the server for work, has each attempt executed by a supervisor process, delivers.
//!
//! Invariant: whatever was accepted is in the journal before it is acted on, so the agent may be killed
//! between any two lines; the next one reads the journal and goes on. It executes nothing itself.

mod attempt;
mod credentials;
mod delivery;
mod inputs;
mod renewal;
mod supervisors;
mod uploads;

use std::collections::BTreeMap;
use std::fs::File;
use std::sync::Arc;
use std::time::Duration;

use protocol::{AttemptId, Lease, LeaseAnswer, LeaseRequest, Outcome, Report};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::backoff::Backoff;
use crate::client::{CallError, Client};
use crate::clock::{self, Moment};
use crate::config::Config;
use crate::error::Error;
use crate::isolation::Mechanism;
use crate::journal::{Assignment, HostAccess, Journal};
use crate::{files, identity, in_place};

use self::attempt::Attempt;
pub(crate) use self::credentials::{ID_TOKEN_PATH, PATH as CREDENTIALS_PATH};

/// Works until `shutdown`, then takes nothing new, waits up to [`Config::drain`] for what runs, and
/// leaves the rest to its supervisors for the next start (IE11).
///
/// # Errors
/// When it cannot start, or when the server no longer knows it.
pub async fn run(config: Config, shutdown: CancellationToken) -> Result<(), Error> {
    let journal = Journal::open(&config.workdir).map_err(Error::file("could not make", &config.workdir))?;
    let _only_one = only_one(&config)?;
    let mechanism = Mechanism::detect(config.isolation, &config.executable)?;
    let Some(registered) = identity::load_or_register(&config, &shutdown).await? else { return Ok(()) };
    let client = Client::new(&config.server_url, &registered.token)?;
    let recovered = journal.recover().map_err(Error::file("could not read", &config.workdir))?;
    let running = recovered.iter().filter_map(|(_, assignment)| assignment.host.as_ref());
    let endpoint = credentials::Endpoint::start(client.clone(), recovered.iter().map(|(_, assignment)| assignment))
        .await
        .map_err(Error::file("could not listen on loopback for", &config.workdir))?;
    let host = in_place::host::Host::start(&config, running).map_err(Error::file("could not listen in", &config.workdir))?;
    tracing::info!(
        runner = %registered.runner,
        pool = registered.pool,
        slots = config.slots,
        isolation = mechanism.describe(),
        workdir = %config.workdir.display(),
        "the runner is ready"
    );
    let agent = Arc::new(Agent {
        config,
        journal,
        client,
        mechanism,
        host,
        credentials: endpoint,
        waiting: supervisors::Waiting::default(),
        held: watch::Sender::new(BTreeMap::new()),
        shutdown,
        abandon: CancellationToken::new(),
    });
    let mut attempts = JoinSet::new();
    for (folder, assignment) in recovered {
        tracing::info!(attempt = %assignment.lease.fences.attempt, "found in the journal");
        agent.attend(&mut attempts, Attempt::recovered(&agent, folder, assignment));
    }
    let ended = agent.take_leases(&mut attempts).await;
    agent.drain(&mut attempts).await;
    ended
}

/// What all attempts of one runner share.
#[derive(Debug)]
struct Agent {
    config: Config,
    journal: Journal,
    client: Client,
    mechanism: Mechanism,
    host: in_place::host::Host,
    credentials: credentials::Endpoint,
    waiting: supervisors::Waiting,
    held: watch::Sender<BTreeMap<AttemptId, Held>>,
    shutdown: CancellationToken,
    /// The drain is over: whoever still waits leaves everything in the journal and returns.
    abandon: CancellationToken,
}

/// What could be started now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Room {
    slots: u32,
    /// One more than the slots, for rollbacks and inspections alone (R13).
    reserved: u32,
}

#[derive(Debug, Clone)]
struct Held {
    stop: CancellationToken,
    occupies_slot: bool,
}

/// An empty answer that comes sooner than this was not a long poll; then we wait ourselves.
const QUICK_ANSWER_MS: u64 = 1_000;
const MAX_SLOTS_ASKED: u32 = 64;

impl Agent {
    async fn take_leases(self: &Arc<Self>, attempts: &mut JoinSet<()>) -> Result<(), Error> {
        let mut failures = Backoff::new(Duration::from_millis(200), Duration::from_secs(15));
        let mut idle = Backoff::new(Duration::from_millis(20), Duration::from_secs(1));
        while let Some(room) = self.room().await {
            while attempts.try_join_next().is_some() {}
            let sent = clock::now();
            let request = self.lease_request(room);
            let answer = tokio::select! {
                answer = self.client.lease(&request) => answer,
                // The server hands out again what a dropped answer held, as we do not say that we hold it.
                () = self.slot_freed(), if room.slots == 0 => continue,
                () = self.given_up_polling() => return Ok(()),
            };
            let pause = match answer {
                Ok(answer) => {
                    failures.reset();
                    if answer.renew_token {
                        self.renew_token().await;
                    }
                    let is_empty = answer.leases.is_empty();
                    self.accept(attempts, answer, room, sent).await;
                    if is_empty && clock::now().since_ms(sent) < QUICK_ANSWER_MS {
                        idle.next(None)
                    } else {
                        idle.reset();
                        continue;
                    }
                }
                Err(CallError::Unauthorized { detail, .. }) => {
                    return Err(Error::Unauthorized { detail, identity: identity::path(&self.config.workdir) });
                }
                Err(error) => {
                    tracing::warn!(%error, slots = room.slots, reserved = room.reserved, "no answer to the request for work");
                    failures.next(error.retry_after())
                }
            };
            tokio::select! {
                () = clock::sleep(pause) => {}
                () = self.slot_freed(), if room.slots == 0 => {}
                () = self.shutdown.cancelled() => {}
            }
        }
        Ok(())
    }

    async fn renew_token(&self) {
        match identity::renew(&self.config, &self.client).await {
            Ok(()) => tracing::info!("has a new token"),
            Err(error) => tracing::warn!(%error, "the token could not be renewed yet"),
        }
    }

    /// Waits until something could be started. None when the runner is to stop.
    async fn room(&self) -> Option<Room> {
        let mut held = self.held.subscribe();
        let room = held.wait_for(|held| self.room_beside(held) != Room { slots: 0, reserved: 0 });
        tokio::select! {
            biased;
            () = self.shutdown.cancelled() => None,
            held = room => held.ok().map(|held| self.room_beside(&held)),
        }
    }

    async fn slot_freed(&self) {
        let mut held = self.held.subscribe();
        if held.wait_for(|held| self.room_beside(held).slots > 0).await.is_err() {
            std::future::pending().await
        }
    }

    fn room_beside(&self, held: &BTreeMap<AttemptId, Held>) -> Room {
        let taken = u32::try_from(held.values().filter(|held| held.occupies_slot).count()).unwrap_or(u32::MAX);
        Room { slots: self.config.slots.saturating_sub(taken).min(MAX_SLOTS_ASKED), reserved: u32::from(taken <= self.config.slots) }
    }

    /// A poll that is under way may be bringing a lease, so a stopping runner waits for its answer a while.
    async fn given_up_polling(&self) {
        self.shutdown.cancelled().await;
        clock::sleep(self.config.drain.min(self.config.poll)).await;
    }

    fn lease_request(&self, room: Room) -> LeaseRequest {
        LeaseRequest {
            slots: room.slots,
            reserved: room.reserved,
            wait_ms: clock::millis(self.config.poll).min(30_000),
            holding: self.held.borrow().keys().cloned().collect(),
            draining: self.shutdown.is_cancelled(),
        }
    }

    async fn accept(self: &Arc<Self>, attempts: &mut JoinSet<()>, answer: LeaseAnswer, room: Room, sent: Moment) {
        for attempt in answer.stop {
            if let Some(held) = self.held.borrow().get(&attempt) {
                tracing::info!(%attempt, "the server says that this attempt is no longer ours");
                held.stop.cancel();
            }
        }
        // More than was asked for comes when the answer to an earlier, larger question was lost.
        if answer.leases.len() > usize::try_from(room.slots + room.reserved).unwrap_or(usize::MAX) {
            tracing::warn!(given = answer.leases.len(), slots = room.slots, "more leases than free slots; they run all the same");
        }
        for lease in answer.leases {
            if lease.job.attempt != lease.fences.attempt {
                tracing::error!(attempt = %lease.fences.attempt, job = %lease.job.attempt, "a lease for another attempt than its job; ignored");
                continue;
            }
            self.accept_one(attempts, lease, sent).await;
        }
    }

    async fn accept_one(self: &Arc<Self>, attempts: &mut JoinSet<()>, lease: Lease, sent: Moment) {
        let fences = lease.fences.clone();
        let until = sent.plus_ms(lease.lease_ms);
        let assignment = Assignment {
            host: lease.job.target.is_some().then(|| self.host.new_access()),
            credentials: (lease.job.identity.is_some() || lease.job.id_token).then(|| self.credentials.new_access(&fences)),
            keep_workspace: self.config.keep_workspaces,
            max_log_bytes: self.config.max_log_bytes,
            executable: self.config.executable.clone(),
            leased_until: until,
            lease,
        };
        match self.journal.record(&assignment) {
            Ok(Some(folder)) => {
                tracing::info!(attempt = %fences.attempt, job = assignment.lease.job.key, "leased");
                self.attend(attempts, Attempt::leased(self, folder, assignment));
            }
            Ok(None) => tracing::warn!(attempt = %fences.attempt, "leased again while it is still held; the first one goes on"),
            Err(error) => {
                tracing::error!(attempt = %fences.attempt, %error, "the lease could not be recorded");
                let detail = format!("the runner {} could not record the attempt on its disk: {error}", self.config.name);
                if let Err(error) = self.client.complete(&failed_report(fences, detail)).await {
                    tracing::warn!(%error, "nor could that be reported; the lease will run out");
                }
            }
        }
    }

    fn attend(self: &Arc<Self>, attempts: &mut JoinSet<()>, attempt: Attempt) {
        let held = Held { stop: attempt.no_longer_ours().clone(), occupies_slot: true };
        self.held.send_modify(|all| drop(all.insert(attempt.id().clone(), held)));
        let agent = Arc::clone(self);
        attempts.spawn(async move {
            attempt.attend().await;
            agent.let_go(attempt.id());
        });
    }

    fn let_go(&self, attempt: &AttemptId) {
        self.held.send_modify(|all| drop(all.remove(attempt)));
    }

    fn free_slot_of(&self, attempt: &AttemptId) {
        self.held.send_modify(|all| {
            if let Some(held) = all.get_mut(attempt) {
                held.occupies_slot = false;
            }
        });
    }

    async fn drain(&self, attempts: &mut JoinSet<()>) {
        let running = attempts.len();
        if running > 0 {
            tracing::info!(running, wait_ms = clock::millis(self.config.drain), "waiting for what runs");
        }
        let all_done = async { while attempts.join_next().await.is_some() {} };
        tokio::select! {
            () = all_done => return,
            () = clock::sleep(self.config.drain) => {}
        }
        self.abandon.cancel();
        while attempts.join_next().await.is_some() {}
        tracing::info!("jobs that still run go on under their supervisors; the next start finds them");
    }
}

/// A report for an attempt of which nothing was executed.
fn failed_report(fences: protocol::Fences, detail: String) -> Report {
    Report {
        fences,
        outcome: Outcome::Error { detail },
        outputs: BTreeMap::new(),
        summary: String::new(),
        artifacts: Vec::new(),
        steps: Vec::new(),
        log_bytes: 0,
        log_digest: hex::encode(<sha2::Sha256 as sha2::Digest>::digest(b"")),
        log: None,
        log_times: Vec::new(),
    }
}

/// One runner per folder; the lock goes with the process.
fn only_one(config: &Config) -> Result<File, Error> {
    let path = config.workdir.join("lock");
    let file = files::open_lock(&path).map_err(Error::file("could not open", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(Error::WorkdirTaken { workdir: config.workdir.clone() }),
        Err(std::fs::TryLockError::Error(error)) => Err(Error::file("could not lock", &path)(error)),
    }
}

/// How a job of the target class reaches the host; see [`in_place::host`].
impl in_place::host::Host {
    fn new_access(&self) -> HostAccess {
        let access = HostAccess { socket: self.socket().to_owned(), key: hex::encode(rand::random::<[u8; 16]>()) };
        self.admit(Some(&access));
        access
    }
}
