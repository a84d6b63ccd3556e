//! SQLite: one process, one writer that commits in groups, many readers (R6).

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::str::FromStr as _;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions as _, SqlitePool};

use super::{Error, Settings, migrations};

mod ballast;
mod writer;
mod writing;

pub(super) use ballast::Ballast;
pub(super) use writer::Writer;
pub(super) use writing::Writing;

/// SQLite 3.7.0 to 3.51.2 can lose a commit when two checkpoints race (R6).
const OLDEST_VERSION: (u32, u32, u32) = (3, 51, 3);

/// How long a statement waits for another process, such as a backup.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// Prepared statements that a connection keeps.
const STATEMENT_CACHE: usize = 512;

/// An opened database file.
#[derive(Debug)]
pub(super) struct Opened {
    pub readers: SqlitePool,
    pub writer: Writer,
    pub ballast: Ballast,
}

/// What the file is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// As the only server.
    Serve,
    /// Beside the server, if one runs.
    Look,
}

/// Locks, checks and migrates the file, then starts the writer. Whoever only looks neither locks nor writes.
pub(super) async fn open(settings: &Settings, mode: Mode) -> Result<Opened, Error> {
    let options = match mode {
        Mode::Serve => options(&settings.url, mode)?,
        Mode::Look => options(&settings.url, mode)?.pragma("query_only", "ON"),
    };
    let path = options.get_filename().to_owned();
    let lock = match mode {
        Mode::Serve => lock(&path)?,
        Mode::Look => File::open(&path).map_err(|error| Error::Refused(format!("{} cannot be opened: {error}", path.display())))?,
    };
    let ballast = Ballast::lay(beside(&path, "ballast"), settings.ballast_bytes);
    let mut connection = options.connect().await.map_err(|error| unusable(&path, &error))?;
    check(&path, &mut connection).await?;
    migrations::run_sqlite(&mut connection, settings.migrate).await?;
    let readers = SqlitePoolOptions::new()
        .max_connections(settings.readers.max(1))
        // A connection to a file does not break; asking it first would wake its thread once more for each statement.
        .test_before_acquire(false)
        .connect_with(options.pragma("query_only", "ON"))
        .await
        .map_err(|error| unusable(&path, &error))?;
    Ok(Opened { readers, writer: Writer::start(connection, ballast.clone(), lock), ballast })
}

fn options(url: &str, mode: Mode) -> Result<SqliteConnectOptions, Error> {
    let options = SqliteConnectOptions::from_str(url)
        .map_err(|error| Error::Refused(format!("{url:?} is no SQLite database: {error}; expected sqlite:<path of a file>")))?;
    if url.contains(":memory:") {
        return Err(Error::Refused("a database in memory keeps nothing; expected sqlite:<path of a file>".to_owned()));
    }
    if let Some(folder) = options.get_filename().parent().filter(|folder| mode == Mode::Serve && !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder).map_err(|error| Error::Refused(format!("the folder {} cannot be made: {error}", folder.display())))?;
    }
    Ok(options
        .create_if_missing(mode == Mode::Serve)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT)
        .statement_cache_capacity(STATEMENT_CACHE)
        .pragma("trusted_schema", "OFF")
        .pragma("temp_store", "MEMORY")
        .pragma("journal_size_limit", "67108864")
        .pragma("cache_size", "-16384"))
}

/// `<database>.<suffix>`
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    PathBuf::from(name)
}

/// An operating-system lock that goes with the process, however it ends.
fn lock(path: &Path) -> Result<File, Error> {
    let lock_path = beside(path, "lock");
    let file = File::options()
        .create(true)
        .write(true)
        .truncate(false)
        .open(&lock_path)
        .map_err(|error| Error::Refused(format!("{} cannot be opened: {error}", lock_path.display())))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => Err(Error::Refused(format!(
            "another server uses {} already (it holds {}); SQLite serves one server only: end the other one, or use PostgreSQL",
            path.display(),
            lock_path.display()
        ))),
        Err(fs::TryLockError::Error(error)) => Err(Error::Refused(format!("{} cannot be locked: {error}", lock_path.display()))),
    }
}

async fn check(path: &Path, connection: &mut SqliteConnection) -> Result<(), Error> {
    let version: String = sqlx::query_scalar(VERSION).fetch_one(&mut *connection).await?;
    let mut parts = version.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    let found = (parts.next().unwrap_or(0), parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    if found < OLDEST_VERSION {
        let (major, minor, patch) = OLDEST_VERSION;
        return Err(Error::Refused(format!("SQLite {version} may lose commits; this program needs {major}.{minor}.{patch} or newer")));
    }
    let synchronous: i64 = sqlx::query_scalar(SYNCHRONOUS).fetch_one(&mut *connection).await?;
    let journal_mode: String = sqlx::query_scalar(JOURNAL_MODE).fetch_one(&mut *connection).await?;
    if synchronous != FULL || journal_mode != "wal" {
        return Err(Error::Refused(format!(
            "{} is in journal mode {journal_mode} with synchronous={synchronous}; an acknowledged write is only safe in mode wal with synchronous={FULL}",
            path.display()
        )));
    }
    let findings: Vec<String> =
        sqlx::query_scalar(QUICK_CHECK).fetch_all(&mut *connection).await.map_err(|error| unusable(path, &error))?;
    if findings != ["ok"] {
        return Err(damaged(path, &findings.join("; ")));
    }
    Ok(())
}

const VERSION: &str = "SELECT sqlite_version()";
/// What SQLite answers for `FULL`: a commit has been forced to the disk when it returns.
const FULL: i64 = 2;
const SYNCHRONOUS: &str = "PRAGMA synchronous";
const JOURNAL_MODE: &str = "PRAGMA journal_mode";
const QUICK_CHECK: &str = "PRAGMA quick_check(20)";

fn damaged(path: &Path, detail: &str) -> Error {
    Error::Refused(format!("{} is damaged: {detail}; restore a backup of it", path.display()))
}

fn unusable(path: &Path, error: &sqlx::Error) -> Error {
    match error.as_database_error().and_then(|error| error.code()).as_deref() {
        Some("11" | "26") => damaged(path, &error.to_string()),
        _ => Error::Refused(format!("{} cannot be opened: {error}", path.display())),
    }
}
