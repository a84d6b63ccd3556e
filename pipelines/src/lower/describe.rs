use super::shapes::{SHAPE, doc_of};
use super::used_blocks::shared;
use crate::lock::Folder;
use crate::{Diagnostic, Environment};

/// What a folder holds that a pipeline file may use or extend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Described {
    /// Markdown: inputs with types and defaults, strategies, verbs or stages.
    pub doc: String,
    pub is_shape: bool,
}

/// Reads a block or a shape, as whoever locks it or asks for its documentation wants to see it.
///
/// # Errors
/// Why it is neither, with every finding in its files.
pub fn describe(name: &str, folder: &Folder, environment: &Environment) -> Result<Described, (String, Vec<Diagnostic>)> {
    if let Some(text) = folder.get(SHAPE).filter(|_| !folder.contains_key("block.yaml")) {
        let (doc, found) = doc_of(name, text);
        let doc = doc.ok_or_else(|| (format!("the shape `{name}` has errors of its own"), found))?;
        return Ok(Described { doc, is_shape: true });
    }
    let mut found = Vec::new();
    match shared(name, folder, environment, 0, &mut found) {
        Ok(block) => Ok(Described { doc: block.doc(), is_shape: false }),
        Err(_) if !folder.contains_key("block.yaml") => Err((format!("`{name}` holds neither `block.yaml` nor `{SHAPE}`"), found)),
        Err(reason) => Err((reason, found)),
    }
}
