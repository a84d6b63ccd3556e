//! Blocks: reusable, versioned ways to deploy one kind of thing, as data.

mod block;
mod built_in;
mod doc;
mod input;
mod phrase;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use block::{Block, Verb};
pub(crate) use block::{Invocation, LOCK, lower_inputs, of_folder};
pub(crate) use doc::inputs_doc;
pub(crate) use input::{Given, Input, read_all};
pub(crate) use phrase::Phrase;

use crate::diagnostic::Diagnostic;

/// The blocks that a pipeline may use without bringing them along, by the name in `uses`.
#[derive(Debug, Clone, Default)]
pub struct Blocks {
    blocks: BTreeMap<String, Arc<Block>>,
}

impl Blocks {
    /// Those of this version of Tidegate.
    #[must_use]
    pub fn built_in() -> Self {
        built_in::load()
    }

    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Arc<Block>> {
        self.blocks.get(name)
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.blocks.keys().map(String::as_str)
    }

    /// Adds one from the text of its `block.yaml` and the files beside it by name, in the place of one of the same name.
    ///
    /// # Errors
    /// What is wrong with the text; then nothing is added.
    pub fn add(&mut self, name: &str, text: &str, files: BTreeMap<String, String>) -> Result<(), Vec<Diagnostic>> {
        let (block, diagnostics) = of_folder(name, &format!("blocks/{name}/block.yaml"), text, files, &mut block::no_parts);
        block.map(|block| self.insert(block)).ok_or(diagnostics)
    }

    pub(crate) fn insert(&mut self, block: Block) {
        self.blocks.insert(block.name().to_owned(), Arc::new(block));
    }
}
