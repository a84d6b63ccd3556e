use std::fs::{self, File};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A file that is worth nothing: when the disk is full it goes, so that cancels, holds and the audit
/// trail can still be written while new work is refused (R6, ID12).
#[derive(Debug, Clone)]
pub(crate) struct Ballast {
    path: Arc<PathBuf>,
    bytes: u64,
    is_dropped: Arc<AtomicBool>,
}

impl Ballast {
    /// Lays it where it is missing. Without room for it the store starts as full.
    pub(super) fn lay(path: PathBuf, bytes: u64) -> Self {
        let ballast = Self { path: Arc::new(path), bytes, is_dropped: Arc::new(AtomicBool::new(false)) };
        ballast.restore();
        ballast
    }

    /// The disk was full and the room is used up that was kept for the end.
    pub(crate) fn is_dropped(&self) -> bool {
        self.is_dropped.load(Ordering::Acquire)
    }

    /// Gives its room back; false when it was gone before.
    pub(super) fn drop_it(&self) -> bool {
        let was_there = !self.is_dropped.swap(true, Ordering::AcqRel) && self.bytes > 0;
        if was_there && let Err(error) = fs::remove_file(&*self.path) {
            tracing::error!(path = %self.path.display(), %error, "the ballast cannot be removed");
            return false;
        }
        was_there
    }

    /// Lays it again; true when there is room for it.
    pub(crate) fn restore(&self) -> bool {
        let has_room = self.bytes == 0 || self.write().is_ok();
        if !has_room {
            tracing::warn!(path = %self.path.display(), bytes = self.bytes, "there is no room for the ballast");
            // Half of it would use the very room that is missing.
            drop(fs::remove_file(&*self.path));
        }
        self.is_dropped.store(!has_room, Ordering::Release);
        has_room
    }

    fn write(&self) -> std::io::Result<()> {
        let file = File::options().create(true).write(true).truncate(false).open(&*self.path)?;
        if file.metadata()?.len() == self.bytes {
            return Ok(());
        }
        file.set_len(0)?;
        rustix::fs::fallocate(&file, rustix::fs::FallocateFlags::empty(), 0, self.bytes)?;
        file.sync_all()
    }
}
