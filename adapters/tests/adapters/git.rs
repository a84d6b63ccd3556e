use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use adapters::git::{Git, Timeouts};
use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use engine::core::id::SourceOrder;
use engine::ports::{Head, Previous, Repository, Source, SourceError};

use crate::repository::TestRepository;
use crate::server::Server;
use crate::wait;

struct Scene {
    git: Git,
    source: TestRepository,
    mirrors: tempfile::TempDir,
}

impl Scene {
    fn new() -> Self {
        let mirrors = tempfile::tempdir().unwrap();
        Self { git: Git::new(mirrors.path().join("mirrors")).unwrap(), source: TestRepository::new(), mirrors }
    }

    fn at(&self) -> Repository {
        Repository { url: self.source.url() }
    }

    async fn head(&self, previous: Option<&Head>) -> Head {
        let previous = previous.map(admitted);
        self.git.head(&self.at(), "main", previous.as_ref()).await.unwrap()
    }
}

fn admitted(head: &Head) -> Previous {
    Previous { commit: head.revision.commit.clone(), order: head.order }
}

fn order(epoch: u64, position: u64) -> SourceOrder {
    SourceOrder { epoch, position }
}

#[tokio::test]
async fn p4_a_push_is_newer_by_the_commits_of_the_first_parent_line() {
    let scene = Scene::new();
    scene.source.commit("a", "1", "first");
    let first = scene.head(None).await;
    assert_eq!(first.order, order(0, 1));
    assert_eq!(first.revision.title, "first");
    assert_eq!(first.revision.author, "Ada Writer");
    assert_eq!(first.revision.reference, "main");
    assert!(first.revision.committed_at.0 > 1_600_000_000_000, "{:?}", first.revision.committed_at);

    scene.source.git(["checkout", "-q", "-b", "side"]);
    scene.source.commit("b", "1", "side 1");
    scene.source.commit("b", "2", "side 2");
    scene.source.git(["checkout", "-q", "main"]);
    let second = scene.source.commit("a", "2", "second");
    scene.source.git(["merge", "-q", "--no-ff", "-m", "merge side", "side"]);
    let merged = scene.head(Some(&first)).await;
    assert_eq!(merged.order, order(0, 3), "first, second, merge");

    // Told nothing of before, it finds the same place.
    assert_eq!(scene.head(None).await, merged);

    let carried = scene.git.commits(&scene.at(), Some(&first.revision.commit), &merged.revision.commit, 100).await.unwrap();
    let titles: Vec<&str> = carried.iter().map(|commit| commit.title.as_str()).collect();
    assert_eq!(titles[0], "merge side");
    assert_eq!(titles.len(), 4, "{titles:?}");
    let place = |title: &str| titles.iter().position(|one| *one == title).unwrap();
    assert!(place("side 2") < place("side 1"), "none before what it was made from: {titles:?}");
    assert!(carried.iter().any(|commit| commit.id == second && commit.author_email == "ada@example.org"), "{carried:?}");
}

#[tokio::test]
async fn p4_a_merge_that_turns_the_first_parent_line_around_is_still_newer() {
    let scene = Scene::new();
    scene.source.commit("a", "1", "one");
    scene.source.git(["branch", "side"]);
    for n in 2..=5 {
        scene.source.commit("a", n.to_string(), "more");
    }
    let before = scene.head(None).await;
    assert_eq!(before.order, order(0, 5));
    scene.source.git(["checkout", "-q", "side"]);
    scene.source.git(["merge", "-q", "--no-ff", "-m", "merge main into side", "main"]);
    scene.source.git(["branch", "-f", "main", "side"]);
    let after = scene.head(Some(&before)).await;
    // Its own first-parent line has two commits only.
    assert!(after.order > before.order, "{:?} after {:?}", after.order, before.order);
    assert_eq!(after.order.epoch, 0);
}

#[tokio::test]
async fn p4_a_forced_push_starts_an_epoch_and_the_old_history_stays_readable() {
    let scene = Scene::new();
    scene.source.commit("a", "1", "one");
    scene.source.commit("a", "2", "two");
    let dropped = scene.source.commit("lost", "kept", "three");
    let before = scene.head(None).await;
    scene.source.git(["reset", "-q", "--hard", "HEAD~2"]);
    scene.source.commit("a", "other", "other");
    // The source forgets for good.
    scene.source.git(["reflog", "expire", "--expire=now", "--all"]);
    scene.source.git(["gc", "-q", "--prune=now"]);
    let after = scene.head(Some(&before)).await;
    assert_eq!(after.order, order(1, 2));
    assert!(after.order > before.order);
    assert_eq!(scene.git.file(&scene.at(), &dropped, "lost").await.unwrap().as_deref(), Some(b"kept".as_slice()));

    // The same commit again is where it was, also when history goes on.
    assert_eq!(scene.head(Some(&after)).await.order, order(1, 2));
    scene.source.commit("a", "next", "next");
    assert_eq!(scene.head(Some(&after)).await.order, order(1, 3));

    // A server that never saw the old history comes to the same epoch.
    let other = tempfile::tempdir().unwrap();
    let fresh = Git::new(other.path().to_owned()).unwrap();
    assert_eq!(fresh.head(&scene.at(), "main", Some(&admitted(&before))).await.unwrap().order, order(1, 3));
    let error = fresh.file(&scene.at(), &dropped, "lost").await.unwrap_err();
    assert!(matches!(error, SourceError::NoCommit { .. }), "{error:?}");
}

#[tokio::test]
async fn going_back_to_an_older_commit_is_a_forced_push() {
    let scene = Scene::new();
    scene.source.commit("a", "1", "one");
    scene.source.commit("a", "2", "two");
    let before = scene.head(None).await;
    scene.source.git(["reset", "-q", "--hard", "HEAD~1"]);
    assert_eq!(scene.head(Some(&before)).await.order, order(1, 1));
}

#[tokio::test]
async fn a_deleted_branch_and_a_missing_one_are_no_branch() {
    let scene = Scene::new();
    let none = scene.git.head(&scene.at(), "main", None).await.unwrap_err();
    assert!(matches!(none, SourceError::NoBranch { .. }), "an empty repository: {none:?}");
    scene.source.commit("a", "1", "one");
    scene.source.git(["branch", "side"]);
    scene.git.head(&scene.at(), "side", None).await.unwrap();
    scene.source.git(["branch", "-q", "-D", "side"]);
    let error = scene.git.head(&scene.at(), "side", None).await.unwrap_err();
    assert_eq!(error.to_string(), format!("there is no branch \"side\" in {}", scene.source.url()));
    // Once a folder of branches, the name of the deleted one is free.
    scene.source.git(["branch", "side/door"]);
    scene.git.head(&scene.at(), "side/door", None).await.unwrap();
    for name in ["", "-x", "a..b", "a b", "main:other", "*", "x.lock", "/a", "@{1}"] {
        let error = scene.git.head(&scene.at(), name, None).await.unwrap_err();
        assert!(matches!(error, SourceError::NoBranch { .. }), "{name:?}: {error:?}");
    }
}

#[tokio::test]
async fn only_the_branch_of_that_very_name_counts() {
    let scene = Scene::new();
    scene.source.commit("a", "1", "one");
    let here = scene.head(None).await;
    scene.source.git(["checkout", "-q", "-b", "refs/heads/main"]);
    scene.source.commit("a", "2", "decoy");
    scene.source.git(["tag", "main"]);
    assert_eq!(scene.head(None).await.revision.commit, here.revision.commit);
}

#[tokio::test]
async fn a_repository_that_is_gone_is_unreachable_and_its_mirror_still_answers() {
    let scene = Scene::new();
    let commit = scene.source.commit("a", "1", "one");
    scene.head(None).await;
    let away = scene.source.path().with_extension("away");
    std::fs::rename(scene.source.path(), &away).unwrap();
    let error = scene.git.head(&scene.at(), "main", None).await.unwrap_err();
    let SourceError::Unreachable { detail, .. } = &error else { panic!("{error:?}") };
    assert!(detail.contains("does not appear to be a git repository") || detail.contains("does not exist"), "{detail}");
    assert_eq!(scene.git.file(&scene.at(), &commit, "a").await.unwrap().as_deref(), Some(b"1".as_slice()));
    std::fs::rename(&away, scene.source.path()).unwrap();
    scene.head(None).await;
}

#[tokio::test]
async fn addresses_that_would_run_programs_are_refused() {
    let scene = Scene::new();
    let mark = scene.source.path().join("mark");
    for url in [format!("ext::touch {}", mark.display()), format!("--upload-pack=touch {}", mark.display())] {
        let error = scene.git.head(&Repository { url }, "main", None).await.unwrap_err();
        assert!(matches!(error, SourceError::Refused { .. }), "{error:?}");
    }
    assert!(!mark.exists());
}

#[tokio::test]
async fn hooks_of_a_source_never_run() {
    let scene = Scene::new();
    let mark = scene.source.path().join("mark");
    for hook in ["post-checkout", "reference-transaction", "post-update", "pre-auto-gc", "post-receive"] {
        let file = scene.source.path().join(".git/hooks").join(hook);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, format!("#!/bin/sh\ntouch {}\n", mark.display())).unwrap();
    }
    scene.source.commit("a", "1", "one");
    for hook in std::fs::read_dir(scene.source.path().join(".git/hooks")).unwrap() {
        std::fs::set_permissions(hook.unwrap().path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    scene.head(None).await;
    assert!(!mark.exists(), "a hook of the source ran on the server");
}

#[tokio::test]
async fn files_are_read_at_a_commit() {
    let scene = Scene::new();
    let old = scene.source.commit(".tidegate/pipeline.yaml", "name: a\n", "one");
    scene.source.commit("docs/readme", "x", "two");
    std::os::unix::fs::symlink("pipeline.yaml", scene.source.path().join(".tidegate/link.yaml")).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", scene.source.path().join(".tidegate/out.yaml")).unwrap();
    scene.source.git(["add", "."]);
    let new = scene.source.commit(".tidegate/pipeline.yaml", [0xff, 0, b'\n', 0xfe], "three");
    let at = scene.at();
    let read = async |commit: &str, path: &str| scene.git.file(&at, commit, path).await.unwrap().map(|bytes| bytes.to_vec());

    assert_eq!(read(&old, ".tidegate/pipeline.yaml").await.as_deref(), Some(b"name: a\n".as_slice()));
    assert_eq!(read(&new, "./.tidegate//pipeline.yaml").await.as_deref(), Some([0xff, 0, b'\n', 0xfe].as_slice()));
    assert_eq!(read(&new, ".tidegate/link.yaml").await.as_deref(), Some([0xff, 0, b'\n', 0xfe].as_slice()));
    for nothing in ["docs", "missing", "", "../docs/readme", "/docs/readme", "docs/readme/x", "a b blob 3"] {
        assert_eq!(read(&new, nothing).await, None, "{nothing:?}");
    }
    let error = scene.git.file(&at, &new, ".tidegate/out.yaml").await.unwrap_err();
    assert!(matches!(&error, SourceError::Malformed { detail, .. } if detail.contains("leaves the repository")), "{error:?}");
    let error = scene.git.file(&at, &"0".repeat(40), "docs/readme").await.unwrap_err();
    assert!(matches!(error, SourceError::NoCommit { .. }), "{error:?}");
    let error = scene.git.file(&at, "HEAD", "docs/readme").await.unwrap_err();
    assert!(matches!(error, SourceError::NoCommit { .. }), "{error:?}");

    assert_eq!(
        scene.git.files(&at, &new, ".tidegate/").await.unwrap(),
        [".tidegate/link.yaml", ".tidegate/out.yaml", ".tidegate/pipeline.yaml"]
    );
    assert_eq!(scene.git.files(&at, &new, "").await.unwrap().len(), 4);
    assert_eq!(scene.git.files(&at, &new, "nowhere").await.unwrap(), [""; 0]);
    assert_eq!(scene.git.files(&at, &new, "../x").await.unwrap(), [""; 0]);
}

#[tokio::test]
async fn unusual_names_and_encodings_are_shown_as_well_as_they_can_be() {
    let scene = Scene::new();
    let from = scene.source.commit("plain", "1", "one");
    let names: [&[u8]; 6] = [b"with space", "schöne\nzeile".as_bytes(), b"tab\there", b"\"quoted\"", b":(top)magic*", b"latin-\xe9"];
    for name in names {
        scene.source.commit(Path::new("odd").join(OsStr::from_bytes(name)), "x", "odd");
    }
    let to = scene.source.git(["rev-parse", "HEAD"]);
    let at = scene.at();
    let mut expected = ["odd/with space", "odd/schöne\nzeile", "odd/tab\there", "odd/\"quoted\"", "odd/:(top)magic*", "odd/latin-\u{fffd}"];
    expected.sort_unstable();
    let mut changed = scene.git.changed_paths(&at, &from, &to).await.unwrap();
    changed.sort_unstable();
    assert_eq!(changed, expected);
    let mut listed = scene.git.files(&at, &to, "odd").await.unwrap();
    listed.sort_unstable();
    assert_eq!(listed, expected);
    assert!(scene.git.file(&at, &to, "odd/schöne\nzeile").await.unwrap().is_some());
    assert!(scene.git.file(&at, &to, "odd/:(top)magic*").await.unwrap().is_some());

    scene.source.git(["-c", "i18n.commitEncoding=latin1", "commit", "-q", "--allow-empty", "-m", "caf\u{e9} \u{1f30a}"]);
    scene.source.git(["commit", "-q", "--allow-empty", "--allow-empty-message", "-m", ""]);
    let tip = scene.source.git(["rev-parse", "HEAD"]);
    let commits = scene.git.commits(&at, None, &tip, 2).await.unwrap();
    // The mirror has not met the new commit on a poll; it is brought by its id.
    assert_eq!(commits.len(), 2);
    assert_eq!(commits[0].title, "");
    assert!(commits[1].title.starts_with("caf"), "{:?}", commits[1].title);
}

#[tokio::test]
async fn a_deleted_and_a_renamed_file_are_changed_paths() {
    let scene = Scene::new();
    scene.source.commit("gone", "1", "one");
    let from = scene.source.commit("old", "a long enough text to be found again", "two");
    scene.source.git(["rm", "-q", "gone"]);
    scene.source.git(["mv", "old", "new"]);
    scene.source.git(["commit", "-q", "-m", "three"]);
    let to = scene.source.git(["rev-parse", "HEAD"]);
    let at = scene.at();
    assert_eq!(scene.git.changed_paths(&at, &from, &to).await.unwrap(), ["gone", "new", "old"]);
    assert_eq!(scene.git.changed_paths(&at, &to, &to).await.unwrap(), [""; 0]);
}

#[tokio::test]
async fn a_repository_with_sha_256_ids_is_read_too() {
    let mirrors = tempfile::tempdir().unwrap();
    let git = Git::new(mirrors.path().to_owned()).unwrap();
    let source = TestRepository { folder: tempfile::tempdir().unwrap() };
    source.git(["init", "--quiet", "--initial-branch=main", "--object-format=sha256"]);
    let commit = source.commit("a", "1", "one");
    let at = Repository { url: source.url() };
    assert_eq!(git.head(&at, "main", None).await.unwrap().revision.commit, commit);
    assert_eq!(commit.len(), 64);
    assert!(git.file(&at, &commit, "a").await.unwrap().is_some());
}

/// A `git` that notes what it is asked, so that a test can count.
fn noting_git(folder: &Path, before: &str) -> (std::path::PathBuf, std::path::PathBuf) {
    let (program, notes) = (folder.join("git"), folder.join("notes"));
    let script = format!("#!/bin/sh\necho \"$*\" >> {}\n{before}\nexec git \"$@\"\n", notes.display());
    std::fs::write(&program, script).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    (program, notes)
}

#[tokio::test(flavor = "multi_thread")]
async fn callers_at_the_same_time_share_one_fetch() {
    let folder = tempfile::tempdir().unwrap();
    let (program, notes) = noting_git(folder.path(), "");
    let git = Arc::new(Git::with_program(folder.path().join("mirrors"), program, Timeouts::default()).unwrap());
    let source = TestRepository::new();
    let commit = source.commit("a", "1", "one");
    let at = Repository { url: source.url() };
    let callers = (0..12).map(|n| {
        let (git, at, commit) = (Arc::clone(&git), at.clone(), commit.clone());
        tokio::spawn(async move {
            if n % 2 == 0 {
                git.head(&at, "main", None).await.map(|head| head.revision.commit)
            } else {
                git.commits(&at, None, &commit, 1).await.map(|commits| commits[0].id.clone())
            }
        })
    });
    for caller in futures::future::join_all(callers).await {
        assert_eq!(caller.unwrap().unwrap(), commit);
    }
    let notes = std::fs::read_to_string(notes).unwrap();
    assert_eq!(notes.lines().filter(|line| line.contains(" fetch ")).count(), 1, "{notes}");
}

#[tokio::test]
async fn a_git_that_hangs_is_killed_with_its_children() {
    let folder = tempfile::tempdir().unwrap();
    let pids = folder.path().join("pids");
    let (program, _) = noting_git(folder.path(), &format!("sleep 1000 & echo $! > {}; wait", pids.display()));
    let timeouts = Timeouts { ask: Duration::from_millis(300), ..Timeouts::default() };
    let git = Git::with_program(folder.path().join("mirrors"), program, timeouts).unwrap();
    let source = TestRepository::new();
    let error = git.head(&Repository { url: source.url() }, "main", None).await.unwrap_err();
    assert_eq!(error.to_string(), format!("{} cannot be read: git took longer than 300 ms", source.url()));
    let child = std::fs::read_to_string(pids).unwrap();
    wait::until_ended(child.trim()).await;
}

#[tokio::test]
async fn an_unchanged_head_is_cheap_to_ask_for() {
    let folder = tempfile::tempdir().unwrap();
    let (program, notes) = noting_git(folder.path(), "");
    let git = Git::with_program(folder.path().join("mirrors"), program, Timeouts::default()).unwrap();
    let source = TestRepository::new();
    source.commit("a", "1", "one");
    let at = Repository { url: source.url() };
    let first = git.head(&at, "main", None).await.unwrap();
    std::fs::write(&notes, "").unwrap();
    for _ in 0..5 {
        assert_eq!(git.head(&at, "main", Some(&admitted(&first))).await.unwrap(), first);
    }
    let notes = std::fs::read_to_string(notes).unwrap();
    let asked: Vec<&str> = notes.lines().filter(|line| !line.contains(" gc ")).collect();
    assert_eq!(asked.len(), 5, "one process for each poll: {asked:#?}");
    assert!(asked.iter().all(|line| line.starts_with("ls-remote ")), "{asked:#?}");
}

/// What a git leaves that was killed while it fetched, long ago and just now.
#[tokio::test]
async fn what_a_killed_git_left_behind_stops_no_later_fetch() {
    let scene = Scene::new();
    scene.source.commit("a", "1", "one");
    scene.head(None).await;
    let mirrors = std::fs::read_dir(scene.mirrors.path().join("mirrors")).unwrap();
    let mirror = mirrors.map(|entry| entry.unwrap().path()).find(|path| path.extension() == Some(OsStr::new("git"))).unwrap();
    let branch = std::fs::read_dir(mirror.join("refs/branch")).unwrap().next().unwrap().unwrap().path();
    let long_ago = SystemTime::UNIX_EPOCH;
    let (lock, half, young) =
        (branch.with_extension("lock"), mirror.join("objects/pack/tmp_pack_old"), mirror.join("objects/pack/tmp_pack_young"));
    for (file, written) in [(&lock, Some(long_ago)), (&half, Some(long_ago)), (&young, None)] {
        let made = std::fs::File::create(file).unwrap();
        if let Some(written) = written {
            made.set_modified(written).unwrap();
        }
    }
    let second = scene.source.commit("a", "2", "two");
    assert_eq!(scene.head(None).await.revision.commit, second);
    assert!(!lock.exists() && !half.exists());
    assert!(young.exists(), "what was just written may be somebody's work");
}

#[tokio::test]
async fn a_mirror_that_was_removed_is_made_again() {
    let scene = Scene::new();
    let commit = scene.source.commit("a", "1", "one");
    let before = scene.head(None).await;
    for entry in std::fs::read_dir(scene.mirrors.path().join("mirrors")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            // Packing may still be writing there.
            wait::until("the mirror to be removed", async || std::fs::remove_dir_all(&path).ok()).await;
        }
    }
    assert_eq!(scene.head(Some(&before)).await, before);
    assert!(scene.git.file(&scene.at(), &commit, "a").await.unwrap().is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_asks_for_a_password_is_unreachable_and_ours_is_never_shown() {
    let asks = async || (StatusCode::UNAUTHORIZED, [("www-authenticate", "Basic realm=\"git\"")], "no");
    let hangs = async || futures::future::pending::<()>().await;
    let router = Router::new().route("/orders.git/info/refs", get(asks)).route("/slow.git/info/refs", get(hangs));
    let server = Server::start(router).await;
    let folder = tempfile::tempdir().unwrap();
    let timeouts = Timeouts { ask: Duration::from_secs(1), ..Timeouts::default() };
    let git = Git::with_program(folder.path().to_owned(), "git".into(), timeouts).unwrap();
    for login in ["", "bot:hunter22@", "hunter22@"] {
        let at = Repository { url: format!("http://{login}{}/orders.git", server.address) };
        let error = git.head(&at, "main", None).await.unwrap_err();
        assert!(matches!(error, SourceError::Unreachable { .. }), "{error:?}");
        assert!(!format!("{error:?}").contains("hunter22"), "{error:?}");
        assert!(!error.to_string().contains("longer than"), "it waits for nobody to type: {error}");
    }
    let error = git.head(&Repository { url: server.url("/missing.git") }, "main", None).await.unwrap_err();
    assert!(error.to_string().contains("not found"), "{error}");
    let error = git.head(&Repository { url: server.url("/slow.git") }, "main", None).await.unwrap_err();
    assert!(error.to_string().ends_with("git took longer than 1000 ms"), "{error}");
}
