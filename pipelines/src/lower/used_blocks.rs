use std::collections::BTreeMap;
use std::sync::Arc;

use super::Lower;
use crate::Environment;
use crate::blocks::{Block, LOCK, of_folder};
use crate::diagnostic::{Code, Diagnostic};
use crate::lock::{self, Folder, Lock, LockError, SharedName};
use crate::policy::Kind;
use crate::text::{Problem, Spanned, shortened};

/// How deep blocks may be made of blocks.
const DEEPEST: usize = 8;

/// A path of the repository without its leading `./`; none: it leaves the repository.
pub(crate) fn repository_path(written: &str) -> Option<String> {
    let parts: Vec<&str> = written.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    let stays = !written.starts_with('/') && !parts.is_empty() && !parts.contains(&"..") && !written.contains('\0');
    stays.then(|| parts.join("/"))
}

impl Lower<'_> {
    /// The block that `uses` names: built in, or of the repository.
    pub(super) fn used_block(&mut self, uses: &Spanned<String>) -> Option<Arc<Block>> {
        let name = uses.value.as_str();
        let block = if name.starts_with("./") || name.starts_with("../") || name.starts_with('/') {
            self.local_block(uses)
        } else if name.starts_with("git::") {
            self.shared_block(uses)
        } else {
            let block = self.environment.blocks.get(name).cloned();
            if block.is_none() {
                let names: Vec<&str> = self.environment.blocks.names().collect();
                let listed = names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
                let problem = Problem::error(Code::UnknownBlock, uses.span, format!("there is no block `{}`", shortened(name)))
                    .expected(format!("one of {listed}, or a folder of the repository: `./blocks/mine`"))
                    .suggest(name, names);
                self.report(problem);
            }
            block
        }?;
        let name = self.environment.pinned(name);
        self.touch(Kind::Block, &name, uses.span);
        for part in block.parts().keys() {
            self.touch(Kind::Block, part, uses.span);
        }
        self.digests.extend(block.parts().clone());
        self.digests.insert(name.into_owned(), block.digest().to_owned());
        Some(block)
    }

    /// A block of another repository, whose content is the one that was locked.
    fn shared_block(&mut self, uses: &Spanned<String>) -> Option<Arc<Block>> {
        if let Some(known) = self.local_blocks.get(&uses.value) {
            return known.clone();
        }
        let block = self.locked_folder(uses).and_then(|folder| {
            let name = self.environment.pinned(&uses.value);
            match shared(&name, &folder, self.environment, 0, &mut self.elsewhere) {
                Ok(block) => Some(Arc::new(block)),
                Err(reason) => {
                    self.report(
                        Problem::error(Code::UnknownBlock, uses.span, reason).expected("a folder with a `block.yaml` without errors"),
                    );
                    None
                }
            }
        });
        self.local_blocks.insert(uses.value.clone(), block.clone());
        block
    }

    /// What was fetched of a shared name, if it is what the repository locked.
    pub(super) fn locked_folder(&mut self, uses: &Spanned<String>) -> Option<crate::lock::Folder> {
        if let Err(reason) = SharedName::parse(&uses.value) {
            let message = format!("`{}` is not the name of a shared block", shortened(&uses.value));
            self.report(Problem::error(Code::BadFormat, uses.span, message).expected(reason));
            return None;
        }
        let lock = self.lock()?;
        match lock.resolve(&self.environment.pinned(&uses.value), &self.environment.fetched) {
            Ok(folder) => Some(folder.clone()),
            Err(error) => {
                let (code, help) = match &error {
                    LockError::NotLocked { .. } => (Code::NotLocked, format!("run `tidegate blocks add {}`", uses.value)),
                    LockError::NotFetched { .. } => (Code::MissingFile, "whoever compiles this must fetch it first".to_owned()),
                    LockError::Tampered { .. } => (
                        Code::Tampered,
                        "the tag was moved, or the lock file was changed: find out which before you lock it anew".to_owned(),
                    ),
                };
                self.report(Problem::error(code, uses.span, error.to_string()).help(help));
                None
            }
        }
    }

    /// The repository's lock file, read once; an empty one where it has none.
    fn lock(&mut self) -> Option<Lock> {
        if self.lock.is_none() {
            let read = match self.source.files.get(lock::PATH) {
                None => Some(Lock::default()),
                Some(text) => {
                    let (lock, diagnostics) = Lock::read(text);
                    self.elsewhere.extend(diagnostics);
                    lock
                }
            };
            self.lock = Some(read.map(|mut lock| {
                // What the fleet pins goes over what the repository locks.
                let pins = self.environment.pins.values().map(|pin| (pin.name.to_string(), pin.locked.clone()));
                lock.entries.extend(pins);
                lock
            }));
        }
        self.lock.clone().flatten()
    }

    fn local_block(&mut self, uses: &Spanned<String>) -> Option<Arc<Block>> {
        if let Some(known) = self.local_blocks.get(&uses.value) {
            return known.clone();
        }
        let block = self.read_local_block(uses);
        self.local_blocks.insert(uses.value.clone(), block.clone());
        block
    }

    fn read_local_block(&mut self, uses: &Spanned<String>) -> Option<Arc<Block>> {
        let Some(folder) = repository_path(&uses.value) else {
            let problem =
                Problem::error(Code::BadPath, uses.span, format!("`{}` is not a folder of the repository", shortened(&uses.value)));
            self.report(problem.expected("a path such as `./blocks/mine`, without `..`"));
            return None;
        };
        let path = format!("{folder}/block.yaml");
        let Some(text) = self.source.files.get(&path) else {
            let problem = Problem::error(Code::MissingFile, uses.span, format!("the repository has no file `{}`", shortened(&path)));
            self.report(problem.expected("a folder with a `block.yaml`"));
            return None;
        };
        let prefix = format!("{folder}/");
        let below = self.source.files.iter().filter_map(|(file, text)| Some((file.strip_prefix(&prefix)?.to_owned(), text.clone())));
        let files: BTreeMap<String, String> = below.filter(|(file, _)| file != "block.yaml").collect();
        let lock = match files.get(LOCK) {
            Some(text) => {
                let (lock, found) = Lock::read_as(&format!("{folder}/{LOCK}"), text);
                self.elsewhere.extend(found);
                lock?
            }
            None => self.lock()?,
        };
        let environment = self.environment;
        let mut found = Vec::new();
        let (block, diagnostics) = of_folder(&folder, &path, text, files, &mut |uses| part(uses, &lock, environment, 0, &mut found));
        self.elsewhere.append(&mut found);
        if block.is_none() {
            let problem =
                Problem::error(Code::UnknownBlock, uses.span, format!("the block `{}` has errors of its own", shortened(&uses.value)));
            self.report(problem.help(format!("mend `{path}`")));
        }
        self.elsewhere.extend(diagnostics);
        block.map(Arc::new)
    }
}

/// The block in a folder of another repository.
pub(crate) fn shared(
    name: &str,
    folder: &Folder,
    environment: &Environment,
    depth: usize,
    elsewhere: &mut Vec<Diagnostic>,
) -> Result<Block, String> {
    let written = shortened(name);
    let text = folder.get("block.yaml").ok_or_else(|| format!("`{written}` holds no `block.yaml`"))?;
    let lock = match folder.get(LOCK) {
        Some(text) => {
            let (lock, found) = Lock::read_as(&format!("{name}/{LOCK}"), text);
            elsewhere.extend(found);
            lock.ok_or_else(|| format!("the block `{written}` has errors in its lock file"))?
        }
        None => Lock::default(),
    };
    let files = folder.iter().filter(|(path, _)| *path != "block.yaml").map(|(path, text)| (path.clone(), text.clone())).collect();
    let short = SharedName::parse(name).map(|name| name.folder).unwrap_or_default();
    let mut found = Vec::new();
    let parts = &mut |uses: &str| part(uses, &lock, environment, depth, &mut found);
    let (block, diagnostics) = of_folder(&short, &format!("{name}/block.yaml"), text, files, parts);
    elsewhere.append(&mut found);
    elsewhere.extend(diagnostics);
    block.ok_or_else(|| format!("the block `{written}` has errors of its own"))
}

/// A block that another one is made of: built in, or pinned by the lock file of that block.
fn part(uses: &str, lock: &Lock, environment: &Environment, depth: usize, elsewhere: &mut Vec<Diagnostic>) -> Result<Arc<Block>, String> {
    if !uses.starts_with("git::") {
        let block = environment.blocks.get(uses).cloned();
        return block.ok_or_else(|| format!("there is no block `{}`: a part is built in, or shared (`git::…`)", shortened(uses)));
    }
    if depth >= DEEPEST {
        return Err(format!("blocks are made of blocks more than {DEEPEST} deep here"));
    }
    SharedName::parse(uses)?;
    let folder = lock.resolve(uses, &environment.fetched).map_err(|error| format!("a part of the block: {error}"))?;
    shared(uses, folder, environment, depth + 1, elsewhere).map(Arc::new)
}
