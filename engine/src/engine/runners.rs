//! What runners may ask: register, lease, heartbeat, complete. Every call is checked against the current lease (R2).

use std::collections::BTreeMap;
use std::sync::Arc;

use protocol::{
    AttemptId, Fences, Heartbeat, HeartbeatAnswer, LeaseAnswer, LeaseRequest, LeaseToken, Outcome, Refusal, Register, Registered,
    RenewToken, Report, RunnerId, Stop,
};
use serde_json::json;
use sha2::{Digest, Sha256};
use tracing::{info, warn};

use super::{Engine, Error};
use crate::core::dispatch::Idle;
use crate::core::id::PipelineId;
use crate::core::row::{AttemptRow, AttemptState};
use crate::core::{Actor, Input, Rejected};
use crate::store::{AuditNote, EventFilter, JoinToken, LogEnd, RunnerRow};

/// The longest a lease request is held open.
const MAX_WAIT_MS: u64 = 30_000;
const MAX_SLOTS: u32 = 256;

impl Engine {
    /// Turns a one-time token into a runner with a token of its own. A runner that made its own token may ask again when
    /// the answer was lost.
    ///
    /// # Errors
    /// [`Error::BadToken`] when the token is unknown, used by another or expired; [`Error::Invalid`] for what the runner says of itself.
    pub async fn register_runner(&self, token: &str, register: Register) -> Result<Registered, Error> {
        if register.name.is_empty() || register.name.len() > 100 {
            return Err(Error::Invalid { what: "name", detail: "expected 1 to 100 characters".to_owned() });
        }
        if register.slots == 0 || register.slots > MAX_SLOTS {
            return Err(Error::Invalid { what: "slots", detail: format!("expected 1 to {MAX_SLOTS}, not {}", register.slots) });
        }
        let (own, own_hash) = match register.token_hash {
            None => {
                let own = format!("tgr_{}{}", self.ports.ids.token(), self.ports.ids.token());
                let own_hash = hash(&own);
                (own, own_hash)
            }
            Some(own_hash) if is_digest(&own_hash) => {
                // The same runner again, whose first answer was lost.
                if let Some(known) = self.store.runner_joined_by(&hash(token), &own_hash).await? {
                    let generation = self.settings.core.generation;
                    return Ok(Registered { runner: known.id, pool: known.pool, token: String::new(), generation });
                }
                (String::new(), own_hash)
            }
            Some(_) => return Err(Error::Invalid { what: "token_hash", detail: "expected 64 hexadecimal digits".to_owned() }),
        };
        let now = self.clock().now();
        let runner = RunnerId::try_from(format!("r-{}", self.ports.ids.uuid()))
            .map_err(|error| Error::Invalid { what: "runner id", detail: error.to_string() })?;
        let row = RunnerRow {
            id: runner.clone(),
            name: register.name,
            // The token says which.
            pool: String::new(),
            labels: register.labels,
            slots: register.slots,
            version: register.version,
            token_expires_at: now + self.settings.runner_token_ms,
            registered_at: now,
            last_seen_at: now,
            draining: false,
            revoked_at: None,
        };
        let row = self.store.register_runner(&hash(token), row, &own_hash).await?.ok_or(Error::BadToken)?;
        info!(runner.id = %runner, runner.name = row.name, runner.pool = row.pool, "registered");
        Ok(Registered { runner, pool: row.pool, token: own, generation: self.settings.core.generation })
    }

    /// Makes a one-time token with which a runner may join `pool` until `ttl_ms` from now. Only its hash is kept.
    ///
    /// # Errors
    /// When the store cannot keep it.
    pub async fn issue_runner_token(&self, actor: &Actor, pool: &str, ttl_ms: u64) -> Result<String, Error> {
        let token = format!("tgj_{}{}", self.ports.ids.token(), self.ports.ids.token());
        let now = self.clock().now();
        let join = JoinToken {
            pool: pool.to_owned(),
            created_by: EventFilter::actor_key(actor),
            created_at: now,
            expires_at: now + ttl_ms,
            used_by: None,
            used_at: None,
        };
        let note = AuditNote::new(actor.clone(), "issue_runner_token", pool, json!({"expires_at": join.expires_at}), now);
        self.store.add_join_token(&join, &hash(&token), note).await?;
        Ok(token)
    }

    /// The runner whose own token this is. The first use of its next token ends the one before it.
    ///
    /// # Errors
    /// [`Error::BadToken`] when nobody's, or revoked; [`Error::TokenExpired`].
    pub async fn runner_by_token(&self, token: &str) -> Result<RunnerId, Error> {
        let (hash, now) = (hash(token), self.clock().now());
        if let Some(runner) = self.store.runner_by_token(&hash).await? {
            return if runner.token_expires_at > now { Ok(runner.id) } else { Err(Error::TokenExpired(runner.token_expires_at)) };
        }
        let runner = self.store.runner_by_next_token(&hash).await?.ok_or(Error::BadToken)?;
        if runner.token_expires_at <= now {
            return Err(Error::TokenExpired(runner.token_expires_at));
        }
        // Of two requests at once one does it; the token counts for both.
        self.store.promote_runner_token(&runner.id, &hash, now + self.settings.runner_token_ms).await?;
        info!(runner.id = %runner.id, "uses its next token");
        Ok(runner.id)
    }

    /// Takes the hash of the token that a runner has made to use next. Repeating it changes nothing.
    ///
    /// # Errors
    /// [`Error::BadToken`] when `token` is not the runner's any more; [`Error::Invalid`] for what is no digest.
    pub async fn renew_runner_token(&self, runner: &RunnerId, token: &str, next: RenewToken) -> Result<(), Error> {
        if !is_digest(&next.token_hash) {
            return Err(Error::Invalid { what: "token_hash", detail: "expected 64 hexadecimal digits".to_owned() });
        }
        let taken = self.store.offer_runner_token(runner, &hash(token), &next.token_hash).await?;
        if taken { Ok(()) } else { Err(Error::BadToken) }
    }

    /// Waits for work. What this runner was granted but does not know of (the answer was lost) comes first.
    ///
    /// # Errors
    /// [`Error::BadToken`] when the runner was revoked, and the store's errors.
    pub async fn lease(&self, runner: &RunnerId, request: LeaseRequest) -> Result<LeaseAnswer, Error> {
        let row = self.store.runner(runner).await?.filter(|row| row.revoked_at.is_none()).ok_or(Error::BadToken)?;
        let now = self.clock().now();
        self.store.runner_seen(&row, now).await?;
        let renew_token = row.token_expires_at.since_ms(now) < self.settings.runner_token_ms / 2;
        if self.dispatch.board.agrees(runner, &request.holding) != Some(true) {
            let answer = self.reconcile(runner, &request, renew_token).await?;
            if !answer.leases.is_empty() || !answer.stop.is_empty() {
                return Ok(answer);
            }
        }
        let until = now + request.wait_ms.min(MAX_WAIT_MS);
        if request.draining || row.draining || (request.slots == 0 && request.reserved == 0) {
            self.clock().sleep_until(until).await;
            return Ok(LeaseAnswer { renew_token, ..LeaseAnswer::default() });
        }
        let idle = Idle {
            runner: runner.clone(),
            pool: row.pool,
            labels: row.labels,
            free: request.slots.min(row.slots),
            reserved_free: request.reserved.min(1),
            draining: false,
            running: BTreeMap::new(),
        };
        let answered = self.dispatch.wait(idle);
        self.hints.dispatch.notify_one();
        tokio::select! {
            leases = answered => Ok(LeaseAnswer { leases: leases.unwrap_or_default(), renew_token, ..LeaseAnswer::default() }),
            () = self.clock().sleep_until(until) => Ok(LeaseAnswer { renew_token, ..LeaseAnswer::default() }),
        }
    }

    /// What the runner was granted and does not know of, and what it holds and was not granted.
    async fn reconcile(&self, runner: &RunnerId, request: &LeaseRequest, renew_token: bool) -> Result<LeaseAnswer, Error> {
        let held = self.store.attempts_of_runner(runner).await?;
        let mut answer = LeaseAnswer { renew_token, ..LeaseAnswer::default() };
        for id in request.holding.iter().filter(|id| !held.iter().any(|known| known.attempt.id == **id)) {
            if !self.has_reported(runner, id).await? {
                answer.stop.push(id.clone());
            }
        }
        for known in held.iter().filter(|known| known.attempt.state == AttemptState::Leased) {
            if !request.holding.contains(&known.attempt.id) {
                answer.leases.push(self.lease_payload(&known.pipeline, &known.attempt.id).await?);
            }
        }
        Ok(answer)
    }

    /// Its report has arrived. Where only the answer was lost, the runner repeats it, and so finishes the log.
    async fn has_reported(&self, runner: &RunnerId, attempt: &AttemptId) -> Result<bool, Error> {
        let known = self.store.attempt(attempt).await?;
        Ok(known.is_some_and(|known| known.attempt.outcome.is_some() && known.attempt.runner.as_ref() == Some(runner)))
    }

    /// Moves the lease's deadline and says whether the attempt shall stop.
    ///
    /// # Errors
    /// [`Error::Refused`] when the lease is not current any more: definitive.
    pub async fn heartbeat(self: &Arc<Self>, runner: &RunnerId, heartbeat: Heartbeat) -> Result<HeartbeatAnswer, Error> {
        let Heartbeat { fences, steps } = heartbeat;
        let pipeline = self.check_fences(runner, &fences).await?;
        let attempt = fences.attempt.clone();
        let input = Input::Heartbeat { fences, lease_ms: self.settings.lease_ms, steps };
        self.from_runner(&pipeline, runner, input, None).await?;
        let stop = self.view(&pipeline, |state| state.attempt(&attempt).and_then(|row| row.stop.clone())).await?;
        Ok(HeartbeatAnswer {
            lease_ms: self.settings.lease_ms,
            stop: stop.map(|stop| Stop { reason: stop.reason, grace_ms: stop.grace_ms }),
        })
    }

    /// Takes the end of an attempt. Repeating it gets the first answer again (IA7).
    ///
    /// # Errors
    /// [`Error::Refused`] when the lease or the fence is not current any more: definitive.
    pub async fn complete(self: &Arc<Self>, runner: &RunnerId, report: Report) -> Result<(), Error> {
        let mut report = report;
        let pipeline = self.check_fences(runner, &report.fences).await?;
        for artifact in &report.artifacts {
            if self.store.artifact_size(&artifact.digest).await?.is_none() {
                return Err(Error::Invalid {
                    what: "artifacts",
                    detail: format!("{} ({}) was not uploaded before the report", artifact.name, artifact.digest),
                });
            }
        }
        self.add_printed(&pipeline, runner, &mut report).await?;
        let log = self.log_end(&mut report)?;
        self.from_runner(&pipeline, runner, Input::Report(Box::new(report)), Some(log)).await
    }

    /// The generation, the runner and the form of the id; lease token and fence are checked by the core,
    /// in the transaction that writes.
    pub(super) async fn check_fences(&self, runner: &RunnerId, fences: &Fences) -> Result<PipelineId, Error> {
        if fences.generation != self.settings.core.generation {
            return Err(Error::refused(
                "stale_generation",
                format!("the data was restored; generation is {}, not {}", self.settings.core.generation.0, fences.generation.0),
            ));
        }
        let pipeline = pipeline_of(&fences.attempt)?;
        let owner = self.view(&pipeline, |state| state.attempt(&fences.attempt).map(|row| row.runner.clone())).await;
        match owner {
            Ok(Some(Some(owner))) if owner == *runner => Ok(pipeline),
            Ok(Some(_)) => Err(Error::NotYours),
            Ok(None) | Err(Error::UnknownPipeline(_)) => self.check_stored(runner, fences).await.map(|()| pipeline),
            Err(error) => Err(error),
        }
    }

    /// An attempt of a release that ended long ago is not in memory any more; its row still answers.
    async fn check_stored(&self, runner: &RunnerId, fences: &Fences) -> Result<(), Error> {
        match self.store.attempt(&fences.attempt).await? {
            Some(known) if known.attempt.runner.as_ref() == Some(runner) => Err(Error::refused("attempt_ended", "the attempt has ended")),
            Some(_) => Err(Error::NotYours),
            None => Err(Error::refused("unknown_attempt", format!("there is no attempt {}", fences.attempt))),
        }
    }

    /// Checks a message that carries bytes beside the core: log chunks and artifacts are only taken from the current lease (IA6).
    pub(super) async fn check_current(&self, runner: &RunnerId, fences: &Fences) -> Result<PipelineId, Error> {
        let pipeline = self.check_fences(runner, fences).await?;
        let row = self.view(&pipeline, |state| state.attempt(&fences.attempt).map(|row| (row.state, row.token.clone(), row.fence))).await?;
        match row {
            Some((AttemptState::Leased | AttemptState::Unknown, Some(token), fence))
                if token == fences.lease_token && fence == fences.fence =>
            {
                Ok(pipeline)
            }
            Some((AttemptState::Ended, Some(token), _)) if token == fences.lease_token => Ok(pipeline),
            Some(_) => Err(Error::refused("stale_lease", "the attempt is leased under another token")),
            None => Err(Error::refused("attempt_ended", "the attempt has ended")),
        }
    }

    pub(super) async fn from_runner(
        self: &Arc<Self>,
        pipeline: &PipelineId,
        runner: &RunnerId,
        input: Input,
        log: Option<LogEnd>,
    ) -> Result<(), Error> {
        match self.input_with_log(pipeline, Actor::Runner { id: runner.to_string() }, input, log).await {
            Ok(_) => Ok(()),
            Err(Error::Rejected(rejected)) => {
                warn!(runner.id = %runner, %rejected, "a runner's message was refused");
                Err(Error::Refused(refusal(&rejected)))
            }
            Err(error) => Err(error),
        }
    }

    pub(crate) fn lease_token(&self) -> Option<LeaseToken> {
        LeaseToken::try_from(self.ports.ids.token()).ok()
    }

    /// Ends an attempt whose job could not be made, so that it fails with its reason instead of running out.
    pub(crate) async fn end_unprepared(self: &Arc<Self>, pipeline: &PipelineId, attempt: &AttemptId, error: &Error) {
        let row: Option<AttemptRow> = match self.view(pipeline, |state| state.attempt(attempt).cloned()).await {
            Ok(row) => row,
            Err(error) => {
                warn!(attempt.id = %attempt, %error, "the attempt cannot be read; its lease will run out");
                return;
            }
        };
        let Some((token, row)) = row.and_then(|row| Some((row.token.clone()?, row))) else { return };
        let report = Report {
            fences: Fences { generation: self.settings.core.generation, attempt: attempt.clone(), lease_token: token, fence: row.fence },
            outcome: Outcome::Error { detail: error.to_string() },
            outputs: Default::default(),
            summary: String::new(),
            artifacts: Vec::new(),
            steps: Vec::new(),
            log_bytes: 0,
            log_digest: hash(""),
            log: None,
            log_times: Vec::new(),
        };
        if let Err(error) = self.input(pipeline, Actor::Engine, Input::Report(Box::new(report))).await {
            warn!(attempt.id = %attempt, %error, "the attempt could not be ended; its lease will run out");
        }
    }
}

/// An attempt's id begins with its pipeline's.
pub(super) fn pipeline_of(attempt: &AttemptId) -> Result<PipelineId, Error> {
    match attempt.as_str().split_once('.') {
        Some((pipeline, _)) => Ok(PipelineId(pipeline.to_owned())),
        None => Err(Error::UnknownAttempt(attempt.to_string())),
    }
}

/// Tokens have 256 random bits, so that a plain digest is as good as a slow one.
fn hash(token: &str) -> String {
    hex::encode(Sha256::digest(token.as_bytes()))
}

fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

pub(super) fn refusal(rejected: &Rejected) -> Refusal {
    let code = match rejected {
        Rejected::StaleLease => "stale_lease",
        Rejected::StaleFence { .. } => "stale_fence",
        Rejected::AttemptEnded => "attempt_ended",
        Rejected::UnknownAttempt => "unknown_attempt",
        _ => "refused",
    };
    Refusal { code: code.to_owned(), detail: rejected.to_string() }
}
