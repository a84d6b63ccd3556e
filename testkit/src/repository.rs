//! A real git repository in a temporary folder.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// A repository with one branch, `main`. Removed when it is dropped.
#[derive(Debug)]
pub struct GitRepository {
    folder: TempDir,
}

impl GitRepository {
    /// An empty repository.
    #[must_use]
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let repository = Self { folder };
        repository.git(&["init", "-q", "-b", "main", "."]);
        repository
    }

    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// What a pipeline is connected to.
    #[must_use]
    pub fn url(&self) -> String {
        self.path().display().to_string()
    }

    /// Writes a file, without committing it.
    pub fn write(&self, path: &str, text: &str) -> PathBuf {
        let file = self.path().join(path);
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("create the folder");
        std::fs::write(&file, text).expect("write the file");
        file
    }

    /// Commits everything and answers the commit's id.
    pub fn commit(&self, title: &str) -> String {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", title]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// Runs git and answers what it printed.
    pub fn git(&self, arguments: &[&str]) -> String {
        let output = Command::new("git")
            .args(["-c", "user.name=Tester", "-c", "user.email=tester@localhost", "-c", "commit.gpgsign=false"])
            .args(arguments)
            .current_dir(self.path())
            .output()
            .expect("git runs");
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }
}

impl Default for GitRepository {
    fn default() -> Self {
        Self::new()
    }
}
