//! What surrounds a pipeline file where it is compiled: the owner's demands, and the files of the repository that it names.

use std::collections::{BTreeMap, BTreeSet};

use pipelines::inventory::Inventory;
use pipelines::lock::{self, Folder, Lock, SharedName};
use pipelines::policy::{Policy, Subject};
use pipelines::{Aspect, Environment, SourceFile};

use super::{Engine, Error, inventory};
use crate::ports::Repository;

/// What the owner of a server demands of every pipeline, and offers to it.
#[derive(Debug, Clone, Default)]
pub struct Owner {
    /// None: everything is allowed.
    pub policy: Option<Policy>,
    pub aspects: Vec<Aspect>,
}

/// Where a text belongs: whose it is, and at which commit the files lie that it names.
#[derive(Debug, Clone)]
pub(super) struct Belongs {
    pub(super) subject: Subject,
    pub(super) commit: String,
    /// A fork's, or a pull request's that nobody approved (D6).
    pub(super) is_untrusted: bool,
}

/// How many shared folders one file may reach.
const MOST_SHARED: usize = 64;

impl Engine {
    /// The text with the files that it names, and everything else that its meaning depends on.
    pub(super) async fn surrounded(&self, belongs: &Belongs, name: &str, text: String) -> Result<(SourceFile, Environment), Error> {
        let repository = Repository { url: belongs.subject.repository.clone() };
        let mut names: BTreeSet<String> = pipelines::names_files(&text).into_iter().collect();
        if pipelines::names_shared(&text).iter().any(|name| !name.is_empty()) {
            names.insert(lock::PATH.to_owned());
        }
        let files = self.files_at(&repository, &belongs.commit, names).await?;
        let owner = &self.ports.owner;
        let environment = Environment {
            blocks: (*self.ports.library).clone(),
            splices: true,
            registry: self.registry().await?,
            aspects: owner.aspects.clone(),
            policy: owner.policy.clone().map(|policy| (policy, belongs.subject.clone())),
            fetched: self.fetched(&text, &files).await?,
            is_untrusted: belongs.is_untrusted,
        };
        Ok((SourceFile::new(name, text).with_files(files), environment))
    }

    /// `targets: {inventory: registry}`; none as long as no account is registered, so that a file that asks for it hears why.
    async fn registry(&self) -> Result<Option<Inventory>, Error> {
        let accounts: Vec<_> = self.store.accounts().await?.into_iter().map(|(account, _)| account).collect();
        Ok((!accounts.is_empty()).then(|| inventory(&accounts)))
    }

    async fn files_at(
        &self,
        repository: &Repository,
        commit: &str,
        names: impl IntoIterator<Item = String>,
    ) -> Result<BTreeMap<String, String>, Error> {
        let mut files = BTreeMap::new();
        for path in names {
            let inner = if path.ends_with('/') { self.ports.source.files(repository, commit, &path).await? } else { vec![path] };
            for path in inner {
                if let Some(bytes) = self.ports.source.file(repository, commit, &path).await? {
                    files.insert(path, String::from_utf8_lossy(&bytes).into_owned());
                }
            }
        }
        Ok(files)
    }

    /// Shared blocks and shapes at the commits that the lock file names, and those that they use in turn. What is not locked is not
    /// fetched: the compiler says so. Whether it is what was locked, the compiler checks too.
    async fn fetched(&self, text: &str, files: &BTreeMap<String, String>) -> Result<BTreeMap<String, Folder>, Error> {
        let Some(lock) = files.get(lock::PATH).and_then(|text| Lock::read(text).0) else { return Ok(BTreeMap::new()) };
        let mut fetched: BTreeMap<String, Folder> = BTreeMap::new();
        let mut wanted: Vec<String> = pipelines::names_shared(text);
        while let Some(name) = wanted.pop() {
            if fetched.contains_key(&name) || fetched.len() >= MOST_SHARED {
                continue;
            }
            let (Some(locked), Ok(shared)) = (lock.entries.get(&name), SharedName::parse(&name)) else { continue };
            let folder = self.folder_at(&shared, &locked.commit).await?;
            wanted.extend(folder.values().flat_map(|text| pipelines::names_shared(text)));
            fetched.insert(name, folder);
        }
        Ok(fetched)
    }

    async fn folder_at(&self, shared: &SharedName, commit: &str) -> Result<Folder, Error> {
        let repository = Repository { url: shared.repository.clone() };
        let prefix = if shared.folder.is_empty() { String::new() } else { format!("{}/", shared.folder) };
        let paths = self.ports.source.files(&repository, commit, &prefix).await?;
        let files = self.files_at(&repository, commit, paths).await?;
        Ok(files.into_iter().filter_map(|(path, text)| Some((path.strip_prefix(&prefix)?.to_owned(), text))).collect())
    }
}
