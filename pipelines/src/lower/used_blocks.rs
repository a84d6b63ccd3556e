use std::collections::BTreeMap;
use std::sync::Arc;

use super::Lower;
use crate::blocks::{Block, of_folder};
use crate::diagnostic::Code;
use crate::text::{Problem, Spanned, shortened};

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
            self.report(
                Problem::error(Code::NotAvailable, uses.span, "not available yet: shared blocks (`git::`)")
                    .help("copy the block into the repository and use `./…`"),
            );
            None
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
        self.digests.insert(name.to_owned(), block.digest().to_owned());
        Some(block)
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
        let (block, diagnostics) = of_folder(&folder, &path, text, files);
        if block.is_none() {
            let problem =
                Problem::error(Code::UnknownBlock, uses.span, format!("the block `{}` has errors of its own", shortened(&uses.value)));
            self.report(problem.help(format!("mend `{path}`")));
        }
        self.elsewhere.extend(diagnostics);
        block.map(Arc::new)
    }
}
