use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;

use protocol::Checkout;
use sha2::{Digest as _, Sha256};
use tokio::process::Command;

use crate::{clock, files};

/// Why the source is not there. The text is for the person who reads the attempt.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("{commit:?} is not a full commit id (40 or 64 hexadecimal digits)")]
    NotACommit { commit: String },
    #[error("commit {commit} was not found in {url} (it came from {reference}): was the branch rewritten, or the repository replaced?")]
    NotFound { commit: String, url: String, reference: String },
    #[error("{url} could not be fetched: {detail}")]
    Fetch { url: String, detail: String },
    #[error("the workspace could not be made from commit {commit}: {detail}")]
    Workspace { commit: String, detail: String },
    #[error("git could not be run: {0}; is it installed on this runner?")]
    Git(io::Error),
    #[error("the mirror of the repository: {0}")]
    Mirror(io::Error),
}

/// Puts exactly this commit into `workspace`, an empty folder. Objects come from a bare mirror of the
/// repository, which all jobs of this runner share and which only ever grows.
pub(super) async fn checkout(wanted: &Checkout, workdir: &Path, workspace: &Path) -> Result<(), Error> {
    let commit = wanted.commit.to_ascii_lowercase();
    if !matches!(commit.len(), 40 | 64) || !commit.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(Error::NotACommit { commit });
    }
    let git = Git { config: write_config(workdir).map_err(Error::Mirror)? };
    let mirror = mirror(workdir, &wanted.url);
    {
        let _lock = lock(&mirror).await.map_err(Error::Mirror)?;
        git.fetch(wanted, &commit, &mirror).await?;
    }
    git.fill(wanted, &commit, &mirror, workspace).await
}

/// The URL without what may be a password in it.
pub(super) fn shown_url(url: &str) -> String {
    match url::Url::parse(url) {
        Ok(mut parsed) if parsed.has_host() => {
            let _no_password = parsed.set_password(None).and_then(|()| parsed.set_username(""));
            parsed.to_string()
        }
        _ => url.to_owned(),
    }
}

struct Git {
    config: PathBuf,
}

impl Git {
    async fn fetch(&self, wanted: &Checkout, commit: &str, mirror: &Path) -> Result<(), Error> {
        if !mirror.join("HEAD").exists() {
            let made = self.run(mirror.parent(), ["init", "--quiet", "--bare", "--", &mirror.to_string_lossy()]).await?;
            require(&made).map_err(|detail| Error::Mirror(io::Error::other(detail)))?;
        }
        if self.has(mirror, commit).await? {
            return Ok(());
        }
        let exact = format!("{commit}:refs/tidegate/{commit}");
        let asked = self.fetch_refs(mirror, &wanted.url, &[&exact]).await?;
        if !asked.status.success() {
            // A server may refuse to hand out a commit by its id; then it comes with its branch.
            let all = self.fetch_refs(mirror, &wanted.url, &["+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"]).await?;
            require(&all).map_err(|detail| Error::Fetch { url: shown_url(&wanted.url), detail })?;
        }
        if !self.has(mirror, commit).await? {
            return Err(Error::NotFound { commit: commit.to_owned(), url: shown_url(&wanted.url), reference: wanted.reference.clone() });
        }
        // Packs what has gathered, and never drops an object: workspaces borrow from here.
        let tidy = ["-c", "gc.pruneExpire=never", "-c", "gc.autoDetach=false", "gc", "--auto", "--quiet"];
        self.run(Some(mirror), tidy).await.map(drop)
    }

    async fn fetch_refs(&self, mirror: &Path, url: &str, refs: &[&str]) -> Result<Output, Error> {
        let options = ["-c", "gc.auto=0", "fetch", "--quiet", "--no-tags", "--force", "--no-write-fetch-head", "--", url];
        self.run(Some(mirror), options.iter().chain(refs).copied()).await
    }

    async fn has(&self, mirror: &Path, commit: &str) -> Result<bool, Error> {
        let object = format!("{commit}^{{commit}}");
        Ok(self.run(Some(mirror), ["cat-file", "-e", object.as_str()]).await?.status.success())
    }

    async fn fill(&self, wanted: &Checkout, commit: &str, mirror: &Path, workspace: &Path) -> Result<(), Error> {
        let failed = |detail| Error::Workspace { commit: commit.to_owned(), detail };
        let made = self.run(Some(workspace), ["-c", "init.defaultBranch=main", "init", "--quiet"]).await?;
        require(&made).map_err(failed)?;
        let alternates = format!("{}\n", mirror.join("objects").display());
        std::fs::write(workspace.join(".git/objects/info/alternates"), alternates).map_err(|error| failed(error.to_string()))?;
        let url = shown_url(&wanted.url);
        require(&self.run(Some(workspace), ["remote", "add", "--", "origin", url.as_str()]).await?).map_err(failed)?;
        let checkout = ["-c", "advice.detachedHead=false", "checkout", "--quiet", "--force", "--detach", commit, "--"];
        require(&self.run(Some(workspace), checkout).await?).map_err(failed)
    }

    async fn run<'a>(&self, folder: Option<&Path>, arguments: impl IntoIterator<Item = &'a str>) -> Result<Output, Error> {
        let mut command = Command::new("git");
        command
            .args(arguments)
            .current_dir(folder.unwrap_or(Path::new("/")))
            .env("GIT_CONFIG_GLOBAL", &self.config)
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_ASKPASS", "true")
            .env("SSH_ASKPASS", "true")
            .env("LC_ALL", "C")
            .stdin(Stdio::null())
            .process_group(0)
            .kill_on_drop(true);
        if std::env::var_os("GIT_SSH_COMMAND").is_none() {
            command.env("GIT_SSH_COMMAND", "ssh -o BatchMode=yes");
        }
        command.output().await.map_err(Error::Git)
    }
}

fn require(output: &Output) -> Result<(), String> {
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stderr);
    let text = text.trim();
    Err(if text.is_empty() { output.status.to_string() } else { text.chars().take(2_000).collect() })
}

fn mirror(workdir: &Path, url: &str) -> PathBuf {
    let digest = hex::encode(Sha256::digest(url.as_bytes()));
    workdir.join("mirrors").join(format!("{}.git", digest.get(..32).unwrap_or(&digest)))
}

/// One fetch at a time into a mirror, also between runners' jobs; released when dropped.
async fn lock(mirror: &Path) -> io::Result<File> {
    let file = files::open_lock(&mirror.with_extension("lock"))?;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(std::fs::TryLockError::WouldBlock) => clock::sleep(Duration::from_millis(20)).await,
            Err(std::fs::TryLockError::Error(error)) => return Err(error),
        }
    }
}

/// git refuses repositories of other owners; a runner is told by its server what to fetch. It must be a
/// file: for a repository by path, git starts a second process and takes the variables away from it.
fn write_config(workdir: &Path) -> io::Result<PathBuf> {
    let path = workdir.join("gitconfig");
    let own = "[safe]\n\tdirectory = *\n[include]\n\tpath = ~/.gitconfig\n";
    let is_there = || std::fs::read_to_string(&path).is_ok_and(|text| text == own);
    if !is_there() {
        // Jobs that begin at the same time would take each other's half-written file away.
        let lock = files::open_lock(&path.with_extension("lock"))?;
        lock.lock()?;
        if !is_there() {
            files::write_quick(&path, own.as_bytes())?;
        }
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_in_a_url_is_not_shown() {
        assert_eq!(shown_url("https://bob:secret@example.org/a.git"), "https://example.org/a.git");
        assert_eq!(shown_url("/srv/git/a.git"), "/srv/git/a.git");
        assert_eq!(shown_url("git@example.org:a.git"), "git@example.org:a.git");
    }
}
