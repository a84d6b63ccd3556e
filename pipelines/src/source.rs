use std::collections::BTreeMap;

use crate::diagnostic::Diagnostic;

/// The text of a pipeline file and of the files of its repository that it names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SourceFile {
    /// As a person would name it: `.tidegate/pipeline.yaml`.
    pub name: String,
    pub text: String,
    /// Calendars, inventories and local blocks, by path from the root of the repository, without a leading `./`.
    pub files: BTreeMap<String, String>,
    /// A finding for each of them that is no text in UTF-8. Whoever compiles it hears of them, and gets no pipeline.
    pub unreadable: Vec<Diagnostic>,
}

impl SourceFile {
    #[must_use]
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self { name: name.into(), text: text.into(), files: BTreeMap::new(), unreadable: Vec::new() }
    }

    #[must_use]
    pub fn with_files(mut self, files: BTreeMap<String, String>) -> Self {
        self.files = files;
        self
    }

    /// The text of `file`, which is this one or one that it names.
    #[must_use]
    pub fn text_of(&self, file: &str) -> Option<&str> {
        if file == self.name { Some(&self.text) } else { self.files.get(file).map(String::as_str) }
    }
}
