use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use engine::ports::{Commit, Forge, SourceError};
use sha2::{Digest, Sha256};
use tokio::sync::MutexGuard;

use super::address::Address;
use super::command::Program;
use super::litter;
use crate::process::Output;

/// How long packing the mirror may take, in the background.
const PACK_TIMEOUT: Duration = Duration::from_secs(30 * 60);

/// A bare copy of one repository that only grows.
///
/// Branches stand under `refs/branch/<digest of the name>`, so that no name can clash with another; heads that a forced
/// push dropped stand under `refs/kept/`.
#[derive(Debug)]
pub(super) struct Mirror {
    address: Address,
    folder: PathBuf,
    lock_file: PathBuf,
    pub(super) program: Arc<Program>,
    forges: Arc<[Arc<dyn Forge>]>,
    /// Held by whoever changes the mirror, before the lock file.
    changing: tokio::sync::Mutex<()>,
    /// The newest commit read, by id; spares an unchanged poll one process.
    pub(super) newest: Mutex<BTreeMap<String, Commit>>,
}

/// The right to change the mirror, against this process and others.
struct Change<'a> {
    _task: MutexGuard<'a, ()>,
    /// Closing it unlocks.
    _process: File,
}

impl Mirror {
    pub(super) fn new(folder: &Path, address: Address, program: Arc<Program>, forges: Arc<[Arc<dyn Forge>]>) -> Self {
        let name = address.digest();
        Self {
            folder: folder.join(format!("{name}.git")),
            lock_file: folder.join(format!("{name}.lock")),
            address,
            program,
            forges,
            changing: tokio::sync::Mutex::default(),
            newest: Mutex::default(),
        }
    }

    pub(super) fn address(&self) -> &Address {
        &self.address
    }

    /// The commit that `branch` has at its source now; it is in the mirror afterwards.
    pub(super) async fn bring_branch(&self, branch: &str) -> Result<String, SourceError> {
        let reference = self.reference(branch)?;
        let head = self.ask(&reference, branch).await?;
        if self.holds(&head).await? {
            return Ok(head);
        }
        let change = self.change().await?;
        // Whoever waited for another's fetch finds here what that one brought.
        if self.holds(&head).await? {
            return Ok(head);
        }
        self.make(&head).await?;
        let own = format!("refs/branch/{}", hex::encode(Sha256::digest(branch.as_bytes())));
        let before = self.resolve(&own).await?;
        self.fetch(&format!("+{reference}:{own}"), Some(branch)).await?;
        let Some(now) = self.resolve(&own).await? else { return Err(self.no_branch(branch)) };
        if let Some(before) = before
            && !self.is_ancestor(&before, &now).await?
        {
            self.keep(&before).await?;
        }
        drop(change);
        self.pack_later();
        Ok(now)
    }

    /// Makes sure that a commit is in the mirror.
    pub(super) async fn bring_commit(&self, commit: &str) -> Result<(), SourceError> {
        if !is_full_id(commit) {
            return Err(self.no_commit(commit));
        }
        if self.holds(commit).await? {
            return Ok(());
        }
        let change = self.change().await?;
        if self.holds(commit).await? {
            return Ok(());
        }
        self.make(commit).await?;
        self.fetch("+refs/heads/*:refs/all/*", None).await?;
        if !self.holds(commit).await? {
            // Not on any branch: sources that allow it hand out a commit by its id.
            match self.fetch(&format!("+{commit}:refs/kept/{commit}"), None).await {
                Ok(()) | Err(SourceError::Unreachable { .. }) if !self.holds(commit).await? => return Err(self.no_commit(commit)),
                other => other?,
            }
        }
        drop(change);
        self.pack_later();
        Ok(())
    }

    /// Whether `older` is `newer` or came before it. A commit that the mirror never saw did not.
    pub(super) async fn is_ancestor(&self, older: &str, newer: &str) -> Result<bool, SourceError> {
        if !is_full_id(older) || !self.holds(older).await? {
            return Ok(false);
        }
        let output = self.git(&["merge-base", "--is-ancestor", older, newer], b"").await?;
        match output.status.code() {
            Some(0) => Ok(true),
            Some(1) => Ok(false),
            _ => Err(self.malformed(&output)),
        }
    }

    /// The newest commit that both carry.
    pub(super) async fn parted(&self, one: &str, other: &str) -> Result<Option<String>, SourceError> {
        let output = self.git(&["merge-base", "--end-of-options", one, other], b"").await?;
        match output.status.code() {
            Some(0) => Ok(Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())),
            Some(1) => Ok(None),
            _ => Err(self.malformed(&output)),
        }
    }

    /// Runs git in the mirror.
    pub(super) async fn git(&self, arguments: &[&str], input: &[u8]) -> Result<Output, SourceError> {
        self.git_within(arguments, input, self.program.timeouts.read).await
    }

    /// As [`Mirror::git`], with success expected and the output whole.
    pub(super) async fn question(&self, arguments: &[&str], input: &[u8]) -> Result<Vec<u8>, SourceError> {
        let output = self.git(arguments, input).await?;
        if output.cut {
            let detail = format!("git {} printed more than can be read", arguments.first().unwrap_or(&""));
            return Err(SourceError::Malformed { url: self.address.shown().to_owned(), detail });
        }
        if output.status.success() { Ok(output.stdout) } else { Err(self.malformed(&output)) }
    }

    pub(super) fn remember(&self, commit: &Commit) {
        let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        // A few branches are polled; what is not polled any more need not stay.
        if newest.len() >= 64 {
            newest.clear();
        }
        newest.insert(commit.id.clone(), commit.clone());
    }

    pub(super) fn remembered(&self, commit: &str) -> Option<Commit> {
        self.newest.lock().unwrap_or_else(PoisonError::into_inner).get(commit).cloned()
    }

    pub(super) fn no_commit(&self, commit: &str) -> SourceError {
        SourceError::NoCommit { url: self.address.shown().to_owned(), commit: commit.to_owned() }
    }

    pub(super) fn malformed_text(&self, detail: impl Into<String>) -> SourceError {
        SourceError::Malformed { url: self.address.shown().to_owned(), detail: detail.into() }
    }

    fn malformed(&self, output: &Output) -> SourceError {
        self.malformed_text(self.said(output))
    }

    /// What the source says that the branch is at, without fetching.
    async fn ask(&self, reference: &str, branch: &str) -> Result<String, SourceError> {
        let arguments = ["ls-remote", "--exit-code", "--quiet", "--", self.address.text(), reference];
        let (output, note) = self.at_source(&arguments, self.program.timeouts.ask).await?;
        match output.status.code() {
            Some(0) => {}
            Some(2) => return Err(self.no_branch(branch)),
            _ => return Err(self.unreachable(self.said(&output) + &note)),
        }
        // A pattern also matches the tail of longer names.
        let text = String::from_utf8_lossy(&output.stdout);
        let head = text.lines().filter_map(|line| line.split_once('\t')).find(|(_, name)| *name == reference);
        let Some((commit, _)) = head else { return Err(self.no_branch(branch)) };
        if is_full_id(commit) { Ok(commit.to_owned()) } else { Err(self.malformed_text(format!("{commit:?} is no commit id"))) }
    }

    async fn fetch(&self, refspec: &str, branch: Option<&str>) -> Result<(), SourceError> {
        let folder = self.folder.to_string_lossy();
        let arguments = [
            "--git-dir",
            &folder,
            "fetch",
            "--quiet",
            "--no-tags",
            "--prune",
            "--no-write-fetch-head",
            "--no-auto-maintenance",
            "--",
            self.address.text(),
            refspec,
        ];
        let (output, note) = self.at_source(&arguments, self.program.timeouts.fetch).await?;
        if output.status.success() {
            return Ok(());
        }
        let said = self.said(&output) + &note;
        match branch {
            Some(branch) if said.contains("couldn't find remote ref") => Err(self.no_branch(branch)),
            _ => Err(self.unreachable(said)),
        }
    }

    async fn change(&self) -> Result<Change<'_>, SourceError> {
        let task = self.changing.lock().await;
        let path = self.lock_file.clone();
        let locked = tokio::task::spawn_blocking(move || {
            let file = File::create(path)?;
            file.lock()?;
            Ok::<_, std::io::Error>(file)
        });
        let process = match locked.await {
            Ok(Ok(file)) => file,
            Ok(Err(error)) => return Err(self.unreachable(format!("its mirror cannot be locked: {error}"))),
            Err(error) => return Err(self.unreachable(format!("its mirror cannot be locked: {error}"))),
        };
        Ok(Change { _task: task, _process: process })
    }

    /// An empty repository whose ids are as long as `example`; one that is there is swept.
    async fn make(&self, example: &str) -> Result<(), SourceError> {
        if self.is_made() {
            // Nothing that is younger is touched: a git that outlived its server may still be at it.
            let age = self.program.timeouts.fetch.max(PACK_TIMEOUT) + Duration::from_secs(60);
            return match litter::sweep(self.folder.clone(), age).await {
                Ok(()) => Ok(()),
                Err(error) => Err(self.unreachable(format!("its mirror cannot be swept: {error}"))),
            };
        }
        let format = if example.len() == 64 { "--object-format=sha256" } else { "--object-format=sha1" };
        let folder = self.folder.to_string_lossy();
        let arguments = ["init", "--quiet", "--bare", "--template=", format, "--", &folder];
        let output = self.elsewhere(&arguments, self.program.timeouts.read).await?;
        if output.status.success() { Ok(()) } else { Err(self.unreachable(format!("no mirror could be made: {}", self.said(&output)))) }
    }

    fn is_made(&self) -> bool {
        self.folder.join("HEAD").exists()
    }

    async fn holds(&self, commit: &str) -> Result<bool, SourceError> {
        if !self.is_made() {
            return Ok(false);
        }
        if self.remembered(commit).is_some() {
            return Ok(true);
        }
        let output = self.git(&["cat-file", "-e", &format!("{commit}^{{commit}}")], b"").await?;
        Ok(output.status.success())
    }

    async fn resolve(&self, reference: &str) -> Result<Option<String>, SourceError> {
        let output = self.git(&["rev-parse", "--verify", "--quiet", "--end-of-options", reference], b"").await?;
        let id = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        Ok(output.status.success().then_some(id))
    }

    async fn keep(&self, commit: &str) -> Result<(), SourceError> {
        self.question(&["update-ref", &format!("refs/kept/{commit}"), commit], b"").await.map(drop)
    }

    /// Every fetch leaves a pack; git decides when there are too many. Nobody waits for it.
    fn pack_later(&self) {
        let (program, folder) = (Arc::clone(&self.program), self.folder.to_string_lossy().into_owned());
        tokio::spawn(async move {
            if let Err(error) = program.run(&["--git-dir", &folder, "gc", "--auto", "--quiet"], b"", PACK_TIMEOUT).await {
                tracing::warn!(folder, %error, "a git mirror could not be packed");
            }
        });
    }

    async fn git_within(&self, arguments: &[&str], input: &[u8], timeout: Duration) -> Result<Output, SourceError> {
        let folder = self.folder.to_string_lossy();
        let arguments: Vec<&str> = ["--git-dir", &folder].into_iter().chain(arguments.iter().copied()).collect();
        self.program.run(&arguments, input, timeout).await.map_err(|error| self.unreachable(format!("git {error}")))
    }

    /// Speaks with the source: under this server's identity at its forge where it has one. What the forge said against
    /// that comes beside the output; the repository may be public all the same.
    async fn at_source(&self, arguments: &[&str], timeout: Duration) -> Result<(Output, String), SourceError> {
        let address = self.address.text();
        let Some(forge) = self.forges.iter().find(|forge| forge.knows(address)) else {
            return Ok((self.elsewhere(arguments, timeout).await?, String::new()));
        };
        match forge.git_authorization(address).await {
            Ok(Some(authorization)) => {
                let output = self.program.run_as(&authorization, address, arguments, timeout).await;
                let output = output.map_err(|error| self.unreachable(format!("git {error}")))?;
                if output.status.code() == Some(128) {
                    // The token may be void; the next look asks for another.
                    forge.forget(address);
                }
                Ok((output, String::new()))
            }
            Ok(None) => Ok((self.elsewhere(arguments, timeout).await?, String::new())),
            Err(error) => Ok((self.elsewhere(arguments, timeout).await?, format!("; and its forge says: {error}"))),
        }
    }

    async fn elsewhere(&self, arguments: &[&str], timeout: Duration) -> Result<Output, SourceError> {
        self.program.run(arguments, b"", timeout).await.map_err(|error| self.unreachable(format!("git {error}")))
    }

    /// `refs/heads/<branch>`, if git allows such a name (git-check-ref-format(1)); a name below `refs/pull/`, where forges keep the
    /// heads of pull requests, stands for itself.
    fn reference(&self, branch: &str) -> Result<String, SourceError> {
        let sound = !branch.is_empty()
            && branch.len() <= 255
            && !branch.starts_with('-')
            && !branch.ends_with('.')
            && !branch.contains("..")
            && !branch.contains("@{")
            && branch.split('/').all(|part| !part.is_empty() && !part.starts_with('.') && !part.ends_with(".lock"))
            && !branch.chars().any(|c| c.is_control() || " ~^:?*[\\".contains(c));
        if sound && branch.starts_with("refs/pull/") {
            return Ok(branch.to_owned());
        }
        if sound { Ok(format!("refs/heads/{branch}")) } else { Err(self.no_branch(branch)) }
    }

    fn no_branch(&self, branch: &str) -> SourceError {
        SourceError::NoBranch { url: self.address.shown().to_owned(), branch: branch.to_owned() }
    }

    fn unreachable(&self, detail: String) -> SourceError {
        SourceError::Unreachable { url: self.address.shown().to_owned(), detail }
    }

    /// git's last words, which are those that matter, on one line.
    fn said(&self, output: &Output) -> String {
        let text = String::from_utf8_lossy(&output.stderr);
        let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let last = lines[lines.len().saturating_sub(4)..].join("; ");
        if last.is_empty() { format!("git ended with {}", output.status) } else { self.address.clean(&last) }
    }
}

/// 40 or 64 hexadecimal digits. Shorter ones may mean another commit tomorrow.
pub(super) fn is_full_id(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}
