//! Sealing: a log whose attempt has ended is put together, compared with what its runner had (R10), and compressed.

use std::io;

use bytes::Bytes;
use tracing::{error, warn};

use super::frames::{Sealed, Sealer, Sink};
use super::reading::Chunks;
use super::{MAX_ROW_BYTES, folder};
use crate::engine::{Engine, Error};
use crate::ports::BlobError;
use crate::store::{LogEnd, SealedLog};

/// Larger logs are collected in a file.
const MAX_MEMORY_BYTES: u64 = 1024 * 1024;

impl Engine {
    /// Seals one log. Again, or on two servers at once, it does no harm: the first one counts.
    ///
    /// # Errors
    /// The stores' errors; the log is as it was then.
    pub(crate) async fn seal_log(&self, log: &LogEnd) -> Result<(), Error> {
        let key = format!("{}/sealed-{}", folder(&log.attempt), self.ports.ids.uuid());
        // What is stored, not what the runner says.
        let stored_bytes = self.store.log_head(&log.attempt).await?.map_or(0, |head| head.stored_bytes);
        let sink = if stored_bytes <= MAX_MEMORY_BYTES { Sink::Memory(Vec::new()) } else { self.spool_file().await? };
        let mut sealer = Sealer::new(key.clone(), sink);
        let mut chunks = Chunks::from_byte(self, &log.attempt, 0);
        while let Some(chunk) = chunks.next_row().await? {
            chunks.passed(&chunk);
            let bytes = match &chunk.place {
                None => None,
                Some(place) => match self.log_bytes(place, chunk.length).await {
                    Ok(bytes) => Some(bytes),
                    Err(Error::Blob(BlobError::NotFound(key))) => {
                        error!(attempt.id = %log.attempt, blob.key = key, lost_bytes = chunk.length, "a stored piece of log is gone; it stays as a gap");
                        None
                    }
                    Err(error) => return Err(error),
                },
            };
            sealer.times(&chunk);
            sealer = off_the_loop(move || {
                match bytes {
                    Some(bytes) => sealer.feed(&bytes)?,
                    None => sealer.gap(chunk.length)?,
                }
                Ok(sealer)
            })
            .await?;
        }
        let sealed = off_the_loop(move || sealer.finish()).await?;
        if sealed.bytes != log.bytes || sealed.digest != log.digest {
            warn!(attempt.id = %log.attempt, stored_bytes = sealed.bytes, runner_bytes = log.bytes, "the stored log is not all that its runner had");
        }
        let Sealed { sink, chunks, digest, .. } = sealed;
        let (blob, chunks) = match sink {
            Sink::Memory(frames) if frames.len() <= MAX_ROW_BYTES => (None, Sealed::into_rows(chunks, &Bytes::from(frames))),
            Sink::Memory(frames) => {
                self.ports.blobs.put(&key, frames.into()).await?;
                (Some(key), chunks)
            }
            Sink::File { file, path } => {
                drop(file);
                self.ports.blobs.put_file(&key, path.0.clone()).await?;
                (Some(key), chunks)
            }
        };
        self.store.seal_log(SealedLog { attempt: log.attempt.clone(), digest, blob, chunks }, self.clock().now()).await?;
        self.log_has_grown();
        Ok(())
    }

    async fn spool_file(&self) -> Result<Sink, Error> {
        let folder = self.settings.spool.clone();
        let path = folder.join(self.ports.ids.uuid());
        off_the_loop(move || {
            std::fs::create_dir_all(&folder)?;
            Sink::file(path)
        })
        .await
    }
}

async fn off_the_loop<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> Result<T, Error> {
    let done = tokio::task::spawn_blocking(work).await.map_err(io::Error::other).flatten();
    done.map_err(|error| Error::Blob(BlobError::Unavailable(format!("a log could not be sealed: {error}"))))
}
