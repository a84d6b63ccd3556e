use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use engine::ports::{BlobError, Blobs};
use futures::stream::BoxStream;
use object_store::local::LocalFileSystem;

use super::ObjectBlobs;
use super::object::path;

/// Blobs as files below a folder of this machine.
///
/// When `put` returns, the file and the directories that name it are on the disk (`fsync`): killed power loses nothing (ID1).
#[derive(Debug, Clone)]
pub struct FolderBlobs {
    files: Arc<LocalFileSystem>,
    blobs: ObjectBlobs,
}

impl FolderBlobs {
    /// Makes the folder when it is not there.
    ///
    /// # Errors
    /// When the folder cannot be made or used.
    pub fn new(folder: &Path) -> Result<Self, BlobError> {
        let unavailable = |error: String| BlobError::Unavailable(format!("{}: {error}", folder.display()));
        std::fs::create_dir_all(folder).map_err(|error| unavailable(error.to_string()))?;
        let files = LocalFileSystem::new_with_prefix(folder).map_err(|error| unavailable(error.to_string()))?;
        let files = Arc::new(files.with_fsync(true).with_automatic_cleanup(false));
        Ok(Self { blobs: ObjectBlobs::new(Arc::clone(&files) as Arc<_>), files })
    }
}

#[async_trait]
impl Blobs for FolderBlobs {
    async fn put(&self, key: &str, bytes: Bytes) -> Result<(), BlobError> {
        self.blobs.put(key, bytes).await
    }

    /// Renames within a file system, copies between two.
    async fn put_file(&self, key: &str, file: PathBuf) -> Result<(), BlobError> {
        let unavailable = |error: String| BlobError::Unavailable(format!("{key}: {error}"));
        let target = self.files.path_to_filesystem(&path(key)?).map_err(|error| unavailable(error.to_string()))?;
        let source = file.clone();
        let moved = tokio::task::spawn_blocking(move || move_durably(&source, &target)).await;
        match moved.map_err(|error| unavailable(error.to_string()))? {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::CrossesDevices => self.blobs.put_file(key, file).await,
            Err(error) => Err(unavailable(format!("{} cannot be moved in: {error}", file.display()))),
        }
    }

    async fn get(&self, key: &str) -> Result<Bytes, BlobError> {
        self.blobs.get(key).await
    }

    async fn get_range(&self, key: &str, start: u64, end: u64) -> Result<Bytes, BlobError> {
        self.blobs.get_range(key, start, end).await
    }

    async fn stream(&self, key: &str) -> Result<BoxStream<'static, Result<Bytes, BlobError>>, BlobError> {
        self.blobs.stream(key).await
    }

    async fn exists(&self, key: &str) -> Result<bool, BlobError> {
        self.blobs.exists(key).await
    }

    async fn remove(&self, key: &str) -> Result<(), BlobError> {
        self.blobs.remove(key).await
    }
}

/// The content first, then the name: what can be seen is whole.
fn move_durably(source: &Path, target: &Path) -> io::Result<()> {
    File::open(source)?.sync_all()?;
    let folder = target.parent().ok_or_else(|| io::Error::other("the blob lies in no folder"))?;
    make_durably(folder)?;
    std::fs::rename(source, target)?;
    File::open(folder)?.sync_all()
}

fn make_durably(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let parent = folder.parent().ok_or_else(|| io::Error::other("there is no such folder"))?;
    make_durably(parent)?;
    match std::fs::create_dir(folder) {
        // Another blob may come to the same folder at the same time.
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => File::open(parent)?.sync_all(),
    }
}
