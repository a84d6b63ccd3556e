use std::io;
use std::path::Path;
use std::time::Duration;

use futures::TryStreamExt as _;
use protocol::{ArtifactInput, Refusal};
use sha2::{Digest as _, Sha256};
use tokio::io::AsyncWriteExt as _;

use super::attempt::Attempt;
use crate::backoff::Backoff;
use crate::client::CallError;
use crate::clock;

/// Why a job could not be given its artifacts.
#[derive(Debug)]
pub(super) enum Failure {
    Refused(Refusal),
    /// For the person who reads the attempt.
    Error(String),
}

/// A definite answer that is wrong is asked for again this often; an unreachable server, until the job times out.
const WRONG_ANSWERS: u32 = 3;

impl Attempt {
    /// Fetches the artifacts that the job starts with, each checked against its digest. Ends early when
    /// the job is to stop: its supervisor then reports that.
    pub(super) async fn fetch_inputs(&self) -> io::Result<Result<(), Failure>> {
        let job = &self.assignment.lease.job;
        if job.artifacts_in.is_empty() {
            return Ok(Ok(()));
        }
        std::fs::create_dir_all(self.folder.path().join("inputs"))?;
        let all = async {
            for input in &job.artifacts_in {
                self.fetch(input).await?;
            }
            Ok(())
        };
        Ok(tokio::select! {
            fetched = all => fetched,
            () = self.is_stopping.cancelled() => Ok(()),
            () = clock::sleep(Duration::from_millis(job.timeout_ms)) => {
                Err(Failure::Error(format!("the artifacts that the job starts with could not be fetched within {} ms", job.timeout_ms)))
            }
        })
    }

    async fn fetch(&self, input: &ArtifactInput) -> Result<(), Failure> {
        let place = self.folder.input(&input.digest);
        let mut backoff = Backoff::new(Duration::from_millis(200), Duration::from_secs(15));
        let mut wrong = 0;
        while !place.exists() {
            let error = match self.fetch_once(input, &place).await {
                Ok(()) => return Ok(()),
                Err(CallError::Refused(refusal)) => return Err(Failure::Refused(refusal)),
                Err(error) => error,
            };
            tracing::warn!(attempt = %self.id(), artifact = input.name, %error, "an artifact could not be fetched");
            if !matches!(error, CallError::Unavailable { .. }) {
                wrong += 1;
            }
            if wrong >= WRONG_ANSWERS {
                return Err(Failure::Error(format!("the artifact {:?} could not be fetched: {error}", input.name)));
            }
            clock::sleep(backoff.next(error.retry_after())).await;
        }
        Ok(())
    }

    async fn fetch_once(&self, input: &ArtifactInput, place: &Path) -> Result<(), CallError> {
        let mut pieces = std::pin::pin!(self.agent.client.artifact_down(&self.assignment.lease.fences, &input.digest).await?);
        let part = place.with_extension("part");
        let mut file = tokio::fs::File::create(&part).await?;
        let mut hasher = Sha256::new();
        let mut bytes = 0_u64;
        while let Some(piece) = pieces.try_next().await? {
            bytes += piece.len() as u64;
            if bytes > input.size_bytes {
                break;
            }
            hasher.update(&piece);
            file.write_all(&piece).await?;
        }
        file.flush().await?;
        let digest = hex::encode(hasher.finalize());
        if bytes != input.size_bytes || digest != input.digest.as_str() {
            let expected = format!("{} bytes with SHA-256 {}", input.size_bytes, input.digest);
            return Err(CallError::Rubbish { detail: format!("expected {expected}, got {bytes} bytes with SHA-256 {digest}") });
        }
        Ok(tokio::fs::rename(&part, place).await?)
    }
}
