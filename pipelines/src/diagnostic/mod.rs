//! What is wrong with a file, where, what was expected, and how to mend it.

mod code;
mod place;
mod render;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use code::Code;
pub(crate) use place::Lines;
pub use place::Place;

/// One finding in a pipeline file, or in a file that it names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Diagnostic {
    pub code: Code,
    pub severity: Severity,
    /// One sentence without a full stop.
    pub message: String,
    /// The name of the [`crate::SourceFile`], or the path of the file that it names.
    pub file: String,
    pub place: Place,
    pub expected: Option<String>,
    /// How to mend it.
    pub help: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The file makes no pipeline.
    Error,
    /// The file makes a pipeline that may not do what was meant.
    Warning,
}

impl Severity {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

impl Diagnostic {
    /// For where there is room for one sentence: what, what was expected, and how to mend it; the place is in the message or beside it.
    #[must_use]
    pub fn in_a_line(&self) -> String {
        let expected = self.expected.as_ref().map(|expected| format!("; expected {expected}")).unwrap_or_default();
        let help = self.help.as_ref().map(|help| format!(" ({help})")).unwrap_or_default();
        format!("{}{expected}{help}", self.message)
    }
}
