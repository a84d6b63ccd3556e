//! Blocks and shapes of other repositories, fetched with git into a folder beside the repository's own objects.

use std::path::{Path, PathBuf};
use std::process::Command;

use pipelines::lock::{Folder, SharedName};

use crate::exit::{Exit, Failure, Result};

/// A folder may have this many bytes in this many files.
const MAX_BYTES: u64 = 4 * 1024 * 1024;
const MAX_FILES: usize = 1000;

/// What was fetched stays: commits never change.
#[derive(Debug)]
pub(crate) struct Shared {
    git_dir: PathBuf,
}

impl Shared {
    /// For the git repository around `root`.
    pub(crate) fn of(root: &Path) -> Result<Self> {
        let own = git(Command::new("git").arg("-C").arg(root).args(["rev-parse", "--path-format=absolute", "--git-common-dir"]))
            .map_err(|_| Failure::failed("shared blocks need a git repository around the pipeline file").next("run `git init` there"))?;
        Self::at(PathBuf::from(own.trim()).join("tidegate/shared"))
    }

    /// In a folder of its own.
    pub(crate) fn at(git_dir: PathBuf) -> Result<Self> {
        let is_new = !git_dir.join("HEAD").exists();
        let shared = Self { git_dir };
        if is_new {
            std::fs::create_dir_all(&shared.git_dir).map_err(|error| Failure::file(&shared.git_dir, "make", &error))?;
            shared.git(&["init", "--quiet", "--bare"])?;
            // Nothing refers to what is fetched, and all of it is kept.
            shared.git(&["config", "gc.auto", "0"])?;
        }
        Ok(shared)
    }

    /// Every tag of the repository with its commit.
    pub(crate) fn tags(&self, repository: &str) -> Result<Vec<(String, String)>> {
        let listed = self.git(&["ls-remote", "--tags", "--", repository]).map_err(|failure| unreachable_at(repository, &failure))?;
        let mut tags: Vec<(String, String)> = Vec::new();
        for line in listed.lines() {
            let Some((commit, reference)) = line.split_once('\t') else { continue };
            let Some(tag) = reference.strip_prefix("refs/tags/") else { continue };
            match tag.strip_suffix("^{}") {
                // The commit of an annotated tag follows the tag's own object.
                Some(tag) => {
                    if let Some(known) = tags.iter_mut().find(|(known, _)| known == tag) {
                        commit.clone_into(&mut known.1);
                    }
                }
                None => tags.push((tag.to_owned(), commit.to_owned())),
            }
        }
        Ok(tags)
    }

    /// What the name's tag is now.
    pub(crate) fn commit_of(&self, name: &SharedName) -> Result<String> {
        let tags = self.tags(&name.repository)?;
        let known = tags.iter().find(|(tag, _)| *tag == name.version).map(|(_, commit)| commit.clone());
        known.ok_or_else(|| {
            let newest = pipelines::lock::newest(&tags.iter().map(|(tag, _)| tag.clone()).collect::<Vec<_>>()).cloned();
            let failure = Failure::new(Exit::NotFound, format!("{} has no tag {}", name.repository, name.version));
            match newest {
                Some(newest) => failure.next(format!("the newest version there is {newest}")),
                None => failure.next("tag a version there, such as v1"),
            }
        })
    }

    /// The files of a folder at a commit.
    pub(crate) fn folder(&self, name: &SharedName, commit: &str) -> Result<Folder> {
        self.fetch(name, commit)?;
        let place = if name.folder.is_empty() { commit.to_owned() } else { format!("{commit}:{}", name.folder) };
        let listed = self
            .git(&["ls-tree", "-r", "-l", "-z", "--end-of-options", &place])
            .map_err(|_| Failure::new(Exit::NotFound, format!("{} has no folder {} at {}", name.repository, name.folder, name.version)))?;
        let mut folder = Folder::new();
        let mut bytes = 0;
        for entry in listed.split('\0').filter(|entry| !entry.is_empty()) {
            let Some((facts, path)) = entry.split_once('\t') else { continue };
            let mut facts = facts.split_whitespace();
            // Links and submodules are left out: they could lead anywhere.
            let (Some("100644" | "100755"), Some("blob"), Some(object), size) = (facts.next(), facts.next(), facts.next(), facts.next())
            else {
                continue;
            };
            bytes += size.and_then(|size| size.parse::<u64>().ok()).unwrap_or(0);
            if bytes > MAX_BYTES || folder.len() >= MAX_FILES {
                return Err(Failure::failed(format!("{name} is larger than 4 MiB or has more than {MAX_FILES} files")));
            }
            folder.insert(path.to_owned(), self.git(&["cat-file", "blob", object])?);
        }
        Ok(folder)
    }

    /// What changed in a folder between two commits, as git shows it.
    pub(crate) fn difference(&self, from: (&SharedName, &str), to: (&SharedName, &str)) -> Result<String> {
        self.fetch(from.0, from.1)?;
        self.fetch(to.0, to.1)?;
        let mut arguments = vec!["diff", "--no-color", "--no-ext-diff", "--no-textconv", from.1, to.1, "--"];
        if !from.0.folder.is_empty() {
            arguments.push(&from.0.folder);
        }
        self.git(&arguments)
    }

    fn fetch(&self, name: &SharedName, commit: &str) -> Result<()> {
        let has_it = || self.git(&["cat-file", "-e", &format!("{commit}^{{tree}}")]).is_ok();
        if has_it() {
            return Ok(());
        }
        let tag = format!("refs/tags/{}", name.version);
        let from =
            |what: &str| self.git(&["fetch", "--quiet", "--depth=1", "--no-tags", "--no-write-fetch-head", "--", &name.repository, what]);
        let by_tag = from(&tag);
        if has_it() {
            return Ok(());
        }
        // The tag was moved: the commit may still be there.
        match (from(commit), by_tag) {
            _ if has_it() => Ok(()),
            (_, Err(failure)) => Err(unreachable_at(&name.repository, &failure)),
            _ => Err(Failure::failed(format!(
                "{} has no commit {commit} any more; its tag {} is another one",
                name.repository, name.version
            ))
            .next("find out who moved the tag before you lock it anew")),
        }
    }

    fn git(&self, arguments: &[&str]) -> Result<String> {
        git(Command::new("git").arg("--git-dir").arg(&self.git_dir).args(arguments))
    }
}

fn unreachable_at(repository: &str, failure: &Failure) -> Failure {
    Failure::new(Exit::Unreachable, format!("cannot read {repository}: {}", failure.message))
        .next("check the address and that git may read it: `git ls-remote`")
}

fn git(command: &mut Command) -> Result<String> {
    let output = command
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_ALLOW_PROTOCOL", "https:ssh:file")
        .output()
        .map_err(|error| Failure::failed(format!("git cannot be started: {error}")).next("install git"))?;
    if output.status.success() {
        // What is no text is reported where it is used: a block is made of text.
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(Failure::failed(String::from_utf8_lossy(&output.stderr).trim().to_owned()))
}
