//! Ids as newtypes, so that no two can be mixed up.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A text id that the shell chose (UUIDv7) or that is made from other ids.
macro_rules! text_id {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }
    )+};
}

text_id!(
    /// A pipeline; UUIDv7, never its name.
    PipelineId,
    /// One place that runs the software: `account/region[/unit]` or a plain name (`local/a`).
    TargetName,
    /// [`pipelines::plan::Lane::key`].
    LaneKey,
    /// A hold; UUIDv7 for a person's, made from its cause for the engine's own.
    HoldId,
    /// A person, by immutable id: a local user's UUID or `github:<numeric id>`; never a name from a commit.
    PersonId,
    /// What is read: the digest of a [`pipelines::plan::Monitor`] as JSON.
    MonitorId,
);

/// `#412`: counts up within one pipeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(transparent)]
pub struct ReleaseNumber(pub u64);

impl fmt::Display for ReleaseNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

/// Where a release stands in the order of its source (P4): compared by epoch, then position, then
/// its number, so that a re-run never becomes newer than what it repeats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SourceOrder {
    /// +1 when history was rewritten (a forced push).
    pub epoch: u64,
    /// The number of commits on the first-parent line up to this one.
    pub position: u64,
}
