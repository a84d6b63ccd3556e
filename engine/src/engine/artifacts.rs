//! Artifacts: built once, stored by content, the same bytes for every later stage (P2). Streamed, never whole in memory.

use std::io;

use bytes::Bytes;
use futures::stream::{BoxStream, Stream, StreamExt};
use protocol::{ArtifactDigest, Fences, RunnerId};
use sha2::{Digest, Sha256};
use tokio::io::AsyncWriteExt;

use super::{Engine, Error};
use crate::ports::BlobError;
use crate::store::StoredArtifact;

impl Engine {
    /// Takes an upload, checks it against its digest, and keeps it. The same bytes twice are kept once.
    ///
    /// # Errors
    /// [`Error::Refused`] for an old lease, [`Error::Invalid`] when the bytes have another digest or are too many.
    pub async fn put_artifact(
        &self,
        runner: &RunnerId,
        fences: &Fences,
        digest: &ArtifactDigest,
        body: impl Stream<Item = io::Result<Bytes>> + Send + Unpin,
    ) -> Result<u64, Error> {
        self.check_current(runner, fences).await?;
        self.accepts_new_work()?;
        let spool = self.settings.spool.join(self.ports.ids.uuid());
        let received = self.receive(&spool, digest, body).await;
        let bytes = match received {
            Ok(bytes) => bytes,
            Err(error) => {
                drop(tokio::fs::remove_file(&spool).await);
                return Err(error);
            }
        };
        let being_removed = || Error::Blob(BlobError::Unavailable(format!("an older copy of {digest} is being removed; send it again")));
        match self.store.artifact(digest).await? {
            StoredArtifact::Missing => self.ports.blobs.put_file(&artifact_key(digest), spool).await?,
            StoredArtifact::Stored { .. } => drop(tokio::fs::remove_file(&spool).await),
            StoredArtifact::Closed => {
                drop(tokio::fs::remove_file(&spool).await);
                return Err(being_removed());
            }
        }
        // Also when it is there: so retention does not take it before the report names it.
        if !self.store.put_artifact(digest, bytes, self.clock().now()).await? {
            return Err(being_removed());
        }
        Ok(bytes)
    }

    async fn receive(
        &self,
        spool: &std::path::Path,
        digest: &ArtifactDigest,
        mut body: impl Stream<Item = io::Result<Bytes>> + Send + Unpin,
    ) -> Result<u64, Error> {
        let broken = |error: io::Error| Error::Invalid { what: "artifact", detail: format!("the upload broke off: {error}") };
        let full = |error: io::Error| Error::Blob(BlobError::Unavailable(format!("{}: {error}", spool.display())));
        tokio::fs::create_dir_all(&self.settings.spool).await.map_err(full)?;
        let mut file = tokio::fs::File::create(spool).await.map_err(full)?;
        let mut hasher = Sha256::new();
        let mut bytes = 0_u64;
        while let Some(part) = body.next().await {
            let part = part.map_err(broken)?;
            bytes += part.len() as u64;
            if bytes > self.settings.max_artifact_bytes {
                return Err(Error::Invalid { what: "artifact", detail: format!("larger than {} bytes", self.settings.max_artifact_bytes) });
            }
            hasher.update(&part);
            file.write_all(&part).await.map_err(full)?;
        }
        file.flush().await.map_err(full)?;
        let actual = hex::encode(hasher.finalize());
        if actual != digest.as_str() {
            return Err(Error::Invalid { what: "artifact", detail: format!("its SHA-256 is {actual}, not {digest}; send it again") });
        }
        Ok(bytes)
    }

    /// An artifact that this attempt's job was given.
    ///
    /// # Errors
    /// [`Error::Refused`] for an old lease, [`Error::NotYours`] when the job was not given it (IF9).
    pub async fn artifact_input(
        &self,
        runner: &RunnerId,
        fences: &Fences,
        digest: &ArtifactDigest,
    ) -> Result<BoxStream<'static, Result<Bytes, BlobError>>, Error> {
        let pipeline = self.check_current(runner, fences).await?;
        let given = self.artifacts_of(&pipeline, &fences.attempt).await?;
        if !given.iter().any(|artifact| artifact.digest == *digest) {
            return Err(Error::NotYours);
        }
        self.artifact(digest).await
    }

    /// The bytes of an artifact.
    ///
    /// # Errors
    /// [`Error::UnknownArtifact`].
    pub async fn artifact(&self, digest: &ArtifactDigest) -> Result<BoxStream<'static, Result<Bytes, BlobError>>, Error> {
        if self.store.artifact_size(digest).await?.is_none() {
            return Err(Error::UnknownArtifact(digest.to_string()));
        }
        Ok(self.ports.blobs.stream(&artifact_key(digest)).await?)
    }
}

pub(crate) fn artifact_key(digest: &ArtifactDigest) -> String {
    let text = digest.as_str();
    format!("artifacts/{}/{text}", text.get(..2).unwrap_or("00"))
}
