//! Revisions from git, through the `git` command line against bare mirrors: one folder per URL.
//!
//! A mirror only grows: history that a forced push dropped stays readable, because releases made from it may still
//! roll back (X3). Nothing of a repository is ever executed: no hooks, no filters, no helper transports.

mod address;
mod command;
mod commit;
mod litter;
mod mirror;
mod tree;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use engine::core::id::SourceOrder;
use engine::core::input::Revision;
use engine::ports::{Commit, Forge, Head, Previous, Repository, Source, SourceError};

use address::Address;
use command::Program;
use mirror::Mirror;

/// Git repositories by path or URL.
#[derive(Debug)]
pub struct Git {
    folder: PathBuf,
    program: Arc<Program>,
    forges: Arc<[Arc<dyn Forge>]>,
    mirrors: Mutex<BTreeMap<String, Arc<Mirror>>>,
}

/// How long git may take.
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// Asking another side for its branches.
    pub ask: Duration,
    /// Fetching; the first one brings the whole history.
    pub fetch: Duration,
    /// Reading from the mirror.
    pub read: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { ask: Duration::from_secs(30), fetch: Duration::from_secs(15 * 60), read: Duration::from_secs(60) }
    }
}

impl Git {
    /// Keeps its mirrors in `folder`, which it makes (readable by its owner only).
    ///
    /// Several servers may share the folder; a lock file per mirror keeps them apart.
    ///
    /// # Errors
    /// When the folder cannot be made or written.
    pub fn new(folder: PathBuf) -> std::io::Result<Self> {
        Self::with_program(folder, PathBuf::from("git"), Timeouts::default())
    }

    /// As [`Git::new`], with a chosen `git` program.
    ///
    /// # Errors
    /// When the folder cannot be made or written.
    pub fn with_program(folder: PathBuf, program: PathBuf, timeouts: Timeouts) -> std::io::Result<Self> {
        let program = Arc::new(Program::prepare(&folder, program, timeouts)?);
        Ok(Self { folder, program, forges: Arc::default(), mirrors: Mutex::default() })
    }

    /// Reads what one of these forges knows under this server's identity there.
    #[must_use]
    pub fn with_forges(self, forges: &[Arc<dyn Forge>]) -> Self {
        Self { forges: forges.into(), ..self }
    }

    fn mirror(&self, at: &Repository) -> Result<Arc<Mirror>, SourceError> {
        let address = Address::parse(&at.url)?;
        let mut mirrors = self.mirrors.lock().unwrap_or_else(PoisonError::into_inner);
        let mirror = mirrors
            .entry(at.url.clone())
            .or_insert_with(|| Arc::new(Mirror::new(&self.folder, address, Arc::clone(&self.program), Arc::clone(&self.forges))));
        Ok(Arc::clone(mirror))
    }
}

#[async_trait]
impl Source for Git {
    async fn head(&self, at: &Repository, branch: &str, previous: Option<&Previous>) -> Result<Head, SourceError> {
        let mirror = self.mirror(at)?;
        let commit = mirror.bring_branch(branch).await?;
        let read = mirror.read_commit(&commit).await?;
        let order = order(&mirror, &commit, previous).await?;
        let revision = Revision {
            source: mirror.address().shown().to_owned(),
            commit,
            reference: branch.to_owned(),
            title: read.title,
            author: read.author,
            committed_at: read.committed_at,
        };
        Ok(Head { revision, order })
    }

    async fn commits(&self, at: &Repository, from: Option<&str>, to: &str, limit: usize) -> Result<Vec<Commit>, SourceError> {
        let mirror = self.mirror(at)?;
        mirror.bring_commit(to).await?;
        if let Some(from) = from {
            mirror.bring_commit(from).await?;
        }
        mirror.commits(from, to, limit).await
    }

    async fn file(&self, at: &Repository, commit: &str, path: &str) -> Result<Option<Bytes>, SourceError> {
        let mirror = self.mirror(at)?;
        mirror.bring_commit(commit).await?;
        mirror.file(commit, path).await
    }

    async fn files(&self, at: &Repository, commit: &str, folder: &str) -> Result<Vec<String>, SourceError> {
        let mirror = self.mirror(at)?;
        mirror.bring_commit(commit).await?;
        mirror.files(commit, folder).await
    }

    async fn parted(&self, at: &Repository, one: &str, other: &str) -> Result<Option<String>, SourceError> {
        let mirror = self.mirror(at)?;
        mirror.bring_commit(one).await?;
        mirror.bring_commit(other).await?;
        mirror.parted(one, other).await
    }

    async fn changed_paths(&self, at: &Repository, from: &str, to: &str) -> Result<Vec<String>, SourceError> {
        let mirror = self.mirror(at)?;
        mirror.bring_commit(from).await?;
        mirror.bring_commit(to).await?;
        mirror.changed_paths(from, to).await
    }
}

/// P4. On from `previous` by the first-parent commits that it did not carry, which is the first-parent count as long as
/// `previous` lies on that line, and more than its position when a merge turned the line around.
async fn order(mirror: &Mirror, commit: &str, previous: Option<&Previous>) -> Result<SourceOrder, SourceError> {
    let Some(previous) = previous else {
        return Ok(SourceOrder { epoch: 0, position: mirror.first_parents(None, commit).await? });
    };
    if previous.commit == commit {
        return Ok(previous.order);
    }
    if mirror.is_ancestor(&previous.commit, commit).await? {
        let more = mirror.first_parents(Some(&previous.commit), commit).await?;
        return Ok(SourceOrder { epoch: previous.order.epoch, position: previous.order.position + more });
    }
    Ok(SourceOrder { epoch: previous.order.epoch + 1, position: mirror.first_parents(None, commit).await? })
}
