//! Keeping it: the only SQL in the workspace.
//!
//! Invariant: what was answered with success is on the disk (ID1), and a change of a pipeline was
//! made from the version that it replaces (IA9). Rows are the truth; events explain them (S4).
//!
//! Each row is kept as its key, a few columns that are searched, and `body`: the whole row as JSON,
//! never queried into. There is one SQL text for SQLite and PostgreSQL; only `db`, `sqlite` and
//! `postgres` know that there are two. Every statement is a constant listed in its module's
//! `STATEMENTS`. The store knows no clock: whoever calls brings the time.

mod accounts;
mod additions;
mod artifacts;
mod attempts;
mod audit;
mod backup;
mod commits;
mod db;
mod due;
mod error;
mod events;
mod fleet;
mod hint;
mod idempotency;
mod inbox;
mod integrity;
mod load;
mod logs;
mod marks;
mod meta;
mod metrics;
mod migrations;
mod outbox;
mod pipelines;
mod plans;
mod postgres;
mod releases;
mod retention;
mod roster;
mod rows;
mod runners;
mod save;
mod schedules;
mod script;
mod signing_keys;
mod sources;
mod sqlite;
mod statements;
mod tokens;
mod users;
mod value;
mod values;
mod watches;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::broadcast;
use tokio_util::task::AbortOnDropHandle;

pub use accounts::{AccountHealth, AccountRow, EnteredBy, RegionHealth};
pub use artifacts::{ArtifactUse, StoredArtifact};
pub use attempts::{AttemptOfPipeline, Busy};
pub use audit::{AuditEntry, AuditNote};
pub use commits::{CommitPage, SourceCommit};
pub use error::Error;
pub use events::{Broken, EventFilter, FirstBad, StoredEvent};
pub use fleet::{MemberState, UpgradeMember, UpgradeRow, UpgradeState};
pub use hint::Hint;
pub use idempotency::{Begun, StoredAnswer};
pub use inbox::{InboxMessage, Received};
pub use logs::{LogChunkRow, LogEnd, LogHead, LogPlace, NewLogChunk, SealedLog, WholeLog};
pub use meta::Meta;
pub use metrics::MeasuredRows;
pub use migrations::{names as migration_names, newest_version};
pub use outbox::{DueMessage, OutboxMessage};
pub use pipelines::{ListedPipeline, Parked};
pub use releases::{ReleaseDetail, ReleaseMark};
pub use runners::{JoinToken, RunnerRow};
pub use save::{Answer, Save, Saved, Version};
pub use schedules::ScheduleRow;
pub use sources::{PullSource, Removal, RemovedFor, SourceHead, SourceRow, pull_detail};
pub use statements::Misunderstood;
pub use tokens::TokenRow;
pub use users::{ROLES, SessionRow, UserRow};
pub use values::{SecretRow, VarRow};
pub use watches::DueWatch;

use db::Db;

/// Where the data is and how it is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// `sqlite:<path of a file>` or `postgres://user@host/database`.
    pub url: String,
    /// Names this process among all that use the same database; another one after each start.
    pub server: String,
    /// Connections beside SQLite's writer; on PostgreSQL: all.
    pub readers: u32,
    /// Room kept for a full disk; SQLite only, 0: none.
    pub ballast_bytes: u64,
    /// Bring older tables to this program's version.
    pub migrate: bool,
    /// Refuse while another server uses the database, and keep others out; SQLite's is always used alone.
    pub alone: bool,
}

impl Settings {
    #[must_use]
    pub fn new(url: impl Into<String>, server: impl Into<String>) -> Self {
        Self { url: url.into(), server: server.into(), readers: 8, ballast_bytes: 16 * 1024 * 1024, migrate: true, alone: false }
    }
}

/// The database, opened. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    db: Db,
    server: String,
    hints: broadcast::Sender<Hint>,
    ballast: Option<sqlite::Ballast>,
    plans: plans::Cache,
    roster: roster::Roster,
    saves: AtomicU64,
    /// Ends with the store.
    _listening: Option<AbortOnDropHandle<()>>,
}

/// Hints that a slow listener may lag behind before it is told [`Hint::Everything`] by its own lag.
const HINTS: usize = 4096;

impl Store {
    /// Opens, checks and migrates the database (R6, R7).
    pub async fn open(settings: &Settings) -> Result<Self, Error> {
        let store = Self::connect(settings, sqlite::Mode::Serve).await?;
        store.name_instance().await?;
        if !store.is_shared() {
            store.free_claims().await?;
        }
        Ok(store)
    }

    /// Opens the database to look into it, also beside the server that uses it: nothing is locked, made, migrated
    /// or written.
    pub async fn look(settings: &Settings) -> Result<Self, Error> {
        Self::connect(&Settings { migrate: false, ballast_bytes: 0, ..settings.clone() }, sqlite::Mode::Look).await
    }

    async fn connect(settings: &Settings, mode: sqlite::Mode) -> Result<Self, Error> {
        let (hints, _) = broadcast::channel(HINTS);
        let (db, ballast, listening) = match settings.url.split(':').next() {
            Some("sqlite") => {
                let opened = sqlite::open(settings, mode).await?;
                (Db::Sqlite { readers: opened.readers, writer: opened.writer }, Some(opened.ballast), None)
            }
            Some("postgres" | "postgresql") => {
                let (pool, listening) = postgres::open(settings, hints.clone()).await?;
                (Db::Postgres { pool }, None, Some(listening))
            }
            _ => {
                return Err(Error::Refused(
                    "the database's address is not understood; expected sqlite:<path of a file> or postgres://user@host/database"
                        .to_owned(),
                ));
            }
        };
        let inner = Inner {
            db,
            server: settings.server.clone(),
            hints,
            ballast,
            plans: plans::Cache::default(),
            roster: roster::Roster::default(),
            saves: AtomicU64::new(0),
            _listening: listening,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Finishes what is being written, refuses what comes, gives the database free.
    pub async fn close(&self) {
        match &self.inner.db {
            Db::Sqlite { readers, writer } => {
                readers.close().await;
                writer.close().await;
            }
            Db::Postgres { pool } => pool.close().await,
        }
    }

    /// What was committed by this server, and on PostgreSQL by all.
    #[must_use]
    pub fn hints(&self) -> broadcast::Receiver<Hint> {
        self.inner.hints.subscribe()
    }

    /// Other servers may use the same database at the same time.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        matches!(self.inner.db, Db::Postgres { .. })
    }

    /// The clock that all servers of a shared database go by (IG1), and nobody's where there is one server.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn common_time(&self) -> Result<Option<crate::core::Time>, Error> {
        self.db().clock().await
    }

    /// Names this process, as in [`Settings::server`].
    #[must_use]
    pub fn server(&self) -> &str {
        &self.inner.server
    }

    /// The disk was full: refuse new work, but write cancels, holds and the audit trail (ID12).
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.inner.ballast.as_ref().is_some_and(sqlite::Ballast::is_dropped)
    }

    /// Looks whether there is room again; true when [`Store::is_full`] is over. Blocks for a moment.
    #[must_use]
    pub fn regain_room(&self) -> bool {
        self.inner.ballast.as_ref().is_none_or(|ballast| !ballast.is_dropped() || ballast.restore())
    }

    /// Why nothing is written any more: a write to the disk has failed, and what the disk holds is not known until the
    /// process has been started again (R6). SQLite only.
    #[must_use]
    pub fn failure(&self) -> Option<&str> {
        match &self.inner.db {
            Db::Sqlite { writer, .. } => writer.failure().detail(),
            Db::Postgres { .. } => None,
        }
    }

    /// Returns when [`Store::failure`] has an answer, which may be never.
    pub async fn failed(&self) {
        match &self.inner.db {
            Db::Sqlite { writer, .. } => writer.failure().happened().await,
            Db::Postgres { .. } => std::future::pending().await,
        }
    }

    fn db(&self) -> &Db {
        &self.inner.db
    }

    /// On PostgreSQL the database itself tells everybody, this server too.
    fn hint(&self, hint: Hint) {
        if matches!(self.inner.db, Db::Sqlite { .. }) {
            // An error says that nobody listens at the moment.
            drop(self.inner.hints.send(hint));
        }
    }

    fn next_save(&self) -> u64 {
        self.inner.saves.fetch_add(1, Ordering::Relaxed)
    }
}
