//! `.tidegate/lock.yaml`: the commit and the content that each shared block or shape was when it was added. Pure: who
//! fetches from a repository hands the files in, and what is not what was locked is refused.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::diagnostic::{Code, Diagnostic};
use crate::text::{Map, Problem, Read as _, Reader, Spanned, parse, record, shortened};

/// Where the lock file stands in the repository.
pub const PATH: &str = ".tidegate/lock.yaml";

/// What a repository has locked, by the name in `uses` or `extends`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lock {
    pub entries: BTreeMap<String, Locked>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Locked {
    /// 40 hexadecimal digits, or 64.
    pub commit: String,
    /// `sha256:…`, as [`digest_of`].
    pub digest: String,
}

/// The files of a shared block or shape by their path below its folder, as they were fetched.
pub type Folder = BTreeMap<String, String>;

/// `git::https://host/org/blocks//cache@v3`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SharedName {
    /// What git fetches from.
    pub repository: String,
    /// The folder in it; empty for its root.
    pub folder: String,
    /// A tag.
    pub version: String,
}

/// Why what was fetched cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LockError {
    #[error("`{name}` is not locked")]
    NotLocked { name: String },
    #[error("`{name}` was not fetched")]
    NotFetched { name: String },
    #[error("`{name}` is not what was locked: its content has the digest {found}, and {locked} is locked")]
    Tampered { name: String, locked: String, found: String },
}

record! {
    /// The lock file.
    LockFile: "a lock file" {
        version = "version": Spanned<u32>,
        blocks = "blocks": Map<LockedForm>,
    }
}

record! {
    /// What is locked.
    LockedForm: "a locked version" {
        commit = "commit": Spanned<String>,
        digest = "digest": Spanned<String>,
    }
}

impl SharedName {
    /// # Errors
    /// In words, what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let form = "`git::https://host/org/repository//folder@v1`";
        let rest = text.strip_prefix("git::").ok_or_else(|| format!("expected {form}"))?;
        let (path, version) = rest.rsplit_once('@').ok_or_else(|| format!("the version is missing: {form}"))?;
        let scheme_end = path.find("://").map(|at| at + 3).ok_or_else(|| format!("the address is missing: {form}"))?;
        let (scheme, after) = path.split_at(scheme_end);
        if !matches!(scheme, "https://" | "ssh://" | "file://") {
            return Err("expected an address that begins with `https://`, `ssh://` or `file://`".to_owned());
        }
        let (repository, folder) = after.split_once("//").unwrap_or((after, ""));
        let parts = |text: &str| text.split('/').all(|part| !part.is_empty() && part != "." && part != "..");
        let is_plain = |text: &str| text.chars().all(|c| !c.is_whitespace() && !c.is_control());
        if repository.is_empty() || !is_plain(text) || (!folder.is_empty() && !parts(folder)) || text.len() > 512 {
            return Err(format!("expected {form}, the folder without `..`"));
        }
        let is_version =
            !version.starts_with('-') && version.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '/' | '+'));
        if version.is_empty() || !is_version || version.contains("..") {
            return Err("the version is a tag: letters, digits, `.`, `_`, `-`, `+` and `/`".to_owned());
        }
        Ok(Self { repository: format!("{scheme}{repository}"), folder: folder.to_owned(), version: version.to_owned() })
    }

    /// Everything but the version: two of these are versions of one thing.
    #[must_use]
    pub fn base(&self) -> String {
        let folder = if self.folder.is_empty() { String::new() } else { format!("//{}", self.folder) };
        format!("git::{}{folder}", self.repository)
    }
}

impl TryFrom<String> for SharedName {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text)
    }
}

impl From<SharedName> for String {
    fn from(name: SharedName) -> Self {
        name.to_string()
    }
}

impl std::fmt::Display for SharedName {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}@{}", self.base(), self.version)
    }
}

/// `sha256:…` over the paths and contents of a folder.
#[must_use]
pub fn digest_of(folder: &Folder) -> String {
    let mut hash = Sha256::new();
    for (path, text) in folder {
        hash.update((path.len() as u64).to_be_bytes());
        hash.update(path);
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text);
    }
    format!("sha256:{}", hex::encode(hash.finalize()))
}

impl Lock {
    /// Reads a lock file; never fails and never panics.
    #[must_use]
    pub fn read(text: &str) -> (Option<Self>, Vec<Diagnostic>) {
        Self::read_as(PATH, text)
    }

    /// The same for one that stands elsewhere: beside a block, for its parts.
    #[must_use]
    pub fn read_as(file: &str, text: &str) -> (Option<Self>, Vec<Diagnostic>) {
        let mut reader = Reader::default();
        let form = parse(text, &mut reader).and_then(|node| LockFile::read(&node, &mut reader));
        let mut lock = Self::default();
        if let Some(form) = &form {
            if form.version.value != 1 {
                let problem = Problem::error(Code::NotAvailable, form.version.span, "this lock file is of a later version");
                reader.report(problem.expected("`version: 1`"));
            }
            for (name, locked) in &form.blocks.entries {
                if let Err(reason) = SharedName::parse(&name.value) {
                    let problem = Problem::error(Code::BadFormat, name.span, format!("`{}` is not a shared block", shortened(&name.value)));
                    reader.report(problem.expected(reason));
                }
                let is_hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f'));
                if !matches!(locked.commit.value.len(), 40 | 64) || !is_hex(&locked.commit.value) {
                    let problem = Problem::error(Code::BadFormat, locked.commit.span, "this is not a commit");
                    reader.report(problem.expected("40 or 64 hexadecimal digits, in quotes where they are all decimal"));
                }
                if !locked.digest.value.strip_prefix("sha256:").is_some_and(|hex| hex.len() == 64 && is_hex(hex)) {
                    let problem = Problem::error(Code::BadFormat, locked.digest.span, "this is not a digest");
                    reader.report(problem.expected("`sha256:` and 64 hexadecimal digits"));
                }
                let entry = Locked { commit: locked.commit.value.clone(), digest: locked.digest.value.clone() };
                lock.entries.insert(name.value.clone(), entry);
            }
        }
        let lock = form.map(|_| lock).filter(|_| !reader.has_errors());
        (lock, reader.finish(file, text))
    }

    /// As it stands in the repository; what is read from it is this lock again.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::from("# Written by `tidegate blocks add` and `tidegate blocks update`.\nversion: 1\nblocks:");
        if self.entries.is_empty() {
            text.push_str(" {}\n");
            return text;
        }
        text.push('\n');
        for (name, locked) in &self.entries {
            let _ = writeln!(text, "  \"{name}\":\n    commit: \"{}\"\n    digest: \"{}\"", locked.commit, locked.digest);
        }
        text
    }

    /// Locks what was fetched of a name, in place of any other version of the same thing.
    pub fn add(&mut self, name: &SharedName, commit: &str, folder: &Folder) {
        let base = name.base();
        self.entries.retain(|other, _| SharedName::parse(other).map_or(true, |other| other.base() != base));
        self.entries.insert(name.to_string(), Locked { commit: commit.to_owned(), digest: digest_of(folder) });
    }

    /// Names of which a newer tag is known: `tags` by [`SharedName::base`]. What is no version number is never newer.
    #[must_use]
    pub fn outdated(&self, tags: &BTreeMap<String, Vec<String>>) -> Vec<(SharedName, String)> {
        let names = self.entries.keys().filter_map(|name| SharedName::parse(name).ok());
        let newer = names.filter_map(|name| {
            let newest = tags.get(&name.base())?.iter().max_by_key(|tag| numbers(tag))?;
            (numbers(newest)? > numbers(&name.version)?).then(|| (name, newest.clone()))
        });
        newer.collect()
    }

    /// The content of a name, if it is what was locked.
    ///
    /// # Errors
    /// Not locked, not fetched, or other content than was locked.
    pub fn resolve<'f>(&self, name: &str, fetched: &'f BTreeMap<String, Folder>) -> Result<&'f Folder, LockError> {
        let named = || name.to_owned();
        let locked = self.entries.get(name).ok_or_else(|| LockError::NotLocked { name: named() })?;
        let folder = fetched.get(name).ok_or_else(|| LockError::NotFetched { name: named() })?;
        let found = digest_of(folder);
        if found == locked.digest { Ok(folder) } else { Err(LockError::Tampered { name: named(), locked: locked.digest.clone(), found }) }
    }
}

/// The newest of these tags; what is no version number is none.
#[must_use]
pub fn newest(tags: &[String]) -> Option<&String> {
    tags.iter().filter(|tag| numbers(tag).is_some()).max_by_key(|tag| numbers(tag))
}

/// `v1.20.3` as numbers; none: it is no version number.
fn numbers(tag: &str) -> Option<Vec<u64>> {
    let plain = tag.rsplit('/').next().unwrap_or(tag);
    plain.strip_prefix('v').unwrap_or(plain).split('.').map(|part| part.parse().ok()).collect()
}
