//! One server, one writer, and a disk that fails (R6).

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use engine::core::id::PipelineId;
use engine::core::row::{AttemptRow, AttemptState, ReleaseState, Row};
use engine::store::{Error, Save, Saved, Settings, Store, Version};

use crate::support::{Database, NOW, sample};

#[tokio::test]
async fn r6_a_second_server_is_refused_until_the_first_has_ended() {
    let database = Database::sqlite();
    let first = database.open().await;
    let Err(Error::Refused(reason)) = Store::open(&database.settings()).await else { panic!("a second server was let in") };
    assert!(reason.contains("another server uses") && reason.contains("PostgreSQL"), "{reason}");
    first.close().await;
    database.open().await;
}

#[tokio::test]
async fn what_a_newer_program_has_written_is_refused() {
    let database = Database::sqlite();
    database.open().await.close().await;
    let newer =
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (9999, 'later', TRUE, x'00', 0)";
    database.tamper(newer).await;
    let Err(Error::Refused(reason)) = Store::open(&database.settings()).await else { panic!("a newer database was opened") };
    assert!(reason.contains("version 9999") && reason.contains("newer program"), "{reason}");
}

#[tokio::test]
async fn older_tables_are_refused_where_migrations_are_not_allowed() {
    let database = Database::sqlite();
    let Err(Error::Refused(reason)) = Store::open(&Settings { migrate: false, ..database.settings() }).await else {
        panic!("it was opened")
    };
    assert!(reason.contains("version 0"), "{reason}");
}

#[tokio::test]
async fn a_damaged_file_is_refused_at_the_start() {
    let database = Database::sqlite();
    let store = database.open().await;
    save_some(&store, "p-1", 20).await;
    store.close().await;
    let path = file(&database);
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..].fill(0xff);
    fs::write(&path, bytes).unwrap();
    let Err(Error::Refused(reason)) = Store::open(&database.settings()).await else { panic!("a damaged database was opened") };
    assert!(reason.contains("damaged") && reason.contains("backup"), "{reason}");
}

#[tokio::test]
async fn an_address_that_is_none_says_what_was_expected() {
    for (url, expected) in
        [("mysql://x", "expected sqlite:"), ("sqlite::memory:", "keeps nothing"), ("postgres://x:y:z", "expected postgres://")]
    {
        let Err(Error::Refused(reason)) = Store::open(&Settings::new(url, "s")).await else { panic!("{url} was opened") };
        assert!(reason.contains(expected), "{url}: {reason}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r6_a_conflict_in_a_group_hurts_nobody_else() {
    let database = Database::sqlite();
    let store = database.open().await;
    let mut saves = Vec::new();
    for number in 0..40 {
        let id = PipelineId(format!("p-{number}"));
        let version = store.register_pipeline(&sample::pipeline(id.as_str(), id.as_str()), NOW).await.unwrap();
        if number % 2 == 1 {
            store.save(Save::new(&id, &version, &sample::only(vec![sample::created(1)]), NOW)).await.unwrap();
        }
        saves.push((id, version));
    }
    let saves: Vec<_> = saves
        .into_iter()
        .map(|(id, version)| {
            let store = store.clone();
            tokio::spawn(async move { store.save(Save::new(&id, &version, &sample::only(vec![sample::created(2)]), NOW)).await })
        })
        .collect();
    for (number, save) in saves.into_iter().enumerate() {
        let saved: Result<Saved, Error> = save.await.unwrap();
        if number % 2 == 1 { assert_eq!(saved, Err(Error::Conflict)) } else { assert_eq!(saved.map(|saved| saved.version.number), Ok(1)) }
    }
    assert_eq!(store.last_seq().await.unwrap(), 40);
}

#[tokio::test]
async fn a_backup_is_whole_while_the_server_goes_on() {
    let database = Database::sqlite();
    let store = database.open().await;
    let version = save_some(&store, "p-1", 5).await;
    let copy = database.folder.path().join("copy.db");
    store.backup(&copy).await.unwrap();
    assert!(matches!(store.backup(&copy).await, Err(Error::Refused(_))), "it overwrites nothing");
    save_some(&store, "p-2", 3).await;
    let restored = Store::open(&Settings::new(format!("sqlite:{}", copy.display()), "restored")).await.unwrap();
    assert_eq!(restored.version(&PipelineId::from("p-1")).await.unwrap(), version);
    assert!(restored.version(&PipelineId::from("p-2")).await.is_err());
    assert_eq!(restored.verify_chain(&PipelineId::from("p-1")).await.unwrap(), Ok(5));
}

async fn save_some(store: &Store, id: &str, count: u64) -> Version {
    let id = PipelineId::from(id);
    let mut version = store.register_pipeline(&sample::pipeline(id.as_str(), id.as_str()), NOW).await.unwrap();
    for number in 0..count {
        version = store.save(Save::new(&id, &version, &sample::only(vec![sample::created(number)]), NOW)).await.unwrap().version;
    }
    version
}

fn file(database: &Database) -> PathBuf {
    PathBuf::from(database.url.strip_prefix("sqlite:").unwrap())
}

/// Set where this test program runs itself as a process that may be killed.
const CHILD: &str = "TIDEGATE_TEST_STORE_CHILD";

#[expect(clippy::disallowed_methods, reason = "the parent process hands the path over so")]
fn child_path() -> Option<PathBuf> {
    std::env::var(CHILD).ok().map(PathBuf::from)
}

fn this_program() -> PathBuf {
    std::env::current_exe().expect("the path of this test program")
}

const ROUNDS: usize = 6;
const PIPELINES: u64 = 4;

/// kill -9 in the middle of group commits: what was acknowledged is there, and the file is sound.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn id1_acknowledged_saves_survive_kill_9() {
    if let Some(path) = child_path() {
        return save_until_killed(&path).await;
    }
    let database = Database::sqlite();
    for round in 0..ROUNDS {
        let mut child = Command::new(this_program())
            .args(["--exact", "sqlite_only::id1_acknowledged_saves_survive_kill_9", "--nocapture"])
            .env(CHILD, file(&database))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let acknowledged = kill_after(&mut child, 40 + 30 * round);
        // Opening makes SQLite recover and checks the file.
        let store = database.open().await;
        let mut events = 0;
        for number in 0..PIPELINES {
            let id = PipelineId(format!("p-{number}"));
            let version = store.version(&id).await.unwrap();
            let promised = acknowledged.get(id.as_str()).copied().unwrap_or(0);
            assert!(version.number >= promised, "round {round}: {id} was promised {promised}, but has {}", version.number);
            assert_eq!(store.verify_chain(&id).await.unwrap(), Ok(version.number), "each save has one event");
            events += version.number;
        }
        assert_eq!(store.last_seq().await.unwrap(), events, "round {round}: numbers have no gap");
        store.close().await;
    }
}

async fn save_until_killed(path: &Path) {
    let store = Store::open(&Settings::new(format!("sqlite:{}", path.display()), "child")).await.unwrap();
    let saving: Vec<_> = (0..PIPELINES)
        .map(|number| {
            let store = store.clone();
            tokio::spawn(async move {
                let id = PipelineId(format!("p-{number}"));
                if store.version(&id).await.is_err() {
                    store.register_pipeline(&sample::pipeline(id.as_str(), id.as_str()), NOW).await.unwrap();
                }
                let mut version = store.version(&id).await.unwrap();
                loop {
                    version = store.save(Save::new(&id, &version, &sample::only(vec![sample::created(1)]), NOW)).await.unwrap().version;
                    let line = format!("acknowledged {id} {}\n", version.number);
                    if std::io::stdout().write_all(line.as_bytes()).is_err() {
                        return;
                    }
                }
            })
        })
        .collect();
    for task in saving {
        task.await.unwrap();
    }
}

/// The newest version of each pipeline that the child has acknowledged before it died.
fn kill_after(child: &mut Child, count: usize) -> BTreeMap<String, u64> {
    let mut acknowledged = BTreeMap::new();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut seen = 0;
    while let Some(Ok(line)) = lines.next() {
        let Some((id, version)) = line.strip_prefix("acknowledged ").and_then(|rest| rest.split_once(' ')) else { continue };
        let Ok(version) = version.parse() else { continue };
        acknowledged.insert(id.to_owned(), version);
        seen += 1;
        if seen == count {
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    assert!(seen >= count, "the child ended by itself after {seen} saves");
    acknowledged
}

/// A disk that fails while writing: nothing is acknowledged from then on, and it says so (R6).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r6_after_a_failed_fsync_nothing_is_acknowledged() {
    if let Some(path) = child_path() {
        return save_until_the_disk_fails(&path).await;
    }
    let database = Database::sqlite();
    let folder = database.folder.path();
    let mut child = Command::new(this_program())
        .args(["--exact", "sqlite_only::r6_after_a_failed_fsync_nothing_is_acknowledged", "--nocapture"])
        .env(CHILD, file(&database))
        .env("LD_PRELOAD", failing_disk(folder))
        .env("TIDEGATE_TEST_DISK_FAILS", folder.join("disk-fails"))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut acknowledged = 0;
    let mut said = Vec::new();
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        if let Some(version) = line.strip_prefix("acknowledged ") {
            acknowledged = version.parse().unwrap();
            if acknowledged == 20 {
                fs::write(folder.join("disk-fails"), "").unwrap();
            }
        } else {
            said.push(line);
        }
    }
    assert!(child.wait().unwrap().success(), "{said:#?}");
    let story = said.join("\n");
    assert!(story.contains("refused: the disk failed while writing"), "{story}");
    assert!(story.contains("and again: the disk failed while writing"), "{story}");
    assert!(story.contains("failure: disk I/O error"), "{story}");
    let store = database.open().await;
    let found = store.version(&PipelineId::from("p-1")).await.unwrap().number;
    assert!(acknowledged >= 20 && found >= acknowledged, "{acknowledged} were acknowledged, {found} are there");
    assert_eq!(store.verify_chain(&PipelineId::from("p-1")).await.unwrap(), Ok(found));
}

async fn save_until_the_disk_fails(path: &Path) {
    let store = Store::open(&Settings::new(format!("sqlite:{}", path.display()), "child")).await.unwrap();
    let id = PipelineId::from("p-1");
    let mut version = store.register_pipeline(&sample::pipeline("p-1", "shop"), NOW).await.unwrap();
    let created = sample::only(vec![sample::created(1)]);
    let refused = loop {
        match store.save(Save::new(&id, &version, &created, NOW)).await {
            Ok(saved) => version = saved.version,
            Err(error) => break error,
        }
        println!("acknowledged {}", version.number);
    };
    println!("refused: {refused}");
    store.failed().await;
    let again = store.save(Save::new(&id, &version, &created, NOW)).await.unwrap_err();
    println!("and again: {again}");
    println!("failure: {}", store.failure().unwrap());
}

/// A library that lets every sync fail as soon as a file is there: SQLite meets what it would meet on a broken disk.
fn failing_disk(folder: &Path) -> PathBuf {
    const SOURCE: &str = r#"
        #include <errno.h>
        #include <stdlib.h>
        #include <sys/syscall.h>
        #include <unistd.h>
        static int fails(void) {
            const char *flag = getenv("TIDEGATE_TEST_DISK_FAILS");
            if (flag == NULL || access(flag, F_OK) != 0) return 0;
            errno = EIO;
            return 1;
        }
        int fsync(int file) { return fails() ? -1 : (int)syscall(SYS_fsync, file); }
        int fdatasync(int file) { return fails() ? -1 : (int)syscall(SYS_fdatasync, file); }
    "#;
    let (source, library) = (folder.join("disk.c"), folder.join("disk.so"));
    fs::write(&source, SOURCE).unwrap();
    let compiled =
        Command::new("cc").args(["-shared", "-fPIC", "-o"]).arg(&library).arg(&source).status().expect("cc, which builds SQLite too");
    assert!(compiled.success());
    library
}

/// A full disk: first the ballast goes, then saves are refused; nothing acknowledged is lost (ID12).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn id12_on_a_full_disk_the_ballast_goes_first_and_nothing_acknowledged_is_lost() {
    if let Some(path) = child_path() {
        return fill_the_disk(&path).await;
    }
    let folder = tempfile::tempdir().unwrap();
    // A small disk of its own, in a mount namespace that ends with the child; needs no privilege.
    let mut child = Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount", "sh", "-c", "mount -t tmpfs -o size=16m tmpfs \"$0\" && exec \"$@\""])
        .arg(folder.path())
        .arg(this_program())
        .args(["--exact", "sqlite_only::id12_on_a_full_disk_the_ballast_goes_first_and_nothing_acknowledged_is_lost", "--nocapture"])
        .env(CHILD, folder.path())
        .stdout(Stdio::piped())
        .spawn()
        .expect("unshare (package util-linux)");
    let mut output = String::new();
    child.stdout.take().unwrap().read_to_string(&mut output).unwrap();
    assert!(child.wait().unwrap().success() && output.contains("the disk was full and has room again"), "{output}");
}

async fn fill_the_disk(folder: &Path) {
    let filler = folder.join("filler");
    fs::write(&filler, vec![1; 4 * 1024 * 1024]).unwrap();
    let url = format!("sqlite:{}", folder.join("tidegate.db").display());
    let store = Store::open(&Settings { ballast_bytes: 2 * 1024 * 1024, ..Settings::new(url, "child") }).await.unwrap();
    let id = PipelineId::from("p-1");
    let mut version = store.register_pipeline(&sample::pipeline("p-1", "shop"), NOW).await.unwrap();
    let release = sample::rows(sample::admitted(1, ReleaseState::Moving));
    version = store.save(Save::new(&id, &version, &release, NOW)).await.unwrap().version;
    let large = |node: u64| {
        let node = u32::try_from(node).unwrap();
        let row = AttemptRow { summary: "x".repeat(64 * 1024), ..sample::attempt("p-1", 1, node, AttemptState::Queued) };
        sample::rows(vec![Row::Attempt(Box::new(row))])
    };
    assert!(!store.is_full());
    let mut after_the_ballast = 0;
    let refused = loop {
        match store.save(Save::new(&id, &version, &large(version.number), NOW)).await {
            Ok(saved) => version = saved.version,
            Err(error) => break error,
        }
        after_the_ballast += u32::from(store.is_full());
        assert!(version.number < 1_000, "a disk of 16 MiB took everything");
    };
    assert!(matches!(refused, Error::Full(_)), "{refused}");
    assert!(store.is_full() && after_the_ballast > 0, "the ballast makes room for some more saves");
    assert!(!store.regain_room(), "there is no room yet");
    assert_eq!(store.version(&id).await.unwrap(), version);
    fs::remove_file(&filler).unwrap();
    assert!(store.regain_room());
    let changes = large(version.number);
    version = store.save(Save::new(&id, &version, &changes, NOW)).await.unwrap().version;
    store.close().await;
    let again =
        Store::open(&Settings { ballast_bytes: 0, ..Settings::new(format!("sqlite:{}", folder.join("tidegate.db").display()), "again") })
            .await
            .unwrap();
    let (loaded, found) = again.load(&id).await.unwrap();
    assert_eq!((found.number, loaded.attempts.len() as u64), (version.number, version.number - 1));
    std::io::stdout().write_all(b"the disk was full and has room again\n").unwrap();
}
