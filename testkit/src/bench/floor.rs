//! What the machine itself needs.

use std::fs::File;
use std::io::Write as _;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use sha2::Digest as _;
use sqlx::ConnectOptions as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};

use super::Result;
use super::stopwatch::{Stopwatch, time};

/// Two commits of one row each, one after the other, as the store's writer would make them.
pub(super) async fn pairs_of_commits(folder: &Path, count: usize) -> Result<Vec<Duration>> {
    let options = SqliteConnectOptions::new()
        .filename(folder.join("floor.db"))
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full);
    let mut connection = options.connect().await?;
    sqlx::query("CREATE TABLE row (id INTEGER PRIMARY KEY, body TEXT NOT NULL)").execute(&mut connection).await?;
    let body = "x".repeat(200);
    let mut took = Vec::with_capacity(count);
    for _ in 0..count {
        let watch = Stopwatch::start();
        for _ in 0..2 {
            sqlx::query("INSERT INTO row (body) VALUES ($1)").bind(&body).execute(&mut connection).await?;
        }
        took.push(watch.elapsed());
    }
    Ok(took)
}

/// 4 KiB in place, each forced to the disk. The file has its size before, as a WAL has that is used again: so no
/// change of its length has to be written besides.
pub(super) fn syncs(path: &Path, count: usize) -> Result<Vec<Duration>> {
    const PAGES: u64 = 1_024;
    let mut file = File::create(path)?;
    for _ in 0..PAGES {
        file.write_all(&[0; 4096])?;
    }
    file.sync_all()?;
    let mut took = Vec::with_capacity(count);
    for page in (0..PAGES).cycle().take(count) {
        let (elapsed, written) = time(|| file.write_all_at(&[7; 4096], page * 4096).and_then(|()| file.sync_data()));
        written?;
        took.push(elapsed);
    }
    Ok(took)
}

/// The same bytes `count` times: digest, new file, fdatasync.
pub(super) fn digest_and_write(folder: &Path, bytes: &[u8], count: usize) -> Result<Duration> {
    let watch = Stopwatch::start();
    for piece in 0..count {
        std::hint::black_box(sha2::Sha256::digest(bytes));
        let mut file = File::create(folder.join(piece.to_string()))?;
        file.write_all(bytes)?;
        file.sync_data()?;
    }
    Ok(watch.elapsed())
}

/// `true`, `count` times, by `at_once` threads that spawn and wait.
pub(super) fn spawns(count: usize, at_once: usize) -> Result<Duration> {
    at_once_run(count, at_once, || Command::new("true").status().map(drop))
}

/// What a runner has to start for a job of one step, and nothing else: its own program as process 1 of a namespace, and
/// the step's shell.
pub(super) fn isolated_spawns(runner: &Path, count: usize, at_once: usize) -> Result<Duration> {
    at_once_run(count, at_once, || {
        let supervisor = Command::new("unshare")
            .args(["--pid", "--fork", "--mount-proc", "--"])
            .arg(runner)
            .arg("--version")
            .stdout(Stdio::null())
            .status()?;
        let step = Command::new("sh").args(["-c", "true"]).status()?;
        if supervisor.success() && step.success() { Ok(()) } else { Err(std::io::Error::other("a namespace cannot be made here")) }
    })
}

fn at_once_run(count: usize, at_once: usize, run: impl Fn() -> std::io::Result<()> + Sync) -> Result<Duration> {
    let watch = Stopwatch::start();
    let run = &run;
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..at_once).map(|_| scope.spawn(move || (0..count / at_once).try_for_each(|_| run()))).collect();
        threads
            .into_iter()
            .try_for_each(|thread| thread.join().unwrap_or_else(|_| Err(std::io::Error::other("a spawning thread panicked"))))
    })?;
    Ok(watch.elapsed())
}

/// `ninja -j8` over `count` edges that run `true`.
pub(super) fn ninja(folder: &Path, count: usize) -> Result<Duration> {
    let mut text = "rule noop\n  command = true\n".to_owned();
    (0..count).for_each(|edge| text.push_str(&format!("build out{edge}: noop\n")));
    std::fs::write(folder.join("build.ninja"), text)?;
    timed(Command::new("ninja").args(["-j8", "--quiet"]).current_dir(folder))
}

/// `make -j8` over `count` targets that run `true`, which make starts without a shell.
pub(super) fn make(folder: &Path, count: usize) -> Result<Duration> {
    let targets: Vec<String> = (0..count).map(|target| format!("t{target}")).collect();
    let targets = targets.join(" ");
    std::fs::write(folder.join("Makefile"), format!("all: {targets}\n.PHONY: all {targets}\n{targets}:\n\t@true\n"))?;
    // A surrounding make's job server would hand out its own slots.
    timed(Command::new("make").arg("-j8").env_remove("MAKEFLAGS").env_remove("MAKELEVEL").current_dir(folder))
}

fn timed(command: &mut Command) -> Result<Duration> {
    let (elapsed, status) = time(|| command.stdout(Stdio::null()).status());
    let status = status.map_err(|error| format!("{}: {error}", command.get_program().display()))?;
    if status.success() { Ok(elapsed) } else { Err(format!("{} ended with {status}", command.get_program().display()).into()) }
}
