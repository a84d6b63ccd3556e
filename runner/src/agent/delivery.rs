use std::io;
use std::os::unix::fs::FileExt as _;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use protocol::{Artifact, LogChunk, LogTime, MAX_LOG_CHUNK_BYTES, MAX_WHOLE_LOG_BYTES, Refusal, Report};
use sha2::{Digest as _, Sha256};
use tokio_util::sync::CancellationToken;

use super::attempt::Attempt;
use crate::attempt::{has_notes, noted};
use crate::backoff::Backoff;
use crate::client::CallError;
use crate::clock;

/// While a job runs its new output is sent this often.
const LOG_INTERVAL: Duration = Duration::from_millis(200);
/// A server may be away for a day; results are asked to be taken for ever (LATE).
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

impl Attempt {
    /// Sends the log as it grows, until the job has ended. Faults only delay it; what is missing then is
    /// sent by [`Self::deliver`].
    pub(super) async fn follow_log(&self, executed: &CancellationToken) -> io::Result<Option<Refusal>> {
        let mut pauses = pauses();
        let mut pause = LOG_INTERVAL;
        loop {
            tokio::select! {
                () = executed.cancelled() => return Ok(None),
                () = clock::sleep(pause) => {}
            }
            pause = match self.send_log().await {
                Ok(Sent::Everything) => LOG_INTERVAL,
                Ok(Sent::Some) => Duration::ZERO,
                Err(CallError::Refused(refusal)) => return Ok(Some(refusal)),
                Err(error) => {
                    tracing::debug!(attempt = %self.id(), %error, "a piece of log could not be sent");
                    pauses.next(error.retry_after())
                }
            };
            if pause <= LOG_INTERVAL {
                pauses.reset();
            }
        }
    }

    /// Delivers all of a result: the rest of the log, the artifacts, the report. Tries until it is done
    /// or refused.
    pub(super) async fn deliver(&self, report: &Report) -> io::Result<Option<Refusal>> {
        let whole = match self.whole_log(report)? {
            None => None,
            Some(log) => Some(Report { log: Some(log), log_times: self.times_of_log(0, report.log_bytes)?, ..report.clone() }),
        };
        let log = whole.is_none().then_some(Part::Log);
        let report = whole.as_ref().unwrap_or(report);
        let parts = log.into_iter().chain(report.artifacts.iter().map(Part::Artifact)).chain([Part::Result]);
        for part in parts {
            let mut pauses = pauses();
            loop {
                match self.deliver_part(report, part).await {
                    Ok(()) => break,
                    Err(CallError::Refused(refusal)) => return Ok(Some(refusal)),
                    Err(CallError::Local(error)) => return Err(error),
                    Err(error) => {
                        tracing::warn!(attempt = %self.id(), %error, ?part, "could not be delivered yet");
                        clock::sleep(pauses.next(error.retry_after())).await;
                    }
                }
            }
        }
        Ok(None)
    }

    async fn deliver_part(&self, report: &Report, part: Part<'_>) -> Result<(), CallError> {
        match part {
            Part::Log => self.send_rest_of_log(report.log_bytes).await,
            Part::Artifact(artifact) => {
                self.agent.client.artifact_up(&report.fences, artifact, &self.folder.artifact(&artifact.name)).await
            }
            Part::Result => self.agent.client.complete(report).await,
        }
    }

    /// The whole log, when it is short enough to go with the report. None when some of it may have been sent already.
    fn whole_log(&self, report: &Report) -> io::Result<Option<String>> {
        let is_short = report.log_bytes <= MAX_WHOLE_LOG_BYTES as u64;
        if !self.assignment.lease.takes_log_with_report || self.is_recovered || !is_short || self.has_sent_log.load(Ordering::Relaxed) {
            return Ok(None);
        }
        let (_, bytes) = self.piece_of_log(0)?;
        let is_all = bytes.len() as u64 == report.log_bytes;
        Ok(String::from_utf8(bytes).ok().filter(|_| is_all))
    }

    async fn send_rest_of_log(&self, log_bytes: u64) -> Result<(), CallError> {
        let mut acked = self.acked();
        while acked < log_bytes {
            let before = acked;
            self.send_log().await?;
            acked = self.acked();
            if acked == before {
                return Err(CallError::Rubbish { detail: format!("the server does not take the log beyond byte {before}") });
            }
        }
        Ok(())
    }

    /// Sends the next piece. The server's answer says where it stands, which may lie behind or ahead of
    /// what we thought: its data may have been restored, or an answer to us lost.
    async fn send_log(&self) -> Result<Sent, CallError> {
        let offset = self.acked();
        let (length, body) = self.piece_of_log(offset)?;
        if body.is_empty() {
            return Ok(Sent::Everything);
        }
        self.has_sent_log.store(true, Ordering::Relaxed);
        let digest = hex::encode(Sha256::digest(&body));
        let times = self.times_of_log(offset, offset + body.len() as u64)?;
        let chunk = LogChunk { fences: self.assignment.lease.fences.clone(), offset, digest, gap: false, times };
        let answer = self.agent.client.log(&chunk, Bytes::from(body)).await?;
        self.acked.store(answer.stored_bytes, Ordering::Relaxed);
        Ok(if answer.stored_bytes >= length { Sent::Everything } else { Sent::Some })
    }

    fn times_of_log(&self, from: u64, until: u64) -> io::Result<Vec<LogTime>> {
        // Another version of the runner, which noted nothing, may have begun it.
        if self.is_recovered && !has_notes(&self.folder.log()) {
            return Ok(Vec::new());
        }
        noted(&self.folder.log(), from, until)
    }

    /// How much of the log the server has.
    fn acked(&self) -> u64 {
        self.acked.load(Ordering::Relaxed)
    }

    /// The log's length now, and what follows on `offset`. Small enough to be read between two turns of the loop.
    fn piece_of_log(&self, offset: u64) -> io::Result<(u64, Vec<u8>)> {
        let file = match std::fs::File::open(self.folder.log()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok((0, Vec::new())),
            other => other?,
        };
        let length = file.metadata()?.len();
        let rest = usize::try_from(length.saturating_sub(offset)).unwrap_or(usize::MAX);
        let mut piece = vec![0; rest.min(MAX_LOG_CHUNK_BYTES)];
        file.read_exact_at(&mut piece, offset)?;
        Ok((length, piece))
    }
}

/// Whether more lies on the disk than the server has.
#[derive(Debug, PartialEq, Eq)]
enum Sent {
    Everything,
    Some,
}

#[derive(Debug, Clone, Copy)]
enum Part<'a> {
    Log,
    Artifact(&'a Artifact),
    Result,
}

fn pauses() -> Backoff {
    Backoff::new(Duration::from_millis(200), LONGEST_PAUSE)
}
