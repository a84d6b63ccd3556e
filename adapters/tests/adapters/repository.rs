//! A real git repository, made by the test.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

#[derive(Debug)]
pub(crate) struct TestRepository {
    pub(crate) folder: tempfile::TempDir,
}

impl TestRepository {
    pub(crate) fn new() -> Self {
        let repository = Self { folder: tempfile::tempdir().unwrap() };
        repository.git(["init", "--quiet", "--initial-branch=main"]);
        repository
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    pub(crate) fn url(&self) -> String {
        self.folder.path().to_str().unwrap().to_owned()
    }

    /// Writes the file, commits it, gives the commit's id.
    pub(crate) fn commit(&self, path: impl AsRef<Path>, text: impl AsRef<[u8]>, title: &str) -> String {
        let file = self.folder.path().join(path.as_ref());
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, text).unwrap();
        self.git([OsStr::new("add"), OsStr::new("--"), path.as_ref().as_os_str()]);
        self.git(["commit", "--quiet", "--allow-empty", "-m", title]);
        self.git(["rev-parse", "HEAD"])
    }

    pub(crate) fn git<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> String {
        let arguments: Vec<std::ffi::OsString> = arguments.into_iter().map(|one| one.as_ref().to_owned()).collect();
        let output = Command::new("git")
            .arg("-C")
            .arg(self.folder.path())
            .args(&arguments)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_AUTHOR_NAME", "Ada Writer")
            .env("GIT_AUTHOR_EMAIL", "ada@example.org")
            .env("GIT_COMMITTER_NAME", "Ada Writer")
            .env("GIT_COMMITTER_EMAIL", "ada@example.org")
            .output()
            .unwrap();
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }
}
