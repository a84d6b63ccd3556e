use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use engine::ports::{BlobError, Blobs};
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, WriteMultipart};
use tokio::io::AsyncReadExt;

/// Parts of a multipart upload: large enough for S3's limit of 10,000 parts at 80 GB, small enough to hold a few.
const PART_BYTES: usize = 8 * 1024 * 1024;
const PARTS_AT_ONCE: usize = 4;
/// Read from a local file at once.
const PIECE_BYTES: usize = 256 * 1024;

/// Blobs in any [`ObjectStore`].
///
/// A key's bytes appear whole or not at all. What a store has acknowledged is as durable as that store says.
#[derive(Debug, Clone)]
pub struct ObjectBlobs {
    store: Arc<dyn ObjectStore>,
}

impl ObjectBlobs {
    #[must_use]
    pub fn new(store: Arc<dyn ObjectStore>) -> Self {
        Self { store }
    }
}

#[async_trait]
impl Blobs for ObjectBlobs {
    async fn put(&self, key: &str, bytes: Bytes) -> Result<(), BlobError> {
        self.store.put(&path(key)?, bytes.into()).await.map(drop).map_err(|error| translate(key, error))
    }

    async fn put_file(&self, key: &str, file: PathBuf) -> Result<(), BlobError> {
        let local = |error: std::io::Error| BlobError::Unavailable(format!("{}: {error}", file.display()));
        let mut source = tokio::fs::File::open(&file).await.map_err(local)?;
        let upload = self.store.put_multipart(&path(key)?).await.map_err(|error| translate(key, error))?;
        let mut upload = WriteMultipart::new_with_chunk_size(upload, PART_BYTES);
        loop {
            let mut piece = BytesMut::with_capacity(PIECE_BYTES);
            let read = source.read_buf(&mut piece).await.map_err(|error| error.to_string());
            let ready = upload.wait_for_capacity(PARTS_AT_ONCE).await.map_err(|error| error.to_string());
            match read.and_then(|count| ready.map(|()| count)) {
                Ok(0) => break,
                Ok(_) => upload.put(piece.freeze()),
                Err(error) => {
                    // Parts that were uploaded cost room until they are given up.
                    drop(upload.abort().await);
                    return Err(BlobError::Unavailable(format!("{key}: {error}")));
                }
            }
        }
        upload.finish().await.map_err(|error| translate(key, error))?;
        // The blob is there; a file that stays behind is only litter, and the caller's folder.
        if let Err(error) = tokio::fs::remove_file(&file).await {
            tracing::warn!(file = %file.display(), %error, "a file that was moved into the blob store stays behind");
        }
        Ok(())
    }

    async fn get(&self, key: &str) -> Result<Bytes, BlobError> {
        let found = self.store.get(&path(key)?).await.map_err(|error| translate(key, error))?;
        found.bytes().await.map_err(|error| translate(key, error))
    }

    /// A range that reaches beyond the blob is cut to it; one that lies beyond it is empty.
    async fn get_range(&self, key: &str, start: u64, end: u64) -> Result<Bytes, BlobError> {
        let at = path(key)?;
        let size = self.store.head(&at).await.map_err(|error| translate(key, error))?.size;
        let end = end.min(size);
        if start >= end {
            return Ok(Bytes::new());
        }
        self.store.get_range(&at, start..end).await.map_err(|error| translate(key, error))
    }

    async fn stream(&self, key: &str) -> Result<BoxStream<'static, Result<Bytes, BlobError>>, BlobError> {
        let found = self.store.get(&path(key)?).await.map_err(|error| translate(key, error))?;
        let key = key.to_owned();
        Ok(found.into_stream().map_err(move |error| translate(&key, error)).boxed())
    }

    async fn exists(&self, key: &str) -> Result<bool, BlobError> {
        match self.store.head(&path(key)?).await {
            Ok(_) => Ok(true),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(translate(key, error)),
        }
    }

    /// What is not there is removed already.
    async fn remove(&self, key: &str) -> Result<(), BlobError> {
        match self.store.delete(&path(key)?).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(translate(key, error)),
        }
    }
}

pub(super) fn path(key: &str) -> Result<Path, BlobError> {
    Path::parse(key).map_err(|error| BlobError::Unavailable(format!("{key:?} is no key: {error}")))
}

fn translate(key: &str, error: object_store::Error) -> BlobError {
    match error {
        object_store::Error::NotFound { .. } => BlobError::NotFound(key.to_owned()),
        error => BlobError::Unavailable(format!("{key}: {error}")),
    }
}
