//! What the engine needs from outside, as traits. Adapters implement them; tests bring their own.

mod forge_app;
mod identity;
mod push;
mod sign_in;
mod signing;

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::path::PathBuf;

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use pipelines::plan::{Monitor, NotifyTo};
use thiserror::Error;

use crate::core::Time;
use crate::core::id::SourceOrder;
use crate::core::input::{Reading, Revision};

pub mod forge;

pub use forge::{Forge, HookReader};
pub use forge_app::{
    ActsAs, AppDelivery, AppError, AppForm, AppInstallation, AppOrder, AppPermission, AppReport, AppStanding, ForgeApp, MadeApp,
};
pub use identity::{Access, Accounts, Entry, Identity, IdentityError, Partition, RoleRequest, Slice};
pub use push::{AlarmPush, Confirmation, Pushed};
pub use sign_in::{Proven, SignIn, SignInError};
pub use signing::{Signer, SigningKey};

/// The only place where time passes.
#[async_trait]
pub trait Clock: Debug + Send + Sync {
    /// Wall time, never going back, and never early by more than 1 % and a second when the system's clock is set (IG2).
    fn now(&self) -> Time;

    /// How far the system's clock is ahead of this one because it was set forward.
    fn behind_ms(&self) -> u64 {
        0
    }

    /// Lets all of that in at once; for moments in which nobody counts a lease.
    fn follow(&self) {}

    /// Goes by another clock than the machine's, whose time is this now. Repeated, it corrects what the machine's clock has drifted since;
    /// that counts like a clock that was set. The first time, `now` jumps.
    fn go_by(&self, _time: Time) {}

    /// Returns at or after `at`; at once when it has passed.
    async fn sleep_until(&self, at: Time);
}

/// The only source of randomness.
pub trait Ids: Debug + Send + Sync {
    /// A UUIDv7 as text.
    fn uuid(&self) -> String;

    /// 128 random bits in hexadecimal.
    fn token(&self) -> String;
}

/// Reads monitors. One implementation per kind; the engine asks the first that `knows` it.
#[async_trait]
pub trait MonitorReader: Debug + Send + Sync {
    fn knows(&self, monitor: &Monitor) -> bool;

    /// Never fails: what cannot be read is [`Reading::Unreadable`]. Bounded by the monitor's own timeout.
    async fn read(&self, monitor: &Monitor) -> Reading;

    /// The same for what is compared with the time before somebody watched it.
    async fn read_since(&self, monitor: &Monitor, since: Time) -> Reading {
        let _ = since;
        self.read(monitor).await
    }
}

/// A source of revisions: a git repository by path or URL.
#[async_trait]
pub trait Source: Debug + Send + Sync {
    /// The newest commit of a branch, with its place in the order (P4).
    ///
    /// `previous` is what was last admitted: when it is no ancestor of the head any more, the epoch goes up.
    async fn head(&self, at: &Repository, branch: &str, previous: Option<&Previous>) -> Result<Head, SourceError>;

    /// Commits reachable from `to` and not from `from` (none: the last `limit`), newest first.
    async fn commits(&self, at: &Repository, from: Option<&str>, to: &str, limit: usize) -> Result<Vec<Commit>, SourceError>;

    /// A file's bytes at a commit; none when it does not exist there.
    async fn file(&self, at: &Repository, commit: &str, path: &str) -> Result<Option<Bytes>, SourceError>;

    /// Paths of files below a folder at a commit.
    async fn files(&self, at: &Repository, commit: &str, folder: &str) -> Result<Vec<String>, SourceError>;

    /// The commit at which the histories of two parted; none: they share nothing.
    async fn parted(&self, at: &Repository, one: &str, other: &str) -> Result<Option<String>, SourceError>;

    /// Paths that differ between two commits.
    async fn changed_paths(&self, at: &Repository, from: &str, to: &str) -> Result<Vec<String>, SourceError>;
}

/// Where a repository is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Repository {
    /// A path or URL that git understands.
    pub url: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Previous {
    pub commit: String,
    pub order: SourceOrder,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    pub revision: Revision,
    pub order: SourceOrder,
}

/// A commit as people see it. Names are display text from the commit, never identities (abuse case 3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    pub id: String,
    pub title: String,
    pub author: String,
    pub author_email: String,
    pub committed_at: Time,
}

#[derive(Debug, Error)]
pub enum SourceError {
    #[error("there is no branch {branch:?} in {url}")]
    NoBranch { url: String, branch: String },
    #[error("there is no commit {commit} in {url}")]
    NoCommit { url: String, commit: String },
    /// Not there, not allowed, no network: may work later.
    #[error("{url} cannot be read: {detail}")]
    Unreachable { url: String, detail: String },
    #[error("{url} answered what git cannot mean: {detail}")]
    Malformed { url: String, detail: String },
    /// Never asked, because asking would be dangerous: trying again changes nothing.
    #[error("{url} is refused: {detail}")]
    Refused { url: String, detail: String },
}

/// Tells people.
#[async_trait]
pub trait Notifier: Debug + Send + Sync {
    fn knows(&self, to: &NotifyTo) -> bool;

    /// `key` is the same for every try of one message.
    async fn tell(&self, to: &NotifyTo, key: &str, message: &Message) -> Result<(), NotifyError>;
}

/// A fact, ready to be shown or sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    pub pipeline: String,
    pub event: crate::core::Event,
    /// One line.
    pub text: String,
    /// Where to look.
    pub url: Option<String>,
    pub at: Time,
}

#[derive(Debug, Error)]
pub enum NotifyError {
    /// Try again later.
    #[error("could not be delivered now: {0}")]
    Later(String),
    /// Trying again changes nothing.
    #[error("refused: {0}")]
    Never(String),
}

/// Bytes by key: log chunks and artifacts. Keys are made by the engine, never by a user.
#[async_trait]
pub trait Blobs: Debug + Send + Sync {
    async fn put(&self, key: &str, bytes: Bytes) -> Result<(), BlobError>;

    /// Moves a finished local file in; the file is gone afterwards or may be removed.
    async fn put_file(&self, key: &str, file: PathBuf) -> Result<(), BlobError>;

    async fn get(&self, key: &str) -> Result<Bytes, BlobError>;

    /// Bytes from `start` to before `end`.
    async fn get_range(&self, key: &str, start: u64, end: u64) -> Result<Bytes, BlobError>;

    /// Streams it; never whole in memory.
    async fn stream(&self, key: &str) -> Result<BoxStream<'static, Result<Bytes, BlobError>>, BlobError>;

    async fn exists(&self, key: &str) -> Result<bool, BlobError>;

    async fn remove(&self, key: &str) -> Result<(), BlobError>;
}

#[derive(Debug, Error)]
pub enum BlobError {
    #[error("there is no blob {0}")]
    NotFound(String),
    #[error("the blob store cannot be used: {0}")]
    Unavailable(String),
}

/// Values that jobs may name. A type of its own without `Serialize`, so that no answer can hold one.
#[async_trait]
pub trait Secrets: Debug + Send + Sync {
    /// The narrowest scope wins: target, stage, pipeline, organisation.
    async fn secrets(
        &self,
        pipeline: &str,
        stage: &str,
        target: Option<&str>,
        names: &[String],
    ) -> Result<BTreeMap<String, SecretValue>, SecretError>;
}

/// Never shown, never serialised.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretValue(String);

impl SecretValue {
    #[must_use]
    pub fn new(value: String) -> Self {
        Self(value)
    }

    /// For the one place that hands it to a runner.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl Debug for SecretValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretValue(…)")
    }
}

#[derive(Debug, Error)]
pub enum SecretError {
    #[error("there is no secret {0:?} for this job")]
    Missing(String),
    #[error("secrets cannot be read: {0}")]
    Unavailable(String),
}
