//! What surrounds a pipeline file where it is compiled: the owner's demands, and the files of the repository that it names.

use std::collections::{BTreeMap, BTreeSet};

use pipelines::inventory::Inventory;
use pipelines::lock::{self, Folder, SharedName};
use pipelines::policy::{Policy, Subject};
use pipelines::{Aspect, Environment, Fetching, Pin, SourceFile};

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
    /// Versions that go over those of the file.
    pub(super) pins: BTreeMap<String, Pin>,
}

impl Engine {
    /// What this server adds to a file and offers to it, for whoever only asks what it would make. Its policy is left out: it depends
    /// on whose file it is. So is what lies in other repositories: nobody makes this server read an address by asking what a text means.
    ///
    /// # Errors
    /// The store's.
    pub async fn surroundings(&self) -> Result<Environment, Error> {
        Ok(Environment {
            blocks: (*self.ports.library).clone(),
            splices: true,
            registry: self.registry().await?,
            aspects: self.ports.owner.aspects.clone(),
            ..Environment::default()
        })
    }

    /// The text with the files that it names, and everything else that its meaning depends on.
    pub(super) async fn surrounded(&self, belongs: &Belongs, name: &str, text: String) -> Result<(SourceFile, Environment), Error> {
        let repository = Repository { url: belongs.subject.repository.clone() };
        let mut names: BTreeSet<String> = pipelines::names_files(&text).into_iter().collect();
        if pipelines::names_shared(&text).iter().any(|name| !name.is_empty()) {
            names.insert(lock::PATH.to_owned());
        }
        let mut source = SourceFile::new(name, text);
        self.add_files(&mut source, &repository, &belongs.commit, names).await?;
        // A shape names files as the pipeline file does that extends it.
        let shapes = source.files.iter().filter(|(path, _)| path.ends_with("/shape.yaml"));
        let more: BTreeSet<String> = shapes.flat_map(|(_, text)| pipelines::names_files(text)).collect();
        self.add_files(&mut source, &repository, &belongs.commit, more).await?;
        let owner = &self.ports.owner;
        let environment = Environment {
            blocks: (*self.ports.library).clone(),
            splices: true,
            registry: self.registry().await?,
            aspects: owner.aspects.clone(),
            policy: owner.policy.clone().map(|policy| (policy, belongs.subject.clone())),
            fetched: self.fetched(&source, &belongs.pins).await?,
            is_untrusted: belongs.is_untrusted,
            pins: belongs.pins.clone(),
        };
        Ok((source, environment))
    }

    /// `targets: {inventory: registry}`; none as long as no account is registered, so that a file that asks for it hears why.
    async fn registry(&self) -> Result<Option<Inventory>, Error> {
        let accounts: Vec<_> = self.store.accounts().await?.into_iter().map(|(account, _)| account).collect();
        Ok((!accounts.is_empty()).then(|| inventory(&accounts)))
    }

    async fn add_files(
        &self,
        source: &mut SourceFile,
        repository: &Repository,
        commit: &str,
        names: impl IntoIterator<Item = String>,
    ) -> Result<(), Error> {
        for named in names {
            let is_folder = named.ends_with('/');
            let inner = if is_folder { self.ports.source.files(repository, commit, &named).await? } else { vec![named] };
            for path in inner {
                let Some(bytes) = self.ports.source.file(repository, commit, &path).await? else { continue };
                // Beside a block there may be a picture for its readers.
                if is_folder && !path.ends_with(".yaml") {
                    source.files.insert(path, String::from_utf8_lossy(&bytes).into_owned());
                } else {
                    source.add_file(&path, &bytes);
                }
            }
        }
        Ok(())
    }

    /// Shared blocks and shapes at the commits that the lock file names, and those that they use in turn.
    async fn fetched(&self, source: &SourceFile, pins: &BTreeMap<String, Pin>) -> Result<BTreeMap<String, Folder>, Error> {
        let mut fetching = Fetching::of(source, pins);
        while let Some(wanted) = fetching.next_wanted() {
            let folder = self.folder_at(&wanted.name, &wanted.commit).await?;
            fetching.put(&wanted.name, folder);
        }
        Ok(fetching.finish())
    }

    pub(super) async fn folder_at(&self, shared: &SharedName, commit: &str) -> Result<Folder, Error> {
        let repository = Repository { url: shared.repository.clone() };
        let prefix = if shared.folder.is_empty() { String::new() } else { format!("{}/", shared.folder) };
        let paths = self.ports.source.files(&repository, commit, &prefix).await?;
        let mut folder = Folder::new();
        for path in paths {
            let Some(bytes) = self.ports.source.file(&repository, commit, &path).await? else { continue };
            let Some(inside) = path.strip_prefix(&prefix) else { continue };
            folder.insert(inside.to_owned(), String::from_utf8_lossy(&bytes).into_owned());
        }
        Ok(folder)
    }
}
