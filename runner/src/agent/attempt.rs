use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::time::Duration;

use protocol::{AttemptId, Outcome, Refusal, Report, Stop};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::Agent;
use crate::attempt::{Spool, measure};
use crate::clock::{self, Moment};
use crate::isolation::Mechanism;
use crate::journal::{self, Assignment, Folder};
use crate::mask::Masker;
use crate::{files, tree};

/// One attempt, as the agent attends to it: from its lease, or its place in the journal, to its delivery.
#[derive(Debug)]
pub(super) struct Attempt {
    pub(super) agent: Arc<Agent>,
    pub(super) folder: Folder,
    pub(super) assignment: Assignment,
    /// Found in the journal: the lease may have gone to another runner meanwhile.
    pub(super) is_recovered: bool,
    pub(super) leased_until: Moment,
    /// A renewal succeeded since this agent runs.
    pub(super) is_confirmed: CancellationToken,
    /// The server wants the attempt to end.
    pub(super) is_stopping: CancellationToken,
    no_longer_ours: CancellationToken,
    pub(super) steps_changed: Notify,
    /// How much of the log the server has, as far as this agent knows: one that was found in the journal asks from the start, and
    /// the server's answer says where it stands.
    pub(super) acked: AtomicU64,
    /// A piece of the log was sent, whatever became of it.
    pub(super) has_sent_log: AtomicBool,
}

/// Why the agent is done with an attempt.
#[derive(Debug)]
pub(super) enum Done {
    Delivered,
    /// The server refused us for good: the copy is stopped and forgotten (IA6).
    Refused(Refusal),
    /// The agent ends; everything is in the journal.
    Left,
}

/// How often is looked at what nobody reported: a supervisor that was killed.
const LOOK: Duration = Duration::from_secs(1);

impl Attempt {
    pub(super) fn leased(agent: &Arc<Agent>, folder: Folder, assignment: Assignment) -> Self {
        let leased_until = assignment.leased_until;
        Self::new(agent, folder, assignment, leased_until, false)
    }

    pub(super) fn recovered(agent: &Arc<Agent>, folder: Folder, assignment: Assignment) -> Self {
        Self::new(agent, folder, assignment, clock::now(), true)
    }

    fn new(agent: &Arc<Agent>, folder: Folder, assignment: Assignment, leased_until: Moment, is_recovered: bool) -> Self {
        Self {
            agent: Arc::clone(agent),
            folder,
            assignment,
            is_recovered,
            leased_until,
            is_confirmed: CancellationToken::new(),
            is_stopping: CancellationToken::new(),
            no_longer_ours: CancellationToken::new(),
            steps_changed: Notify::new(),
            acked: AtomicU64::new(0),
            has_sent_log: AtomicBool::new(false),
        }
    }

    pub(super) fn id(&self) -> &AttemptId {
        &self.assignment.lease.fences.attempt
    }

    /// Cancelled when the server says, in answer to a lease request, that this attempt is not ours.
    pub(super) fn no_longer_ours(&self) -> &CancellationToken {
        &self.no_longer_ours
    }

    pub(super) async fn attend(&self) {
        let attempt = self.id();
        let done = tokio::select! {
            done = self.carry_out() => done,
            refusal = self.refused() => Ok(Done::Refused(refusal)),
            () = self.no_longer_ours.cancelled() => Ok(Done::Refused(Refusal {
                code: "not_held".to_owned(),
                detail: "the server does not count this attempt as this runner's".to_owned(),
            })),
            () = self.agent.abandon.cancelled() => Ok(Done::Left),
        };
        let cleaned = match done {
            Ok(Done::Left) => return,
            Ok(Done::Delivered) => {
                tracing::info!(%attempt, "delivered");
                self.agent.let_go(attempt);
                self.forget().await
            }
            Ok(Done::Refused(refusal)) => {
                tracing::warn!(%attempt, code = refusal.code, detail = refusal.detail, "refused; this copy is stopped and forgotten");
                self.stop_copy(refusal).await
            }
            Err(error) => Err(error),
        };
        if let Err(error) = cleaned {
            tracing::error!(%attempt, %error, path = %self.folder.path().display(), "the attempt stays in the journal for the next start");
        }
    }

    /// Renews until the server says that the attempt is not ours. That it has *ended* is what we are telling the server
    /// ourselves once there is a result: the answer to the delivery says the rest.
    async fn refused(&self) -> Refusal {
        let refusal = self.renew().await;
        if refusal.code == "attempt_ended" && matches!(self.folder.result(), Ok(Some(_))) {
            return std::future::pending().await;
        }
        refusal
    }

    async fn carry_out(&self) -> io::Result<Done> {
        if self.folder.result()?.is_none() && !self.folder.has_begun() {
            if self.is_recovered || self.leased_until.remaining().is_zero() {
                self.is_confirmed.cancelled().await;
            }
            // Only a free lock may be taken: a supervisor may be just about to begin.
            if let Some(lock) = self.folder.try_lock()? {
                match self.fetch_inputs().await? {
                    Ok(()) => self.agent.supervise(self.folder.clone(), &self.assignment, lock)?,
                    Err(super::inputs::Failure::Refused(refusal)) => return Ok(Done::Refused(refusal)),
                    Err(super::inputs::Failure::Error(detail)) => self.give_up(&detail)?,
                }
            }
        }
        let executed = CancellationToken::new();
        let execution = async {
            let report = self.result().await;
            self.agent.free_slot_of(self.id());
            executed.cancel();
            report
        };
        let (report, followed, ()) = tokio::join!(execution, self.follow_log(&executed), self.serve_uploads(&executed));
        let report = report?;
        if let Some(refusal) = followed? {
            return Ok(Done::Refused(refusal));
        }
        Ok(match self.deliver(&report).await? {
            None => Done::Delivered,
            Some(refusal) => Done::Refused(refusal),
        })
    }

    /// Waits for the supervisor's result; writes one itself when the supervisor is gone without (A2).
    async fn result(&self) -> io::Result<Report> {
        let wake = self.folder.listen("wake")?;
        loop {
            if let Some(report) = self.folder.result()? {
                return Ok(report);
            }
            if self.folder.try_lock()?.is_some() && self.folder.result()?.is_none() {
                self.supervisor_died().await?;
                continue;
            }
            self.steps_changed.notify_one();
            tokio::select! {
                told = journal::poked(&wake) => told?,
                () = clock::sleep(LOOK) => {}
            }
        }
    }

    async fn supervisor_died(&self) -> io::Result<()> {
        if self.agent.mechanism == Mechanism::ProcessTree && !tree::kill_marked(journal::MARKER, self.id().as_str()).await {
            tracing::error!(attempt = %self.id(), "a process of this attempt does not end on SIGKILL");
        }
        let words = self.last_words();
        tracing::warn!(attempt = %self.id(), words, "its supervisor is gone and left no result");
        if !self.folder.has_begun() {
            return self.give_up(&format!("the job could not be started on this runner: {words}"));
        }
        let log = self.folder.log();
        let (log_bytes, log_digest) = off_the_loop(move || measure(&log)).await?;
        let mut report = super::failed_report(self.assignment.lease.fences.clone(), format!("the job's supervisor failed: {words}"));
        if words.is_empty() {
            report.outcome = Outcome::RunnerRestarted;
        }
        report.steps = self.folder.steps()?;
        (report.log_bytes, report.log_digest) = (log_bytes, log_digest);
        self.folder.write_result(&self.assignment, &report)
    }

    /// What a supervisor that failed by itself said; one that was killed said nothing.
    fn last_words(&self) -> String {
        const SHOWN_BYTES: usize = 2_000;
        let bytes = std::fs::read(self.folder.errors()).unwrap_or_default();
        let end = bytes.get(bytes.len().saturating_sub(SHOWN_BYTES)..).unwrap_or_default();
        String::from_utf8_lossy(end).trim().to_owned()
    }

    /// Nothing could be executed: the log says why, as does the outcome.
    fn give_up(&self, detail: &str) -> io::Result<()> {
        let masker = Masker::new(&self.assignment.lease.job.secrets).map_err(io::Error::other)?;
        let detail = masker.mask_text(detail);
        let mut spool = Spool::create(&self.folder.log(), &masker, self.assignment.max_log_bytes, crate::clock::now())?;
        spool.mark(&format!("error: {detail}"));
        let mut report = super::failed_report(self.assignment.lease.fences.clone(), detail);
        (report.log_bytes, report.log_digest) = spool.finish();
        self.folder.write_result(&self.assignment, &report)
    }

    async fn stop_copy(&self, refusal: Refusal) -> io::Result<()> {
        let grace_ms = self.assignment.lease.job.grace_ms;
        self.folder.ask_to_stop(&Stop { reason: format!("{} ({})", refusal.detail, refusal.code), grace_ms })?;
        self.forget().await
    }

    /// Waits until nothing of the attempt runs, then removes what it left on this machine.
    async fn forget(&self) -> io::Result<()> {
        let wake = self.folder.listen("wake")?;
        while self.folder.try_lock()?.is_none() {
            tokio::select! {
                told = journal::poked(&wake) => told?,
                () = clock::sleep(LOOK) => {}
                () = self.agent.abandon.cancelled() => return Ok(()),
            }
        }
        if let Some(host) = &self.assignment.host {
            self.agent.host.dismiss(host);
        }
        if let Some(access) = &self.assignment.credentials {
            self.agent.credentials.dismiss(access);
        }
        let (folder, keep_workspace) = (self.folder.clone(), self.assignment.keep_workspace);
        off_the_loop(move || {
            if !keep_workspace {
                files::remove_tree(&folder.work())?;
            }
            folder.remove()
        })
        .await
    }
}

/// For work that may take long: the agent may share its threads with a server.
async fn off_the_loop<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}
